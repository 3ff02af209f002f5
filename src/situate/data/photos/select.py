"""Which annotated objects can be used, by stated rules; the first rule that speaks against an object is its reason."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from jaxtyping import UInt8

from situate.data.objects.crops import MaskCrop, crop_of, main_piece_share
from situate.data.objects.limits import is_border_cut, is_tiny, is_too_large
from situate.data.objects.occlusion import occlusion_of, touch_px_of
from situate.data.objects.quality import cutout_quality
from situate.data.photos.config import PhotoConfig
from situate.errors import DataError
from situate.labels.coco import CocoAnnotation, CocoImage
from situate.labels.coco_mask import mask_of
from situate.seeds import seed_for


class Skip(StrEnum):
    """Why an object was left out, in the order in which the rules are asked."""

    OTHER_LICENCE = "other_licence"
    OTHER_KIND = "other_kind"
    CROWD = "crowd"
    EMPTY_BOX = "empty_box"
    INVALID_MASK = "invalid_mask"
    TINY = "tiny"
    BORDER_CUT = "border_cut"
    TOO_LARGE = "too_large"
    FRAGMENTED = "fragmented"
    OCCLUDED = "occluded"
    LOW_QUALITY = "low_quality"
    OVER_MAX_PER_IMAGE = "over_max_per_image"
    UNREADABLE_PICTURE = "unreadable_picture"


@dataclass(frozen=True)
class Chosen:
    """An object that can be used.

    Attributes:
        annotation: What the annotations say of it.
        crop: Its mask.
        quality: How good a cut-out it makes, [0, 1].
    """

    annotation: CocoAnnotation
    crop: MaskCrop
    quality: float


@dataclass(frozen=True)
class Selection:
    """What can be used of one photograph.

    Attributes:
        chosen: The objects to make triples from, in the file's order.
        skipped: How many objects each rule left out.
    """

    chosen: tuple[Chosen, ...]
    skipped: Mapping[Skip, int]


def select_objects(
    image: CocoImage,
    pixels: UInt8[np.ndarray, "h w 3"],
    annotations: Sequence[CocoAnnotation],
    kinds: Mapping[int, str],
    config: PhotoConfig,
) -> Selection:
    """Apply all rules to the objects of one photograph; `kinds` names the categories."""
    crops = [_crop(annotation, image) for annotation in annotations]
    skipped: Counter[Skip] = Counter()
    usable: list[Chosen] = []
    for annotation, crop in zip(annotations, crops, strict=True):
        others = [other for other in crops if other is not None and other is not crop]
        reason = _reason(annotation, crop, others, image, kinds[annotation.category_id], config)
        if reason is not None or crop is None:
            skipped[reason or Skip.INVALID_MASK] += 1
            continue
        quality = cutout_quality(pixels, crop, others, size_px=config.size_px).score
        if quality < config.min_quality:
            skipped[Skip.LOW_QUALITY] += 1
        else:
            usable.append(Chosen(annotation, crop, quality))
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


def _draw(usable: list[Chosen], image: CocoImage, config: PhotoConfig) -> list[Chosen]:
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
    if config.licences and image.extra.get("license") not in config.licences:
        return Skip.OTHER_LICENCE
    if config.kinds and kind not in config.kinds:
        return Skip.OTHER_KIND
    if annotation.is_crowd:
        return Skip.CROWD
    if annotation.has_empty_box or crop is None:
        return Skip.EMPTY_BOX if annotation.has_empty_box else Skip.INVALID_MASK
    touch_px = touch_px_of(image.width, image.height)
    full_hw = image.height, image.width
    # In the enumeration's order, the dear ones last.
    rules = (
        (Skip.TINY, lambda: is_tiny(crop, full_hw, config)),
        (Skip.BORDER_CUT, lambda: is_border_cut(crop, full_hw, config)),
        (Skip.TOO_LARGE, lambda: is_too_large(crop, full_hw, config)),
        (Skip.FRAGMENTED, lambda: main_piece_share(crop, touch_px) < config.min_main_piece),
        (Skip.OCCLUDED, lambda: _is_occluded(crop, others, touch_px, config)),
    )
    return next((skip for skip, speaks_against in rules if speaks_against()), None)


def _is_occluded(crop: MaskCrop, others: Sequence[MaskCrop], touch_px: int, config: PhotoConfig) -> bool:
    found = occlusion_of(crop, others, touch_px)
    return (
        found.covered > config.max_covered
        or found.intrusion > config.max_intrusion
        or found.contact > config.max_contact
    )
