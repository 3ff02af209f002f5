"""Which annotated objects can be used, by stated rules; the first rule that speaks against an object is its reason."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

import cv2
import numpy as np

from situate.data.photos.config import PhotoConfig
from situate.data.photos.crops import MaskCrop, crop_of
from situate.errors import DataError
from situate.labels.coco import CocoAnnotation, CocoImage
from situate.labels.coco_mask import mask_of
from situate.seeds import seed_for

TOUCH_FRACTION = 1 / 170
"""Outlines this near to each other touch, as a fraction of the longest side: annotators leave a gap."""


class Skip(StrEnum):
    """Why an object was left out, in the order in which the rules are asked."""

    OTHER_KIND = "other_kind"
    CROWD = "crowd"
    INVALID_MASK = "invalid_mask"
    TINY = "tiny"
    BORDER_CUT = "border_cut"
    TOO_LARGE = "too_large"
    FRAGMENTED = "fragmented"
    OCCLUDED = "occluded"
    OVER_MAX_PER_IMAGE = "over_max_per_image"
    UNREADABLE_PICTURE = "unreadable_picture"


@dataclass(frozen=True)
class Selection:
    """What can be used of one photograph.

    Attributes:
        chosen: The objects to make triples from, with their masks, in the file's order.
        skipped: How many objects each rule left out.
    """

    chosen: tuple[tuple[CocoAnnotation, MaskCrop], ...]
    skipped: Mapping[Skip, int]


def select_objects(
    image: CocoImage, annotations: Sequence[CocoAnnotation], kinds: Mapping[int, str], config: PhotoConfig
) -> Selection:
    """Apply all rules to the objects of one photograph; `kinds` names the categories."""
    crops = [_crop(annotation, image) for annotation in annotations]
    skipped: Counter[Skip] = Counter()
    usable: list[tuple[CocoAnnotation, MaskCrop]] = []
    for annotation, crop in zip(annotations, crops, strict=True):
        others = [other for other in crops if other is not None and other is not crop]
        reason = _reason(annotation, crop, others, image, kinds[annotation.category_id], config)
        if reason is not None:
            skipped[reason] += 1
        elif crop is not None:
            usable.append((annotation, crop))
    chosen = _draw(usable, image, config)
    if len(chosen) < len(usable):
        skipped[Skip.OVER_MAX_PER_IMAGE] += len(usable) - len(chosen)
    return Selection(tuple(chosen), skipped)


def _crop(annotation: CocoAnnotation, image: CocoImage) -> MaskCrop | None:
    try:
        crop = crop_of(mask_of(annotation, image.height, image.width))
    except DataError:
        return None
    return crop if crop.area_px else None


def _draw(
    usable: list[tuple[CocoAnnotation, MaskCrop]], image: CocoImage, config: PhotoConfig
) -> list[tuple[CocoAnnotation, MaskCrop]]:
    if len(usable) <= config.max_per_image:
        return usable
    generator = np.random.default_rng(seed_for(config.seed, "choice", image.id))
    places = generator.choice(len(usable), config.max_per_image, replace=False)
    return [usable[place] for place in sorted(places)]


def _reason(
    annotation: CocoAnnotation,
    crop: MaskCrop | None,
    others: Sequence[MaskCrop],
    image: CocoImage,
    kind: str,
    config: PhotoConfig,
) -> Skip | None:
    if config.kinds and kind not in config.kinds:
        return Skip.OTHER_KIND
    if annotation.is_crowd:
        return Skip.CROWD
    if crop is None:
        return Skip.INVALID_MASK
    touch_px = max(2, round(TOUCH_FRACTION * max(image.width, image.height)))
    # In the enumeration's order, the dear ones last.
    rules = (
        (Skip.TINY, lambda: _is_tiny(crop, image, config)),
        (Skip.BORDER_CUT, lambda: _is_border_cut(crop, image, config)),
        (Skip.TOO_LARGE, lambda: _is_too_large(crop, image, config)),
        (Skip.FRAGMENTED, lambda: _main_piece(crop, touch_px) < config.min_main_piece),
        (Skip.OCCLUDED, lambda: _is_occluded(crop, others, touch_px, config)),
    )
    return next((skip for skip, speaks_against in rules if speaks_against()), None)


def _is_tiny(crop: MaskCrop, image: CocoImage, config: PhotoConfig) -> bool:
    scale = min(1.0, config.size_px / max(image.width, image.height))
    side_px, area_px = scale * min(crop.width, crop.height), scale**2 * crop.area_px
    return side_px < config.min_side_px or area_px < config.min_area_px


def _is_border_cut(crop: MaskCrop, image: CocoImage, config: PhotoConfig) -> bool:
    right, bottom = image.width - crop.left - crop.width, image.height - crop.top - crop.height
    gap_px = min(crop.left, crop.top, right, bottom)
    return gap_px < 1 or gap_px <= config.border_fraction * max(image.width, image.height)


def _is_too_large(crop: MaskCrop, image: CocoImage, config: PhotoConfig) -> bool:
    picture_px = image.width * image.height
    return (
        crop.area_px > config.max_area_fraction * picture_px
        or crop.width * crop.height > config.max_box_fraction * picture_px
    )


def _main_piece(crop: MaskCrop, touch_px: int) -> float:
    # Pieces a pixel or two apart are one object drawn with two polygons.
    closed = cv2.dilate(crop.mask.view(np.uint8), np.ones((touch_px, touch_px), np.uint8))
    _, labels = cv2.connectedComponents(closed)
    return float(np.bincount(labels[crop.mask]).max() / crop.area_px)


def _is_occluded(crop: MaskCrop, others: Sequence[MaskCrop], touch_px: int, config: PhotoConfig) -> bool:
    left, top = crop.left - touch_px, crop.top - touch_px
    width, height = crop.width + 2 * touch_px, crop.height + 2 * touch_px
    own = crop.window(left, top, width, height)
    around = np.zeros_like(own)
    covered = np.zeros_like(own)
    for other in others:
        seen = other.window(left, top, width, height)
        if not seen.any():
            continue
        on_it = seen & own
        is_support = other.area_px > crop.area_px and np.count_nonzero(on_it) > 0.5 * crop.area_px
        if is_support:
            # A cup on a table: the table's mask goes on behind the cup.
            continue
        covered |= on_it
        around |= seen & ~own
    kernel = np.ones((2 * touch_px + 1, 2 * touch_px + 1), np.uint8)
    outline = own & ~cv2.erode(own.view(np.uint8), np.ones((3, 3), np.uint8)).view(bool)
    touching = outline & cv2.dilate(around.view(np.uint8), kernel).view(bool)
    return (
        int(np.count_nonzero(covered)) > config.max_covered * crop.area_px
        or int(np.count_nonzero(around)) > config.max_intrusion * crop.width * crop.height
        or int(np.count_nonzero(touching)) > config.max_contact * int(np.count_nonzero(outline))
    )
