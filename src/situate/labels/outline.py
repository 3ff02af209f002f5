"""From masks to polygons: the outline of every piece, thinned, and one ring through all of them.

Corners are `x, y` in pixels from the picture's top left corner, where a pixel is one unit wide: the outline of the
first pixel goes from 0 to 1. Holes have no outline; pixels that touch at a corner are one piece.
"""

from collections.abc import Sequence
from itertools import pairwise

import cv2
import numpy as np
from jaxtyping import Bool, Float, Int

NUM_EXACT_CORNERS = 12
"""Outlines with up to as many corners, such as those of a few pixels, are kept to the corner."""
THINNING_PX = 0.4
"""A thinned outline leaves the mask's by no more; its box therefore keeps within half a pixel."""
_MIN_CORNERS = 3


def polygons_of(mask: Bool[np.ndarray, "h w"]) -> list[list[int | float]]:
    """Return the outlines of a mask as COCO writes them, `[x, y, x, y, ...]`; none if it is empty."""
    return [ring.ravel().tolist() for ring in rings_of(mask)]


def rings_of(mask: Bool[np.ndarray, "h w"]) -> list[Float[np.ndarray, "_ 2"]]:
    """Return the outline of every piece of a mask; its corners, at least three, are at or between those of pixels."""
    marked = mask.view(np.uint8)
    left, top, width, height = cv2.boundingRect(marked)
    crop = np.pad(marked[top : top + height, left : left + width], 1)
    # A contour goes through samples: with two for each pixel it has one beside every corner of it.
    contours, _ = cv2.findContours(crop.repeat(2, axis=0).repeat(2, axis=1), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
    shift = np.array([left, top]) - 1
    return [_thinned(_without_repeats((contour[:, 0] + 1) // 2 + shift)) for contour in contours]


def joined(rings: Sequence[Float[np.ndarray, "_ 2"]]) -> Float[np.ndarray, "corners 2"]:
    """Join outlines, at least one, to a single ring: from each a bridge without width leads to the next and back.

    Bridges are as short as they can be between outlines that follow each other, from left to right.
    """
    if len(rings) == 1:
        return rings[0]
    ordered = sorted(rings, key=lambda ring: ring[:, 0].min())
    bridges = [_bridge(one, following) for one, following in pairwise(ordered)]
    enters = [bridges[0][0], *(arrival for _, arrival in bridges)]
    leaves = [*(departure for departure, _ in bridges), enters[-1]]
    outward: list[np.ndarray] = []
    homeward: list[np.ndarray] = []
    for ring, enter, leave in zip(ordered, enters, leaves, strict=True):
        rolled = np.roll(ring, -enter, axis=0)
        walk = np.concatenate([rolled, rolled[:1]])
        turn = (leave - enter) % len(ring)
        outward.append(walk[: turn + 1])
        homeward.append(walk[turn:])
    return _without_repeats(np.concatenate([*outward, *reversed(homeward)]))


def _bridge(one: Float[np.ndarray, "_ 2"], other: Float[np.ndarray, "_ 2"]) -> tuple[int, int]:
    """Return the places of the two corners that are nearest to each other."""

    def distance(place: int) -> float:
        return float(((other - one[place]) ** 2).sum(axis=1).min())

    # Corner by corner: a table of all distances between two long outlines would not fit everywhere.
    nearest = min(range(len(one)), key=distance)
    return nearest, int(((other - one[nearest]) ** 2).sum(axis=1).argmin())


def _thinned(corners: Int[np.ndarray, "_ 2"]) -> Float[np.ndarray, "_ 2"]:
    if len(corners) <= NUM_EXACT_CORNERS:
        return corners.astype(np.float64)
    # Through the middles of the pixels' sides a slope is nearly straight, through their corners it is a staircase.
    following = np.roll(corners, -1, axis=0)
    half = np.sign(following - corners) / 2
    middles = _without_repeats(np.stack([corners + half, following - half], axis=1).reshape(-1, 2))
    thinned = cv2.approxPolyDP(middles.astype(np.float32)[:, None], THINNING_PX, closed=True)[:, 0]
    return (thinned if len(thinned) >= _MIN_CORNERS else corners).astype(np.float64)


def _without_repeats(corners: np.ndarray) -> np.ndarray:
    return corners[(corners != np.roll(corners, 1, axis=0)).any(axis=1)]
