"""One XML file of Pascal VOC as a frozen record; all that is wrong in it is collected."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn
from xml.etree.ElementTree import Element, ParseError, TreeBuilder, XMLParser

from situate.labels.coco_check import MAX_PICTURE_PX, file_name_problems
from situate.labels.problems import brief

_CORNERS = ("xmin", "ymin", "xmax", "ymax")
_FLAGS = ("difficult", "truncated", "occluded")
_FLAG_VALUES = {"0": False, "1": True}


@dataclass(frozen=True)
class VocObject:
    """One object of an XML file.

    Attributes:
        name: Its class.
        box_xywh_px: None where the file has none.
        flags: `difficult`, `truncated` and `occluded`, where the file says 0 or 1.
    """

    name: str
    box_xywh_px: tuple[float, float, float, float] | None
    flags: dict[str, bool]


@dataclass(frozen=True)
class VocPicture:
    """What an XML file says of its picture.

    Attributes:
        path: The XML file.
        file_name: The picture, relative to the image folder.
        width: In pixels.
        height: In pixels.
        objects: In the file's order, which numbers them.
    """

    path: Path
    file_name: str
    width: int
    height: int
    objects: tuple[VocObject, ...]


def read_voc_xml(path: Path, problems: list[str]) -> VocPicture | None:
    """Read an XML file; what is wrong in it is added to `problems`, and None comes back."""
    try:
        root = _parse(path.read_bytes())
        picture = _picture(path, root)
    except (OSError, ParseError, ValueError, LookupError) as error:
        problems.append(f"{path}: {error}")
        return None
    own_problems = [f"{path}: {problem}" for problem in _problems(root, picture)]
    problems.extend(own_problems)
    return None if own_problems else picture


class _PlainTree(TreeBuilder):
    """Refuses document types: they may define entities that fill the memory, and annotations need none."""

    def doctype(self, _name: str, _public_id: str | None, _system: str | None) -> NoReturn:
        raise ValueError("it has a DOCTYPE, which annotations do not need; remove it")


def _parse(content: bytes) -> Element:
    parser = XMLParser(target=_PlainTree())  # noqa: S314 - entities cannot be defined without a document type
    parser.feed(content)
    root: Element = parser.close()
    if root.tag != "annotation":
        raise ValueError(f"the outermost element is {brief(root.tag)}, not 'annotation'")
    return root


def _picture(path: Path, root: Element) -> VocPicture:
    objects = tuple(_object(number, element) for number, element in enumerate(root.findall("object"), start=1))
    width, height = (_text(root, f"size/{side}") for side in ("width", "height"))
    try:
        return VocPicture(path, _text(root, "filename"), int(width), int(height), objects)
    except ValueError:
        found = f"{brief(width)} and {brief(height)}"
        raise ValueError(f"size: width and height are {found}, not whole numbers") from None


def _object(number: int, element: Element) -> VocObject:
    flags = {flag: _FLAG_VALUES[text] for flag in _FLAGS if (text := _text(element, flag)) in _FLAG_VALUES}
    box = element.find("bndbox")
    if box is None:
        return VocObject(_text(element, "name"), None, flags)
    words = [_text(box, corner) for corner in _CORNERS]
    try:
        left, top, right, bottom = (_finite(word) for word in words)
    except ValueError:
        raise ValueError(f"object {number}: bndbox {', '.join(map(brief, words))} is not four numbers") from None
    # The first column is 1, and the last one belongs to the box.
    return VocObject(_text(element, "name"), (left - 1, top - 1, right - left + 1, bottom - top + 1), flags)


def _problems(root: Element, picture: VocPicture) -> Iterator[str]:
    if not picture.file_name:
        yield "filename is missing"
    yield from file_name_problems(picture.file_name)
    if picture.width < 1 or picture.height < 1:
        yield f"size is {picture.width} x {picture.height} pixels, at least 1 x 1 is needed"
    elif picture.width * picture.height > MAX_PICTURE_PX:
        yield f"size is {picture.width} x {picture.height} pixels, the limit is {MAX_PICTURE_PX}"
    for number, one in enumerate(picture.objects, start=1):
        if not one.name:
            yield f"object {number}: name is missing"


def _finite(word: str) -> float:
    number = float(word)
    if not math.isfinite(number):
        raise ValueError(word)
    return number


def _text(element: Element, name: str) -> str:
    return (element.findtext(name) or "").strip()
