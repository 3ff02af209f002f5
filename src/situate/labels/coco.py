"""COCO instance annotations as frozen records, read from a file and checked as a whole.

The readers of the other formats return the same records. Boxes are `[left, top, width, height]` in pixels from the top
left. Category id 0 and gaps between ids are legal. Keys this version does not know are kept in `extra`.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from situate.errors import DataError
from situate.labels.coco_check import CocoCheck
from situate.labels.notes import PICTURES_WITHOUT_ANNOTATIONS, notes_of

_KEY = re.compile(r'"([^"\\\n]{1,60})"\s*:')
_KEY_SEARCH_CHARACTERS = 2000
Segmentation = list[list[int | float]] | dict[str, Any] | None


@dataclass(frozen=True)
class CocoImage:
    """One annotated picture.

    Attributes:
        id: Unique among the images.
        file_name: Relative to the image folder; never absolute, never with `..`.
        width: Columns of the upright picture, in pixels; 0 where a `problem` hid them.
        height: Rows of the upright picture, in pixels; 0 where a `problem` hid them.
        extra: Other keys of the entry, such as `license`.
        problem: Why the picture cannot be used, found while its labels were read; None where nothing was found.
    """

    id: int
    file_name: str
    width: int
    height: int
    extra: Mapping[str, Any] = field(default_factory=dict)
    problem: str | None = None


@dataclass(frozen=True)
class CocoAnnotation:
    """One annotated object.

    Attributes:
        id: Unique among the annotations.
        image_id: The picture it is in.
        category_id: Its class.
        segmentation: Polygons, run lengths, or None if only a box was annotated.
        is_crowd: Whether it marks a group rather than one object.
        box_xywh_px: As in the file; None where the file has none.
        area_px: As in the file; None where the file has none.
        extra: Other keys of the entry.
    """

    id: int
    image_id: int
    category_id: int
    segmentation: Segmentation
    is_crowd: bool = False
    box_xywh_px: tuple[float, float, float, float] | None = None
    area_px: float | None = None
    extra: Mapping[str, Any] = field(default_factory=dict)

    @property
    def has_empty_box(self) -> bool:
        """Whether there is a box whose width or height is zero or negative."""
        return self.box_xywh_px is not None and min(self.box_xywh_px[2:]) <= 0


@dataclass(frozen=True)
class CocoCategory:
    """One class of objects."""

    id: int
    name: str
    extra: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class CocoDataset:
    """A whole data set's annotations; every id an annotation names is there.

    Attributes:
        path: Where it was read from.
        images: In the file's order.
        annotations: In the file's order.
        categories: In the file's order.
        extra: Other sections, such as `info` and `licenses`; and `notes`, what the reader counted, see
            `situate.labels.notes`.
    """

    path: Path
    images: tuple[CocoImage, ...]
    annotations: tuple[CocoAnnotation, ...]
    categories: tuple[CocoCategory, ...]
    extra: Mapping[str, Any] = field(default_factory=dict)

    def annotations_by_image(self) -> dict[int, tuple[CocoAnnotation, ...]]:
        """Return the annotations of every picture, those without any included."""
        grouped: dict[int, list[CocoAnnotation]] = {image.id: [] for image in self.images}
        for annotation in self.annotations:
            grouped[annotation.image_id].append(annotation)
        return {image_id: tuple(annotations) for image_id, annotations in grouped.items()}

    def category_names(self) -> dict[int, str]:
        """Return the class name of every category id."""
        return {category.id: category.name for category in self.categories}


def read_coco(path: Path) -> CocoDataset:
    """Read a COCO instance file.

    Raises:
        DataError: If it cannot be read, is not JSON, or is broken: keys missing or of the wrong type, ids twice or
            dangling, file names that leave the image folder. Lists the first ten problems and counts the rest.
    """
    content = _read_json(path)
    check = CocoCheck(content)
    if check.problems:
        raise DataError(f"{path} is not a sound COCO file: {check.summary()}; repair or remove these entries")
    shown = {entry["image_id"] for entry in content["annotations"]}
    notes = notes_of({PICTURES_WITHOUT_ANNOTATIONS: sum(entry["id"] not in shown for entry in content["images"])})
    return CocoDataset(
        path=path,
        images=tuple(image_of(entry) for entry in content["images"]),
        annotations=tuple(annotation_of(entry) for entry in content["annotations"]),
        categories=tuple(category_of(entry) for entry in content["categories"]),
        extra=_rest(content, "images", "annotations", "categories") | notes,
    )


def _read_json(path: Path) -> Any:
    try:
        content = path.read_bytes()
    except OSError as error:
        raise DataError(f"{path} cannot be read ({error.strerror}); pass a COCO instances file") from error
    try:
        return json.loads(content)
    except json.JSONDecodeError as error:
        raise DataError(f"{path} is not JSON: {error.msg}{_place(error)}; repair it or export it again") from error
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise DataError(f"{path} is not JSON: no {error.encoding} text in line {line}; save it as UTF-8") from error
    except (ValueError, RecursionError) as error:
        raise DataError(f"{path} is not JSON ({error}); pass a COCO instances file") from error


def _place(error: json.JSONDecodeError) -> str:
    keys = _KEY.findall(error.doc, max(0, error.pos - _KEY_SEARCH_CHARACTERS), error.pos)
    near = f', after the key "{keys[-1]}"' if keys else ""
    return f" in line {error.lineno}, column {error.colno}{near}"


def image_of(entry: Mapping[str, Any]) -> CocoImage:
    """Return the record of a checked entry of `images`."""
    known = ("id", "file_name", "width", "height")
    return CocoImage(*(entry[key] for key in known), extra=_rest(entry, *known))


def annotation_of(entry: Mapping[str, Any]) -> CocoAnnotation:
    """Return the record of a checked entry of `annotations`."""
    box, area = entry.get("bbox"), entry.get("area")
    return CocoAnnotation(
        id=entry["id"],
        image_id=entry["image_id"],
        category_id=entry["category_id"],
        segmentation=entry.get("segmentation") or None,
        is_crowd=bool(entry.get("iscrowd", 0)),
        box_xywh_px=None if box is None else (float(box[0]), float(box[1]), float(box[2]), float(box[3])),
        area_px=None if area is None else float(area),
        extra=_rest(entry, "id", "image_id", "category_id", "segmentation", "iscrowd", "bbox", "area"),
    )


def category_of(entry: Mapping[str, Any]) -> CocoCategory:
    """Return the record of a checked entry of `categories`."""
    return CocoCategory(entry["id"], entry["name"], extra=_rest(entry, "id", "name"))


def _rest(entry: Mapping[str, Any], *known: str) -> dict[str, Any]:
    return {key: value for key, value in entry.items() if key not in known}
