"""Ultralytics YOLO labels: `data.yaml` with the names of the classes, and a text file of polygons for every picture.

A line is `class x1 y1 x2 y2 ...`, a polygon, or `class cx cy w h`, a box only; numbers are fractions of the upright
picture.
"""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

import yaml

from situate.errors import DataError, ImageError
from situate.labels.coco import CocoAnnotation, CocoCategory, CocoDataset, CocoImage
from situate.labels.coco_mask import MIN_POLYGON_NUMBERS
from situate.labels.notes import LABEL_FILES_WITHOUT_PICTURE, PICTURES_WITHOUT_ANNOTATIONS, notes_of
from situate.labels.picture_files import picture_files, upright_size_wh
from situate.labels.problems import brief, first_problems

TOLERANCE = 0.01
"""Numbers may leave [0, 1] by as much (Ultralytics, `verify_image_label` in data/utils.py); they are moved back."""
NUM_BOX_NUMBERS = 4
_NAMES_OF_CLASSES = "classes.txt"
"""What labelling programs put beside the labels."""


@dataclass(frozen=True)
class YoloObject:
    """One line of a label file; fractions of the picture, in [0, 1].

    Attributes:
        category_id: Its class.
        corners: Columns and rows of the outline by turns; empty if the line holds a box only.
        box_cxcywh: The box of such a line, which may reach out of the picture; None if it holds a polygon.
    """

    category_id: int
    corners: tuple[float, ...] = ()
    box_cxcywh: tuple[float, ...] | None = None


def read_yolo(description: Path, images: Path) -> CocoDataset:
    """Read the labels of the pictures in `images` and the folders in it.

    A picture's label file has its name with `.txt` and lies where the last `images` of its path is `labels`, or else
    beside it; without one it shows no objects. A picture that cannot be opened has a `problem`, and its objects have
    neither segmentation nor box. `extra["notes"]` counts pictures without a label file, and label files without a
    picture in the folders where there are some with one.

    Args:
        description: The `data.yaml`.
        images: Folder of the pictures.

    Raises:
        DataError: If names or lines are broken (the first ten are listed, the rest counted), or no picture is labelled.
        InputError: If `images` is no folder.
    """
    names = _read_names(description)
    problems: list[str] = []
    pictures: list[CocoImage] = []
    annotations: list[CocoAnnotation] = []
    used: set[Path] = set()
    num_bare = 0
    for image_id, file_name in enumerate(picture_files(images), start=1):
        picture = _open(images / file_name, image_id, file_name)
        pictures.append(picture)
        label_path = _label_path(images, file_name)
        if label_path is None:
            num_bare += 1
            continue
        used.add(label_path)
        for one in _read_objects(label_path, names, problems):
            annotations.append(_annotation(one, len(annotations) + 1, picture))
    if problems:
        raise DataError(f"the labels of {description} are broken: {first_problems(problems)}; repair these lines")
    if not used:
        raise DataError(
            f"none of the {len(pictures)} pictures in {images} has a label file; they belong beside the pictures or in "
            "a folder labels beside the folder images, with the pictures' names and .txt"
        )
    categories = tuple(CocoCategory(category_id, name) for category_id, name in sorted(names.items()))
    extra = notes_of({PICTURES_WITHOUT_ANNOTATIONS: num_bare, LABEL_FILES_WITHOUT_PICTURE: _num_unused_labels(used)})
    return CocoDataset(description, tuple(pictures), tuple(annotations), categories, extra)


def _read_names(description: Path) -> dict[int, str]:
    try:
        content = yaml.safe_load(description.read_bytes())
    except OSError as error:
        raise DataError(f"{description} cannot be read ({error.strerror}); pass the data set's data.yaml") from error
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        finding = " ".join(str(error).split())
        raise DataError(f"{description} is not YAML ({finding}); pass the data set's data.yaml") from error
    names = content.get("names") if isinstance(content, dict) else None
    if isinstance(names, list):
        names = dict(enumerate(names))
    if not isinstance(names, dict) or not names:
        raise DataError(f"{description} has no names; write `names:` with the name of every class, as a list or by id")
    if isinstance(content, dict) and "kpt_shape" in content:
        raise DataError(f"{description} describes key points, not outlines (kpt_shape); pass a segmentation data set")
    problems = [
        f"class {brief(class_id)} is named by {_kind_of(name)}"
        for class_id, name in names.items()
        if not (isinstance(class_id, int) and not isinstance(class_id, bool) and class_id >= 0)
        or not isinstance(name, str)
    ]
    if problems:
        raise DataError(
            f"{description}: {first_problems(problems)}; ids are whole numbers from 0 on, names are texts, in quotes "
            "if they are numbers, yes or no"
        )
    return names


