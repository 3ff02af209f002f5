"""Checking a data set of pictures with labels on disk: labels, pictures, boxes, and masks against them."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import cv2
import numpy as np
from jaxtyping import Bool

from situate.data.description import DESCRIPTION_FILE
from situate.data.sets.output import Progress
from situate.data.sets.problem import Problem, problem_of
from situate.errors import DataError, ImageError, InputError
from situate.imageio.read import read_picture
from situate.labels.coco import CocoAnnotation, CocoImage
from situate.labels.coco_mask import mask_of
from situate.labels.read import read_labels
from situate.labels.write import PICTURE_FOLDERS
from situate.labels.write_coco import COCO_FILE
from situate.labels.write_yolo import YOLO_FILE

BORDER_TOLERANCE_PX = 1.0
"""Boxes of people and of programs that count from 1 reach out of the picture by as much."""
TIGHT_BOX_TOLERANCE_PX = 2.0
AREA_TOLERANCE, AREA_TOLERANCE_PX = 0.1, 16.0
"""Of a mask's pixels; whichever is more."""
MIN_IOU = 0.5
"""Of a box and the box of its mask, where people drew both."""
ANNOTATE_AGAIN = "correct the label or annotate it again"
_ANNOTATIONS = {"coco": COCO_FILE, "yolo": YOLO_FILE, "voc": "Annotations"}
Box = tuple[float, float, float, float]


@dataclass(frozen=True)
class LabelSet:
    """Labels and pictures in one folder, in one layout."""

    label_format: Literal["coco", "yolo", "voc"]
    annotations: Path
    images: Path


@dataclass(frozen=True)
class LabelVerification:
    """What `verify_labels` looked at and found; counts are 0 where the labels cannot be read."""

    num_pictures: int
    num_objects: int
    num_masks: int
    problems: tuple[Problem, ...]


def label_sets_in(folder: Path) -> list[LabelSet]:
    """Return the layouts of labels that a folder holds: mostly one, none if it holds triples or something else."""
    if (folder / DESCRIPTION_FILE).is_file():
        return []
    layouts: tuple[Literal["coco", "yolo", "voc"], ...] = ("coco", "yolo", "voc")
    found = [LabelSet(one, folder / _ANNOTATIONS[one], folder / PICTURE_FOLDERS[one]) for one in layouts]
    return [one for one in found if one.annotations.exists() and one.images.is_dir()]


def verify_labels(label_set: LabelSet, *, progress: Progress | None = None) -> LabelVerification:
    """Read labels and pictures and say what is wrong, one picture at a time.

    Raises:
        MissingExtraError: If there are masks and pycocotools is not installed.
    """
    try:
        dataset = read_labels(label_set.annotations, label_set.images, label_set.label_format)
    except (DataError, InputError) as error:
        return LabelVerification(0, 0, 0, (_problem(error, str(label_set.annotations)),))
    problems = [] if dataset.images else [Problem(str(label_set.annotations), "there are no pictures")]
    objects = dataset.annotations_by_image()
    # In masks of Pascal VOC outlines, and what stands in front, are missing.
    is_exact = label_set.label_format != "voc"
    for number, image in enumerate(dataset.images, start=1):
        problems += _picture_problems(image, label_set.images / image.file_name)
        for place, annotation in enumerate(objects[image.id], start=1):
            # Only COCO files say ids; in the others objects are found by their place.
            name = f"annotation {annotation.id}" if label_set.label_format == "coco" else f"object {place}"
            where = f"{label_set.annotations}: {image.file_name}, {name}"
            found = _object_problems(annotation, image, is_exact=is_exact)
            problems += [Problem(where, what, ANNOTATE_AGAIN) for what in found]
        if progress is not None:
            progress(number, len(dataset.images))
    return LabelVerification(
        num_pictures=len(dataset.images),
        num_objects=len(dataset.annotations),
        num_masks=sum(one.segmentation is not None for one in dataset.annotations),
        problems=tuple(problems),
    )


def _problem(error: Exception, where: str) -> Problem:
    return problem_of(DataError(str(error)), where)


