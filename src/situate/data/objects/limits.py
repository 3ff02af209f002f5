"""Which objects are too small, cut by the picture's edge or too large, whatever annotated them."""

from pydantic import Field

from situate.data.objects.crops import MaskCrop
from situate.data.options import DataOptions


class ObjectLimits(DataOptions):
    """Options that photographs and frames share.

    `min_*_px` count in the stored pictures, because that is what a network sees; fractions refer to the whole picture.

    Attributes:
        size_px: Longest side of the stored pictures, which are reduced to it, never enlarged.
        foreground_px: Longest side of the stored cut-out, which is cut at full size; None keeps that.
        seed: Every draw follows from it and the object's key.
        min_side_px: The object's box must have both sides at least this long, or it is `tiny`.
        min_area_px: The object's mask must have at least this many pixels, or it is `tiny`.
        border_fraction: A mask that comes this near to the picture's edge, as a fraction of its longest side, is
            `border_cut`: annotators stop early (COCO by 1 or 2 px of 512, LabelMe by up to 7).
        max_area_fraction: A mask larger than this is `too_large`.
        max_box_fraction: A box larger than this is `too_large` too: too little is left to repair from.
        min_quality: A cut-out under this score (`situate.data.objects.quality`) is `low_quality`.
    """

    size_px: int = Field(default=256, ge=32, le=4096)
    foreground_px: int | None = Field(default=None, ge=16, le=4096)
    seed: int = Field(default=0, ge=0)
    min_side_px: float = Field(default=12, ge=1)
    min_area_px: float = Field(default=125, ge=1)
    border_fraction: float = Field(default=0.015, ge=0, lt=0.5)
    max_area_fraction: float = Field(default=0.25, gt=0, lt=1)
    max_box_fraction: float = Field(default=0.45, gt=0, lt=1)
    min_quality: float = Field(default=0.2, ge=0, le=1)


def is_tiny(crop: MaskCrop, full_hw: tuple[int, int], limits: ObjectLimits) -> bool:
    """Whether the object is too small once the picture is stored."""
    scale = min(1.0, limits.size_px / max(full_hw))
    side_px, area_px = scale * min(crop.width, crop.height), scale**2 * crop.area_px
    return side_px < limits.min_side_px or area_px < limits.min_area_px


def is_border_cut(crop: MaskCrop, full_hw: tuple[int, int], limits: ObjectLimits) -> bool:
    """Whether the object probably goes on outside the picture."""
    height, width = full_hw
    gap_px = min(crop.left, crop.top, width - crop.left - crop.width, height - crop.top - crop.height)
    return gap_px < 1 or gap_px <= limits.border_fraction * max(full_hw)


def is_too_large(crop: MaskCrop, full_hw: tuple[int, int], limits: ObjectLimits) -> bool:
    """Whether too little of the picture is left beside the object."""
    picture_px = full_hw[0] * full_hw[1]
    return (
        crop.area_px > limits.max_area_fraction * picture_px
        or crop.width * crop.height > limits.max_box_fraction * picture_px
    )