def _open(path: Path, image_id: int, file_name: PurePosixPath) -> CocoImage:
    try:
        width, height = upright_size_wh(path)
    except ImageError as error:
        return CocoImage(image_id, str(file_name), 0, 0, problem=str(error))
    return CocoImage(image_id, str(file_name), width, height)


def _label_path(images: Path, file_name: PurePosixPath) -> Path | None:
    picture = images.absolute() / file_name
    parts = list(picture.parent.parts)
    candidates = [picture.with_suffix(".txt")]
    if "images" in parts:
        place = len(parts) - 1 - parts[::-1].index("images")
        candidates.insert(0, Path(*parts[:place], "labels", *parts[place + 1 :], f"{picture.stem}.txt"))
    return next((candidate for candidate in candidates if candidate.is_file()), None)


def _num_unused_labels(used: Collection[Path]) -> int:
    folders = {path.parent for path in used}
    found = {path for folder in folders for path in folder.glob("*.txt") if not path.name.startswith(".")}
    return sum(path.name != _NAMES_OF_CLASSES for path in found - set(used))


def _read_objects(path: Path, names: dict[int, str], problems: list[str]) -> Iterator[YoloObject]:
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, ValueError) as error:
        problems.append(f"{path} cannot be read ({error})")
        return
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            yield _parse(line.split(), names)
        except ValueError as error:
            problems.append(f"{path} line {number}: {error}")


def _parse(words: list[str], names: dict[int, str]) -> YoloObject:
    try:
        class_number, *numbers = (float(word) for word in words)
    except ValueError:
        raise ValueError(f"{brief(' '.join(words))} is not a row of numbers") from None
    # Some programs write the class as 3.0; NaN is among no names.
    if class_number not in names:
        raise ValueError(f"class {brief(words[0])} is none of the {len(names)} that have names")
    outside = [number for number in numbers if not -TOLERANCE <= number <= 1 + TOLERANCE]
    if outside:
        raise ValueError(f"{outside[0]} is no fraction of the picture, in [0, 1]")
    category_id = int(class_number)
    if len(numbers) == NUM_BOX_NUMBERS:
        return YoloObject(category_id, box_cxcywh=tuple(numbers))
    if len(numbers) < MIN_POLYGON_NUMBERS or len(numbers) % 2:
        raise ValueError(
            f"{len(numbers)} numbers behind the class; a box has {NUM_BOX_NUMBERS}, a polygon an even number from "
            f"{MIN_POLYGON_NUMBERS} on, without a confidence"
        )
    return YoloObject(category_id, tuple(min(max(number, 0.0), 1.0) for number in numbers))


def _annotation(one: YoloObject, annotation_id: int, picture: CocoImage) -> CocoAnnotation:
    category_id, width, height = one.category_id, picture.width, picture.height
    if picture.problem is not None:
        return CocoAnnotation(annotation_id, picture.id, category_id, None)
    if one.box_cxcywh is not None:
        center_x, center_y, box_width, box_height = one.box_cxcywh
        left, top = (center_x - box_width / 2) * width, (center_y - box_height / 2) * height
        box = (left, top, box_width * width, box_height * height)
        return CocoAnnotation(annotation_id, picture.id, category_id, None, box_xywh_px=box)
    polygon: list[int | float] = [
        number * side for number, side in zip(one.corners, (width, height) * (len(one.corners) // 2), strict=True)
    ]
    columns, rows = polygon[0::2], polygon[1::2]
    box = (min(columns), min(rows), max(columns) - min(columns), max(rows) - min(rows))
    return CocoAnnotation(annotation_id, picture.id, category_id, [polygon], box_xywh_px=box)


def _kind_of(name: Any) -> str:
    return "a text" if isinstance(name, str) else f"a {type(name).__name__}"