def _picture_problems(image: CocoImage, path: Path) -> Iterator[Problem]:
    if image.problem is not None:
        yield _problem(ImageError(image.problem), str(path))
        if not image.width:
            # The picture itself is meant; otherwise, its mask.
            return
    try:
        picture = read_picture(path)
    except ImageError as error:
        yield _problem(error, str(path))
        return
    size_wh = picture.width_px, picture.height_px
    if size_wh != (image.width, image.height):
        said = f"{image.width} x {image.height}"
        yield Problem(str(path), f"is {size_wh[0]} x {size_wh[1]} pixels upright, the labels say {said}")


def _object_problems(annotation: CocoAnnotation, image: CocoImage, *, is_exact: bool) -> Iterator[str]:
    box = annotation.box_xywh_px
    if box is not None:
        yield from _box_problems(box, image)
    if annotation.segmentation is None:
        return
    try:
        mask = mask_of(annotation, image.height, image.width)
    except DataError as error:
        yield str(error).removeprefix(f"annotation {annotation.id}").lstrip(": ").partition("; ")[0]
        return
    if not mask.any():
        yield "the mask is empty"
    elif is_exact and isinstance(annotation.segmentation, dict):
        yield from _exact_problems(annotation, mask)
    elif box is not None and not annotation.has_empty_box:
        tight = _tight_box_xywh(mask)
        if not _is_near(box, tight) and _iou(box, tight) < MIN_IOU:
            yield f"the box {_said(box)} is not that of the mask, {_said(tight)}"


def _box_problems(box_xywh_px: Box, image: CocoImage) -> Iterator[str]:
    left, top, width, height = box_xywh_px
    if width <= 0 or height <= 0:
        yield f"the box is {width:g} x {height:g} pixels large, not above 0"
        return
    out_px = max(-left, -top, left + width - image.width, top + height - image.height)
    if out_px > BORDER_TOLERANCE_PX:
        size = f"{image.width} x {image.height}"
        yield f"the box {_said(box_xywh_px)} leaves the picture of {size} pixels by {out_px:g}"


def _exact_problems(annotation: CocoAnnotation, mask: Bool[np.ndarray, "h w"]) -> Iterator[str]:
    """Run lengths are made by programs: box and area can be those of the mask."""
    box, tight = annotation.box_xywh_px, _tight_box_xywh(mask)
    if box is not None and not annotation.has_empty_box and not _is_near(box, tight):
        yield f"the box {_said(box)} is not that of the mask, {_said(tight)}, within {TIGHT_BOX_TOLERANCE_PX:g} pixels"
    num_px, area = np.count_nonzero(mask), annotation.area_px
    if area is not None and abs(area - num_px) > max(AREA_TOLERANCE * num_px, AREA_TOLERANCE_PX):
        yield f"the area is {area:g} pixels, the mask has {num_px}"


def _tight_box_xywh(mask: Bool[np.ndarray, "h w"]) -> Box:
    left, top, width, height = map(float, cv2.boundingRect(mask.view(np.uint8)))
    return left, top, width, height


def _is_near(one_xywh_px: Box, other_xywh_px: Box) -> bool:
    edges = zip(_edges(one_xywh_px), _edges(other_xywh_px), strict=True)
    return all(abs(one - other) <= TIGHT_BOX_TOLERANCE_PX for one, other in edges)


def _edges(box_xywh_px: Box) -> Box:
    left, top, width, height = box_xywh_px
    return left, top, left + width, top + height


def _iou(one_xywh_px: Box, other_xywh_px: Box) -> float:
    left, top, right, bottom = _edges(one_xywh_px)
    other_left, other_top, other_right, other_bottom = _edges(other_xywh_px)
    width = max(0.0, min(right, other_right) - max(left, other_left))
    height = max(0.0, min(bottom, other_bottom) - max(top, other_top))
    both = (right - left) * (bottom - top) + (other_right - other_left) * (other_bottom - other_top)
    return width * height / (both - width * height)


def _said(box_xywh_px: Box) -> str:
    return "[" + ", ".join(f"{side:g}" for side in box_xywh_px) + "]"
