"""Where the border of a yes/no mask may lie: its width, a window round the object, and a trimap."""

import cv2
import numpy as np
from jaxtyping import Bool, UInt8

OUTSIDE, UNKNOWN, INSIDE = 0, 128, 255
"""Values of a trimap."""
# Width of the soft border as a share of the object's size (square root of its area), and its limits.
_RADIUS_SHARE = 0.02
_MIN_RADIUS_PX, _MAX_RADIUS_PX = 2, 24
# Where the object is too thin to have a pixel that deep, what is deeper than this share of the depth there is known.
_MIDDLE_SHARE = 0.6


def border_radius_px(mask: Bool[np.ndarray, "h w"]) -> int:
    """Return how far the border may move: a share of the object's size."""
    size_px = float(np.count_nonzero(mask)) ** 0.5
    return int(np.clip(round(_RADIUS_SHARE * size_px), _MIN_RADIUS_PX, _MAX_RADIUS_PX))


def window_round(mask: Bool[np.ndarray, "h w"], margin_px: int) -> tuple[slice, slice]:
    """Return rows and columns of what `mask` marks, and `margin_px` more on each side; `mask` is not empty."""
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    return (
        slice(max(0, int(rows[0]) - margin_px), int(rows[-1]) + 1 + margin_px),
        slice(max(0, int(columns[0]) - margin_px), int(columns[-1]) + 1 + margin_px),
    )


def depths_px(mask: Bool[np.ndarray, "h w"]) -> tuple[np.ndarray, np.ndarray]:
    """Return how deep each pixel is inside the mask, and how far outside; the picture's own border is no edge."""
    inside, outside = mask.astype(np.uint8), (~mask).astype(np.uint8)
    return (
        cv2.distanceTransform(inside, cv2.DIST_L2, cv2.DIST_MASK_5),
        cv2.distanceTransform(outside, cv2.DIST_L2, cv2.DIST_MASK_5),
    )


def trimap_of(mask: Bool[np.ndarray, "h w"], radius_px: int) -> UInt8[np.ndarray, "h w"]:
    """Mark what is surely the object, what surely is not, and the band round the border between them.

    Args:
        mask: The object.
        radius_px: How far the border may move.

    Returns:
        `INSIDE` deeper than two radii, `OUTSIDE` farther than one, `UNKNOWN` between. Thin parts and narrow gaps keep
        their middle, so that each side of the border is known somewhere.
    """
    inside_px, outside_px = depths_px(mask)
    trimap = np.full(mask.shape, UNKNOWN, np.uint8)
    trimap[mask & (inside_px > _needed_px(inside_px, 2 * radius_px))] = INSIDE
    trimap[~mask & (outside_px > _needed_px(outside_px, radius_px))] = OUTSIDE
    return trimap


def _needed_px(depth_px: np.ndarray, radius_px: int) -> np.ndarray:
    deepest_near = cv2.dilate(depth_px, np.ones((2 * radius_px + 1, 2 * radius_px + 1), np.uint8))
    return np.minimum(radius_px, _MIDDLE_SHARE * deepest_near)
