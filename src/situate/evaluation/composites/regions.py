"""Where a composite at the true place is judged: the object itself, and apart from it the ring with its shadow."""

from dataclasses import dataclass

import cv2
import numpy as np
from jaxtyping import Bool, Float, UInt8

from situate.evaluation.metrics import MASK_THRESHOLD_U8
from situate.records.triple import Triple

RING_REACH = 0.5
"""How far the ring reaches from the object at least, in lengths of its longer side."""
MIN_SHADOW_LEVELS = 8.0
"""Root mean square difference, in levels of 255, from which a true effect outside the object counts as a shadow."""
MIN_SHADOW_PX = 16
_SOLID = 0.99


@dataclass(frozen=True)
class Regions:
    """Pixels in which composites are judged, the same for all methods.

    Attributes:
        object: Where both the true object and the cut-out as it is placed are solid.
        ring: Outside both: where the true object changes the picture, and as far around it as `RING_REACH`, where a
            shadow would be wrong. A plain paste leaves the background there. None where no true shadow is known or
            seen.
        why_no_ring: Empty if there is a ring.
    """

    object: Bool[np.ndarray, "h w"]
    ring: Bool[np.ndarray, "h w"] | None
    why_no_ring: str


def regions_of(triple: Triple, placed_alpha: Float[np.ndarray, "h w"]) -> Regions:
    """Find the regions of a triple.

    Args:
        triple: The truth.
        placed_alpha: The alpha of the cut-out that is given, at its place.
    """
    solid = (triple.visible_alpha >= _SOLID * 255) & (placed_alpha >= _SOLID)
    if triple.source == "photos":
        # Composite and background agree outside the object up to the repair: the shadow is in neither or in both.
        return Regions(solid, None, "photograph: the shadow's truth is not known")
    # A soft edge at the foot holds the darkest of the shadow; where the cut-out is, a paste is no longer background.
    outside = (triple.visible_alpha < MASK_THRESHOLD_U8) & (placed_alpha == 0)
    shadow = (triple.effect >= MASK_THRESHOLD_U8) & outside
    if not _is_seen(triple, shadow):
        return Regions(solid, None, "no shadow to be seen")
    away_px = cv2.distanceTransform((triple.visible_alpha == 0).view(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_5)
    near = away_px <= RING_REACH * _longer_side_px(triple.visible_alpha)
    return Regions(solid, ((triple.effect > 0) | near) & outside, "")


def _is_seen(triple: Triple, shadow: Bool[np.ndarray, "h w"]) -> bool:
    if np.count_nonzero(shadow) < MIN_SHADOW_PX:
        return False
    difference = triple.composite[shadow].astype(np.float64) - triple.background[shadow]
    return float(np.sqrt(np.mean(difference**2))) >= MIN_SHADOW_LEVELS


def _longer_side_px(alpha: UInt8[np.ndarray, "h w"]) -> int:
    return max(cv2.boundingRect((alpha > 0).view(np.uint8))[2:])
