"""Regions of a frame from a mask that somebody drew."""

from pathlib import Path

import cv2
import numpy as np
from jaxtyping import UInt8

from situate.data.static.mask_values import MaskValues
from situate.data.static.regions import Regions, instances, pieces_of
from situate.errors import DataError
from situate.imageio.read import read_picture

_RIM_FRACTION, _MIN_RIM_PX = 1 / 40, 4
"""How wide the uncertain rim of an object or its shadow may be, as a fraction of the longest side. CDnet uses one value
for the rim and for what is outside the region of interest."""
_MAX_RIM_WIDTHS = 2
_SPECK_PX = 9
"""Smaller pieces of a mask are no objects; they are not counted."""


def read_mask(path: Path, frame_hw: tuple[int, int] | None, values: MaskValues) -> UInt8[np.ndarray, "h w"]:
    """Read a mask; without `frame_hw` it may have any size.

    Raises:
        DataError: If it is coloured, has another size than its frame, or values that mean nothing.
        ImageError: If it cannot be read.
    """
    pixels = read_picture(path).rgb_u8
    if frame_hw is not None and pixels.shape[:2] != frame_hw:
        raise DataError(
            f"{path} is {pixels.shape[1]} x {pixels.shape[0]} pixels, its frame {frame_hw[1]} x {frame_hw[0]}; "
            "pass masks of the frames' size"
        )
    grey = np.ascontiguousarray(pixels[..., 0])
    if (pixels != grey[..., None]).any():
        raise DataError(f"{path} is coloured; pass grey masks")
    unknown = sorted(set(np.unique(grey).tolist()) - set(values.named))
    if unknown:
        listed = ", ".join(map(str, unknown[:5]))
        raise DataError(f"{path} has the value {listed}, which means nothing; name it with --mask-values")
    return grey


def regions_from_mask(mask: UInt8[np.ndarray, "h w"], values: MaskValues) -> Regions:
    """Tell the parts of a frame by the grey values of its mask."""
    is_object, shadow, ignored = (
        np.isin(mask, list(meaning)) for meaning in (values.object, values.shadow, values.ignore)
    )
    outside = ignored & _is_far(is_object | shadow, ignored)
    return Regions(instances(is_object, _SPECK_PX), shadow, ignored & ~outside, outside)


def _is_far(known: np.ndarray, ignored: np.ndarray) -> np.ndarray:
    """Pixels farther than a rim from all that is known, in ignored pieces that reach farther than two rims."""
    if not known.any():
        return np.ones(known.shape, bool)
    rim_px = max(_MIN_RIM_PX, round(_RIM_FRACTION * max(known.shape)))
    away_px = cv2.distanceTransform((~known).view(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_5)
    pieces = pieces_of(ignored)
    reaching = np.unique(pieces[ignored & (away_px > _MAX_RIM_WIDTHS * rim_px)])
    return np.isin(pieces, reaching) & (away_px > rim_px)
