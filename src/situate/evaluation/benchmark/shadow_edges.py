"""How sharp a shadow is: the energy of its gradients beside the truth's; formula: docs/benchmark.md."""

import math

import cv2
import numpy as np
from jaxtyping import Bool, Float32, UInt8

from situate.evaluation.benchmark.made import Made
from situate.evaluation.metrics import MASK_THRESHOLD_U8
from situate.records.triple import Triple

SMOOTHING_SIGMA_PX = 0.7
"""Less and the noise of rendering weighs more, more and a blur of 1 px is seen less."""
RIM_PX = 2
"""The region reaches so far round the true shadow."""
MIN_REGION_PX = 20
MIN_SLOPE = 1.5
"""In levels of 255 a pixel, root mean square over the region: softer shadows are measured by their noise."""
_SOBEL_SCALE = 1 / 8
"""Makes the Sobel filter a derivative."""
_MIN_WEIGHT = 1e-3
_SQUARE = np.ones((3, 3), np.uint8)


def shadow_edge_energy(made: Made, background: UInt8[np.ndarray, "h w 3"], truth: Triple) -> float:
    """Return the gradient energy of the change round the object over the truth's, in the true shadow and its rim.

    1 is right, less is blurred or too weak, more is too hard or too dark; NaN where the truth has no shadow, or one so
    soft that the noise of rendering would be measured.

    Args:
        made: The composite.
        background: What it was made on.
        truth: The render; its own background is what it is compared with.
    """
    is_object = (made.visible_alpha > 0) | (truth.visible_alpha > 0)
    region = _shadow_region(truth, is_object)
    if region.sum() < MIN_REGION_PX:
        return math.nan
    own, true = (
        float(_squared_slope(composite, ground, is_object)[region].mean())
        for composite, ground in ((made.composite, background), (truth.composite, truth.background))
    )
    return own / true if true >= MIN_SLOPE**2 else math.nan


def _shadow_region(truth: Triple, is_object: Bool[np.ndarray, "h w"]) -> Bool[np.ndarray, "h w"]:
    """The true shadow and its rim, but not where the Sobel filter would see an object."""
    is_shadow = (truth.effect >= MASK_THRESHOLD_U8) & (truth.visible_alpha < MASK_THRESHOLD_U8)
    near_shadow = cv2.dilate(is_shadow.astype(np.uint8), _SQUARE, iterations=RIM_PX) > 0
    return near_shadow & (cv2.dilate(is_object.astype(np.uint8), _SQUARE) == 0)


def _squared_slope(
    composite: UInt8[np.ndarray, "h w 3"], background: UInt8[np.ndarray, "h w 3"], is_object: Bool[np.ndarray, "h w"]
) -> Float32[np.ndarray, "h w"]:
    """Squared gradient of the change in luma, smoothed without what the objects change."""
    own, ground = (cv2.cvtColor(pixels.astype(np.float32), cv2.COLOR_RGB2GRAY) for pixels in (composite, background))
    weight = (~is_object).astype(np.float32)
    change, total = (cv2.GaussianBlur(part, (0, 0), SMOOTHING_SIGMA_PX) for part in ((own - ground) * weight, weight))
    smooth = change / np.maximum(total, _MIN_WEIGHT)
    along_x, along_y = (cv2.Sobel(smooth, cv2.CV_32F, dx, 1 - dx, scale=_SOBEL_SCALE) for dx in (1, 0))
    return np.asarray(along_x**2 + along_y**2, np.float32)
