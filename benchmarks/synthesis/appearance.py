"""Where the object of a composite appears, for a model that is not told where."""

import math
from typing import Any

import numpy as np
from jaxtyping import Bool, UInt8

from situate.evaluation.metrics import MASK_THRESHOLD_U8, box_iou
from situate.geometry.canvas import BoxCxcywh
from situate.records.placement import Composite
from situate.records.triple import Triple


def appearance(composite: Composite, triple: Triple, likeliest_cxcywh: BoxCxcywh) -> dict[str, float]:
    """Compare where an object is seen with where it stood, and with the box that the placement network likes best.

    Distances are from the seen pixels' centre of mass, as a share of the picture's diagonal; an object that is not
    seen overlaps with nothing and has no distance.
    """
    height_px, width_px = composite.visible_alpha.shape
    seen, true = (alpha >= MASK_THRESHOLD_U8 for alpha in (composite.visible_alpha, triple.visible_alpha))
    box = _box_of(composite)
    centre = _centre(seen)
    return {
        "is_invisible": float(not seen.any()),
        "seen_iou_true_mask": _iou(seen, true),
        "seen_box_iou_true_box": 0.0 if box is None else box_iou(box, triple.box_cxcywh),
        "seen_box_iou_likeliest_box": 0.0 if box is None else box_iou(box, likeliest_cxcywh),
        "distance_true_box": _distance(centre, triple.box_cxcywh, width_px, height_px),
        "distance_likeliest_box": _distance(centre, likeliest_cxcywh, width_px, height_px),
        "likeliest_box_iou_true_box": box_iou(likeliest_cxcywh, triple.box_cxcywh),
        "likeliest_box_distance_true_box": _distance(
            (likeliest_cxcywh[0] * width_px, likeliest_cxcywh[1] * height_px), triple.box_cxcywh, width_px, height_px
        ),
    }


def occluded_iou(visible_alpha: UInt8[np.ndarray, "h w"], triple: Triple) -> float:
    """Overlap of what is seen of two objects; NaN unless a tenth of the true one is known to be hidden."""
    if triple.amodal_alpha is None:
        return math.nan
    seen, true, whole = (
        alpha >= MASK_THRESHOLD_U8 for alpha in (visible_alpha, triple.visible_alpha, triple.amodal_alpha)
    )
    return _iou(seen, true) if (whole & ~true).sum() >= MIN_HIDDEN_SHARE * max(whole.sum(), 1) else math.nan


MIN_HIDDEN_SHARE = 0.1


def _box_of(composite: Composite) -> BoxCxcywh | None:
    """Tight box of what is seen, as fractions of the picture."""
    box = composite.visible_box_xywh_px
    if box is None:
        return None
    left, top, width, height = box
    height_px, width_px = composite.visible_alpha.shape
    return ((left + width / 2) / width_px, (top + height / 2) / height_px, width / width_px, height / height_px)


def _centre(seen: Bool[np.ndarray, "h w"]) -> tuple[float, float]:
    """Mean x and y of the pixels' middles; NaN if there are none."""
    rows, columns = np.nonzero(seen)
    return (float(columns.mean()) + 0.5, float(rows.mean()) + 0.5) if len(rows) else (math.nan, math.nan)


def _distance(centre_px: tuple[float, float], box_cxcywh: BoxCxcywh, width_px: int, height_px: int) -> float:
    x_px, y_px = box_cxcywh[0] * width_px, box_cxcywh[1] * height_px
    return math.hypot(centre_px[0] - x_px, centre_px[1] - y_px) / math.hypot(width_px, height_px)


def _iou(mask: Bool[np.ndarray, "h w"], other: Bool[np.ndarray, "h w"]) -> float:
    union: Any = (mask | other).sum()
    return float((mask & other).sum() / union) if union else 0.0
