"""A data set as a COCO file, an entry a line; what was read from one comes out as it went in."""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import PurePosixPath
from typing import Any, Literal

from situate.labels.coco import CocoAnnotation, CocoDataset, CocoImage
from situate.labels.coco_entries import annotation_entry, category_entry, image_entry
from situate.labels.notes import NOTES
from situate.labels.outline import polygons_of
from situate.labels.shown import mask_or_none

COCO_FILE = "annotations.json"


def coco_files(dataset: CocoDataset, masks: Literal["rle", "polygons"]) -> Iterator[tuple[PurePosixPath, bytes]]:
    """Yield `annotations.json`; pictures with a `problem` are left out, with their objects.

    Polygons keep no holes. Run lengths of crowds, empty ones, and those that cannot be drawn stay run lengths.

    Args:
        dataset: What to write.
        masks: How the run lengths of single objects are written.
    """
    images = {image.id: image for image in dataset.images if image.problem is None}
    shown = (one for one in dataset.annotations if one.image_id in images)
    if masks == "polygons":
        shown = (_with_polygons(one, images[one.image_id]) for one in shown)
    sections = [f"{json.dumps(key)}: {json.dumps(value)}" for key, value in dataset.extra.items() if key != NOTES]
    sections += [
        _section("images", map(image_entry, images.values())),
        _section("annotations", map(annotation_entry, shown)),
        _section("categories", map(category_entry, dataset.categories)),
    ]
    yield PurePosixPath(COCO_FILE), ("{\n" + ",\n".join(sections) + "\n}\n").encode("ascii")


def _section(name: str, entries: Iterable[Mapping[str, Any]]) -> str:
    # One entry at a time: all of them as dictionaries take several times the file's size.
    return f'"{name}": [\n' + ",\n".join(json.dumps(entry) for entry in entries) + "\n]"


def _with_polygons(annotation: CocoAnnotation, image: CocoImage) -> CocoAnnotation:
    if annotation.is_crowd or not isinstance(annotation.segmentation, dict):
        return annotation
    mask = mask_or_none(annotation, image)
    return annotation if mask is None else replace(annotation, segmentation=polygons_of(mask))
