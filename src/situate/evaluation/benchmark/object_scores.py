"""What is measured on the object of a composite, where it is seen; formulas: docs/benchmark.md."""

import math

import cv2
import numpy as np
from jaxtyping import UInt8

from situate.evaluation.metrics import MASK_THRESHOLD_U8

SOLID_U8 = 230
"""Nine tenths: what shows less of the object is its rim, whose colour is half the ground's."""
MIN_HIDDEN_SHARE, MIN_HIDDEN_PX = 0.05, 10
"""So much of the object must be hidden: less is its outline's rounding, and an IoU of it would say nothing."""


def colour_errors(
    composite: UInt8[np.ndarray, "h w 3"],
    visible_alpha: UInt8[np.ndarray, "h w"],
    truth: UInt8[np.ndarray, "h w 3"],
    true_visible_alpha: UInt8[np.ndarray, "h w"],
) -> tuple[float, float]:
    """Compare the colours of two objects where both are solid.

    Returns:
        Mean distance in CIE L*a*b* (CIE 1976, D65; 2.3 is just noticeable), and mean difference of lightness L*
        (0 to 100), above 0 where the composite's object is the lighter; both NaN where the objects do not meet.
    """
    is_solid = (visible_alpha >= SOLID_U8) & (true_visible_alpha >= SOLID_U8)
    if not is_solid.any():
        return math.nan, math.nan
    own, true = (
        cv2.cvtColor(pixels[is_solid][None].astype(np.float32) / 255, cv2.COLOR_RGB2LAB)[0].astype(np.float64)
        for pixels in (composite, truth)
    )
    difference = own - true
    return float(np.linalg.norm(difference, axis=-1).mean()), float(difference[:, 0].mean())


def visible_iou(
    visible_alpha: UInt8[np.ndarray, "h w"],
    true_visible_alpha: UInt8[np.ndarray, "h w"],
    true_amodal_alpha: UInt8[np.ndarray, "h w"] | None,
) -> float:
    """Intersection over union of what is seen of two objects; NaN unless something really hides the true one.

    Args:
        visible_alpha: What is seen of the object of the composite.
        true_visible_alpha: What is seen of the true object.
        true_amodal_alpha: What would be seen of the true object if nothing hid it; None where nobody knows.
    """
    if true_amodal_alpha is None:
        return math.nan
    seen, true_seen, whole = (
        alpha >= MASK_THRESHOLD_U8 for alpha in (visible_alpha, true_visible_alpha, true_amodal_alpha)
    )
    num_hidden = int((whole & ~true_seen).sum())
    if num_hidden < max(MIN_HIDDEN_SHARE * int(whole.sum()), MIN_HIDDEN_PX):
        return math.nan
    return int((seen & true_seen).sum()) / int((seen | true_seen).sum())
