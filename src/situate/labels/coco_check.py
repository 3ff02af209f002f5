"""The structure of a COCO file, checked entry by entry; all problems are collected, none stops the check."""

from collections.abc import Iterator, Mapping
from pathlib import PurePosixPath, PureWindowsPath
from typing import Any, TypeGuard

from situate.labels.problems import brief, first_problems

MAX_PICTURE_PX = 250_000_000
"""A mask of this size takes a quarter of a gigabyte; a larger `width` x `height` is a broken or hostile file."""

MAX_NAME_BYTES = 255
"""No file system in use takes a longer name."""
_LARGEST_NUMBER = 1e300
"""Beyond it a whole number of JSON fits into no float."""


class CocoCheck:
    """Collects everything that is wrong with the parsed JSON of a COCO file, in `problems`."""

    def __init__(self, content: Any) -> None:
        """Check `content`, whatever it is."""
        self.problems: list[str] = []
        if not isinstance(content, dict):
            self.problems.append(f"the top level is a {type(content).__name__}, not an object")
            return
        image_ids = self._check_section(content, "images", self._check_image)
        category_ids = self._check_section(content, "categories", self._check_category)
        self._image_ids, self._category_ids = image_ids, category_ids
        self._check_section(content, "annotations", self._check_annotation)

    def summary(self) -> str:
        """Return the first problems and how many more there are."""
        return first_problems(self.problems)

    def _check_section(self, content: Mapping[str, Any], section: str, check_entry: Any) -> set[int]:
        entries = content.get(section)
        if not isinstance(entries, list):
            found = "missing" if section not in content else f"a {type(entries).__name__}, not a list"
            self.problems.append(f'"{section}" is {found}')
            return set()
        ids: set[int] = set()
        for position, entry in enumerate(entries):
            name, entry_id = _name_of(section, position, entry)
            if entry_id is None:
                self.problems.append(f"{name} is not an object with a whole number as id")
                continue
            if entry_id in ids:
                self.problems.append(f"{name} is there twice")
            ids.add(entry_id)
            self.problems.extend(f"{name}: {problem}" for problem in check_entry(entry))
        return ids

    def _check_image(self, entry: Mapping[str, Any]) -> Iterator[str]:
        file_name = entry.get("file_name")
        if not isinstance(file_name, str) or not file_name:
            yield "file_name is missing or not a text"
        else:
            yield from file_name_problems(file_name)
        width, height = entry.get("width"), entry.get("height")
        if not (_is_whole(width) and _is_whole(height) and width > 0 and height > 0):
            yield f"width and height are {brief(width)} and {brief(height)}, not positive whole numbers"
        elif width * height > MAX_PICTURE_PX:
            yield f"{width} x {height} pixels, the limit is {MAX_PICTURE_PX}"

    def _check_category(self, entry: Mapping[str, Any]) -> Iterator[str]:
        if not isinstance(entry.get("name"), str):
            yield "name is missing or not a text"

    def _check_annotation(self, entry: Mapping[str, Any]) -> Iterator[str]:
        for key, known in (("image_id", self._image_ids), ("category_id", self._category_ids)):
            if not _is_whole(entry.get(key)):
                yield f"{key} is missing or not a whole number"
            elif entry[key] not in known:
                yield f"{key} {entry[key]} does not exist"
        box, area = entry.get("bbox"), entry.get("area")
        if box is not None and not (_is_numbers(box) and len(box) == 4):
            yield f"bbox {brief(box)} is not four numbers"
        if area is not None and not _is_number(area):
            yield f"area {brief(area)} is not a number"
        if entry.get("iscrowd", 0) not in (0, 1):
            yield f"iscrowd is {brief(entry['iscrowd'])}, not 0 or 1"
        yield from _segmentation_problems(entry.get("segmentation"))


def _segmentation_problems(segmentation: Any) -> Iterator[str]:
    if segmentation is None:
        return
    if isinstance(segmentation, list):
        for place, polygon in enumerate(segmentation):
            if not _is_numbers(polygon):
                yield f"segmentation[{place}] is {brief(polygon)}, not a list of finite numbers"
    elif isinstance(segmentation, dict):
        yield from _run_length_problems(segmentation)
    else:
        yield f"segmentation is a {type(segmentation).__name__}, neither polygons nor run lengths"


def _run_length_problems(segmentation: Mapping[str, Any]) -> Iterator[str]:
    size, counts = segmentation.get("size"), segmentation.get("counts")
    if not (isinstance(size, list) and len(size) == 2 and all(_is_whole(side) and side > 0 for side in size)):
        yield f"segmentation.size is {brief(size)}, not [height, width]"
    if isinstance(counts, list):
        wrong = [place for place, count in enumerate(counts) if not (_is_whole(count) and count >= 0)]
        if wrong:
            yield f"segmentation.counts[{wrong[0]}] is {brief(counts[wrong[0]])}, not a whole number from 0 on"
    elif not isinstance(counts, str):
        yield f"segmentation.counts is {brief(counts)}, neither a list nor a text of run lengths"


def _name_of(section: str, position: int, entry: Any) -> tuple[str, int | None]:
    singular = {"images": "image", "categories": "category", "annotations": "annotation"}[section]
    if isinstance(entry, dict) and _is_whole(entry.get("id")):
        return f"{singular} {entry['id']}", entry["id"]
    return f"{singular} number {position}", None


def file_name_problems(file_name: str) -> Iterator[str]:
    """Say what speaks against opening `file_name` in the image folder."""
    if _leaves_folder(file_name):
        yield f"file_name {brief(file_name)} leaves the image folder"
    elif any(len(part.encode("utf-8", "surrogatepass")) > MAX_NAME_BYTES for part in file_name.split("/")):
        yield f"file_name {brief(file_name)} has a part of more than {MAX_NAME_BYTES} bytes"


def _leaves_folder(file_name: str) -> bool:
    # A file made on Windows is read on Linux and the other way round: both notations are judged everywhere.
    paths = PurePosixPath(file_name), PureWindowsPath(file_name)
    return "\0" in file_name or any(path.is_absolute() or path.anchor or ".." in path.parts for path in paths)


def _is_whole(value: Any) -> TypeGuard[int]:
    return isinstance(value, int) and not isinstance(value, bool)


def _is_number(value: Any) -> bool:
    # The comparison is false for NaN, and does not overflow with whole numbers of a thousand digits.
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) <= _LARGEST_NUMBER


def _is_numbers(value: Any) -> bool:
    return isinstance(value, list) and all(_is_number(number) for number in value)
