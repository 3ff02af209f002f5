"""What is measured on one sample; boxes are fractions of one picture, pictures are uint8."""

import math

import numpy as np
import torch
from jaxtyping import Bool, UInt8

from situate.geometry.boxes import cxcywh_to_xyxy, iou
from situate.geometry.canvas import BoxCxcywh

MAX_PSNR_DB = 60.0
"""A mean error under a quarter of a grey level counts as this, so that a perfect picture has a finite score."""
MASK_THRESHOLD_U8 = 128


def box_iou(box_cxcywh: BoxCxcywh, other_cxcywh: BoxCxcywh) -> float:
    """Intersection over union of two boxes."""
    first, second = (cxcywh_to_xyxy(torch.tensor(box, dtype=torch.float64)) for box in (box_cxcywh, other_cxcywh))
    return float(iou(first, second))


def psnr_db(
    composite: UInt8[np.ndarray, "h w 3"], truth: UInt8[np.ndarray, "h w 3"], mask: Bool[np.ndarray, "h w"]
) -> float:
    """Peak signal-to-noise ratio inside `mask`, in dB, at most `MAX_PSNR_DB`; NaN if the mask is empty."""
    if not mask.any():
        return math.nan
    error = composite[mask].astype(np.float64) - truth[mask]
    mean_square = float(np.mean(error * error))
    least = 255**2 / 10 ** (MAX_PSNR_DB / 10)
    return 10 * math.log10(255**2 / max(mean_square, least))


def changed_union(effect: UInt8[np.ndarray, "h w"], other_effect: UInt8[np.ndarray, "h w"]) -> Bool[np.ndarray, "h w"]:
    """Where either effect is above 0: the region that a composite is judged in."""
    return (effect > 0) | (other_effect > 0)


def shadow_iou(
    effect: UInt8[np.ndarray, "h w"],
    visible_alpha: UInt8[np.ndarray, "h w"],
    true_effect: UInt8[np.ndarray, "h w"],
    true_visible_alpha: UInt8[np.ndarray, "h w"],
) -> float:
    """Intersection over union of the two effects outside both objects; NaN if there is nothing there in either."""
    outside = (visible_alpha < MASK_THRESHOLD_U8) & (true_visible_alpha < MASK_THRESHOLD_U8)
    shadow = (effect >= MASK_THRESHOLD_U8) & outside
    true_shadow = (true_effect >= MASK_THRESHOLD_U8) & outside
    union = int((shadow | true_shadow).sum())
    return int((shadow & true_shadow).sum()) / union if union else math.nan


def num_changed_outside(
    composite: UInt8[np.ndarray, "h w 3"], background: UInt8[np.ndarray, "h w 3"], effect: UInt8[np.ndarray, "h w"]
) -> int:
    """Pixels that differ from the background where the effect is 0; must be 0."""
    return int(((composite != background).any(axis=-1) & (effect == 0)).sum())
