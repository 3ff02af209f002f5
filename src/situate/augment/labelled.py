"""What becomes of labels when something is put in front of them: exactly the covered pixels are lost."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from situate.data.objects.crops import MaskCrop, crop_of
from situate.errors import DataError
from situate.labels.coco import CocoAnnotation, CocoImage
from situate.labels.coco_mask import mask_of, run_lengths_of
from situate.records.placement import VISIBLE_THRESHOLD_U8, Composite

NO_ID = -1
"""Of a new object, until the whole data set is written."""
PROVENANCE = "situate"
"""Key under which a new picture or object says where it comes from."""


@dataclass(frozen=True)
class Labelled:
    """An object of a picture and what is still seen of it.

    Attributes:
        annotation: As it was, or as it was made.
        seen: Its mask, or its box where it has none; None if it has neither.
        whole_px: Pixels that it had before anything was put in front of it.
        has_mask: Whether `seen` is a mask.
        is_new: Whether it was put into the picture.
        is_covered: Whether something was put in front of it.
    """

    annotation: CocoAnnotation
    seen: MaskCrop | None
    whole_px: int
    has_mask: bool
    is_new: bool = False
    is_covered: bool = False

    @property
    def seen_share(self) -> float:
        """How much of it is seen, [0, 1]; 1 where that cannot be known."""
        return self.seen.area_px / self.whole_px if self.seen is not None and self.whole_px else 1.0

    def behind(self, front: MaskCrop) -> "Labelled":
        """Return it without the pixels of `front`; itself if none of them is its own."""
        if self.seen is None or not _touch(self.seen, front):
            return self
        hidden = front.window(*self.seen.box_xywh_px)
        left = self.seen.mask & ~hidden
        if left.sum() == self.seen.area_px:
            return self
        crop = crop_of(left)
        return replace(
            self, seen=MaskCrop(self.seen.left + crop.left, self.seen.top + crop.top, crop.mask), is_covered=True
        )

    def current(self, image: CocoImage) -> CocoAnnotation:
        """Return the annotation as it is now; one that nothing covers is as it was."""
        if not self.is_covered or self.seen is None:
            return self.annotation
        if not self.has_mask:
            return _smaller_box(self.annotation, self.seen, _box_crop(self.annotation, image))
        left, top, width, height = self.seen.box_xywh_px
        return replace(
            self.annotation,
            segmentation=run_lengths_of(self.seen.window(0, 0, image.width, image.height)),
            box_xywh_px=(float(left), float(top), float(width), float(height)),
            area_px=float(self.seen.area_px),
        )


def labelled(annotation: CocoAnnotation, image: CocoImage) -> Labelled:
    """Look what is seen of an annotated object."""
    try:
        seen = crop_of(mask_of(annotation, image.height, image.width))
    except DataError:
        seen = None
    if seen is not None and seen.area_px:
        return Labelled(annotation, seen, seen.area_px, has_mask=True)
    boxed = _box_crop(annotation, image)
    return Labelled(annotation, boxed, 0 if boxed is None else boxed.area_px, has_mask=False)


def visible_crop(composite: Composite) -> MaskCrop:
    """Return the visible mask of the last object of a composite: alpha of at least one half; may be empty."""
    return crop_of(composite.visible_alpha >= VISIBLE_THRESHOLD_U8)


def new_object(
    seen: MaskCrop, image: CocoImage, category_id: int, whole_px: int, provenance: Mapping[str, Any]
) -> Labelled:
    """Label an object that was put into a picture.

    Args:
        seen: Its visible mask; not empty.
        image: The picture.
        category_id: Its class.
        whole_px: Pixels that all of it has, hidden parts included.
        provenance: Where it comes from.
    """
    left, top, width, height = seen.box_xywh_px
    annotation = CocoAnnotation(
        id=NO_ID,
        image_id=image.id,
        category_id=category_id,
        segmentation=run_lengths_of(seen.window(0, 0, image.width, image.height)),
        box_xywh_px=(float(left), float(top), float(width), float(height)),
        area_px=float(seen.area_px),
        extra={PROVENANCE: dict(provenance)},
    )
    return Labelled(annotation, seen, max(whole_px, seen.area_px), has_mask=True, is_new=True)


def _touch(one: MaskCrop, other: MaskCrop) -> bool:
    return (
        one.left < other.left + other.width
        and other.left < one.left + one.width
        and one.top < other.top + other.height
        and other.top < one.top + one.height
    )


def _box_crop(annotation: CocoAnnotation, image: CocoImage) -> MaskCrop | None:
    """The pixels of a box that lie in the picture."""
    if annotation.box_xywh_px is None or annotation.has_empty_box:
        return None
    left, top, width, height = annotation.box_xywh_px
    first_column, last_column = max(math.floor(left), 0), min(math.ceil(left + width), image.width)
    first_row, last_row = max(math.floor(top), 0), min(math.ceil(top + height), image.height)
    if first_column >= last_column or first_row >= last_row:
        return None
    return MaskCrop(first_column, first_row, np.ones((last_row - first_row, last_column - first_column), bool))


def _smaller_box(annotation: CocoAnnotation, seen: MaskCrop, whole: MaskCrop | None) -> CocoAnnotation:
    """Shrink a box to what is seen; a side that nothing covers whole stays where it was, to the last digit."""
    if annotation.box_xywh_px is None or whole is None or not seen.area_px:
        return annotation
    left, top, width, height = annotation.box_xywh_px
    right, bottom = left + width, top + height
    left = float(seen.left) if seen.left > whole.left else left
    top = float(seen.top) if seen.top > whole.top else top
    right = float(seen.left + seen.width) if seen.left + seen.width < whole.left + whole.width else right
    bottom = float(seen.top + seen.height) if seen.top + seen.height < whole.top + whole.height else bottom
    box = (left, top, right - left, bottom - top)
    return replace(annotation, box_xywh_px=box, area_px=None if annotation.area_px is None else box[2] * box[3])
