"""An annotated object is cut out of its photograph at full size."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import UInt8

from situate.data.cutout import decontaminate
from situate.data.matting import alpha_of, soft_alpha
from situate.data.objects.crops import MaskCrop
from situate.errors import InputError
from situate.imageio.foreground import ALPHA_SHOWN


@dataclass(frozen=True)
class CutOut:
    """An object cut out at full size.

    Attributes:
        pixels: RGB and alpha; its box is that of the mask.
        left: Column of its left edge in the photograph.
        top: Row of its upper edge in the photograph.
        is_matting_failed: Whether the soft edge is the guided filter's because what was asked for found none.
    """

    pixels: UInt8[np.ndarray, "ch cw 4"]
    left: int
    top: int
    is_matting_failed: bool


def cut_object(full: UInt8[np.ndarray, "h w 3"], crop: MaskCrop, matting: str) -> CutOut:
    """Cut the object out at full size; its box is that of its mask."""
    mask = crop.window(0, 0, full.shape[1], full.shape[0])
    # A soft edge may leave nothing of a thin object; all of the mask always stays.
    soft, is_matting_failed = _soft(full, mask, matting)
    alpha = np.maximum(soft, mask.astype(np.uint8) * ALPHA_SHOWN)
    # Nor may it reach beyond the annotated box: what was labelled is what composites will be labelled with.
    whole, alpha = alpha, np.zeros_like(alpha)
    box = slice(crop.top, crop.top + crop.height), slice(crop.left, crop.left + crop.width)
    alpha[box] = whole[box]
    colours = decontaminate(full, alpha)
    return CutOut(np.dstack([colours[box], alpha[box]]), crop.left, crop.top, is_matting_failed)


def _soft(full: np.ndarray, mask: np.ndarray, matting: str) -> tuple[np.ndarray, bool]:
    """Alpha, and whether it had to be the guided filter's: one object must not end a long build."""
    try:
        return alpha_of(full, mask, matting), False
    except InputError:
        return soft_alpha(full, mask), True
