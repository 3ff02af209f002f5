"""What hides the object: the network's coarse mask, taken to full resolution along the background's edges."""

import math

import cv2
import numpy as np
from jaxtyping import Float, UInt8

from situate.geometry.guided_filter import guided_filter
from situate.geometry.part import Part

RADIUS_PX = 2
"""Half width of the guided filter's boxes in pixels of the network: averaging and enlarging blur an edge by 1.5."""
EDGE_NOISE = 0.02
"""Differences in the background, of full brightness, that are no edge: 5 grey levels."""


def unhidden_share(
    alpha: Float[np.ndarray, "h w"],
    small_alpha: Float[np.ndarray, "s s"],
    small_visible: Float[np.ndarray, "s s"],
    part: Part,
    background: UInt8[np.ndarray, "h w 3"],
) -> Float[np.ndarray, "h w"]:
    """How much of the object is not hidden by what stands in front of it, at full resolution.

    Args:
        alpha: The placed cut-out in the part, in [0, 1].
        small_alpha: The same of the whole window at model resolution.
        small_visible: What the network left of it.
        part: Which part of the window.
        background: The part's background: what hides the object is in it, edges and all.

    Returns:
        In [0, 1]; 1 away from anything that hides.
    """
    enlarged = part.enlarged(_small_share(small_alpha, small_visible))
    is_hiding = (alpha > 0) & (enlarged < _UNHIDDEN)
    if not is_hiding.any():
        return np.ones_like(alpha)
    pitch_px = part.side_px / len(small_alpha)
    if pitch_px > 1:
        radius_px = math.ceil(RADIUS_PX * pitch_px)
        near = tuple(_span(np.asarray(is_hiding.any(axis=1 - axis)), 2 * radius_px) for axis in (0, 1))
        enlarged[near] = guided_filter(background[near], enlarged[near], radius_px=radius_px, noise=EDGE_NOISE)
    # The network's mask is soft by a few percent everywhere; only a clear loss hides anything.
    return np.clip((enlarged - _HIDDEN) / (_UNHIDDEN - _HIDDEN), 0, 1)


_SOLID = 0.25
_HIDDEN, _UNHIDDEN = 0.25, 0.75
_EPSILON = 1e-4
_SPREAD_PX = 2.0


def _small_share(
    small_alpha: Float[np.ndarray, "s s"], small_visible: Float[np.ndarray, "s s"]
) -> Float[np.ndarray, "s s"]:
    """The unhidden share where the object is solid, spread to its rim; 1 where it is not near."""
    known = small_alpha > _SOLID
    share = np.clip(small_visible / np.maximum(small_alpha, _SOLID), 0, 1).astype(np.float32)
    weight = cv2.GaussianBlur(known.astype(np.float32), (0, 0), _SPREAD_PX)
    near = cv2.GaussianBlur(share * known, (0, 0), _SPREAD_PX) / np.maximum(weight, _EPSILON)
    filled = np.where(weight > 10 * _EPSILON, near, 1.0)
    return np.where(known, share, filled).astype(np.float32)


def _span(is_set: np.ndarray, margin: int) -> slice:
    places = np.flatnonzero(is_set)
    return slice(max(int(places[0]) - margin, 0), min(int(places[-1]) + 1 + margin, len(is_set)))
