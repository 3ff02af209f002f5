"""What is where in a frame: objects, shadows, and what nobody is sure of."""

from dataclasses import dataclass

import cv2
import numpy as np
from jaxtyping import Bool, Int32


@dataclass(frozen=True)
class Regions:
    """The parts of a frame.

    Attributes:
        objects: The number of the object at each pixel, from 1; 0 where there is none.
        shadow: Where shadows of objects are known to be.
        rim: Next to objects: may belong to them.
        outside: Nobody looked there.
    """

    objects: Int32[np.ndarray, "h w"]
    shadow: Bool[np.ndarray, "h w"]
    rim: Bool[np.ndarray, "h w"]
    outside: Bool[np.ndarray, "h w"]

    @property
    def num_objects(self) -> int:
        """How many objects there are."""
        return int(self.objects.max(initial=0))


_NECK_DEPTHS, _MIN_PART = (0.3, 0.4, 0.5, 0.6, 0.7), 0.15
"""How far a mask is worn down, in shares of its depth, and which share of what is left the smaller part must hold."""
_MAX_PIECE, _PIECE_GAP = 0.25, 0.1
"""A piece smaller than this share of a larger one, and nearer than this share of its size, belongs to it."""


def pieces_of(mask: Bool[np.ndarray, "h w"]) -> Int32[np.ndarray, "h w"]:
    """Number the connected pieces of a mask from 1; 0 is outside."""
    return np.asarray(cv2.connectedComponents(mask.view(np.uint8))[1], np.int32)


def instances(mask: Bool[np.ndarray, "h w"], min_area_px: int, *, adopt: bool = True) -> Int32[np.ndarray, "h w"]:
    """Number the connected pieces of a mask, the largest first.

    Args:
        mask: Where objects are.
        min_area_px: Smaller pieces that belong to no other are dropped.
        adopt: Whether a small piece near a larger one belongs to it.
    """
    num_pieces, labels, stats, _ = cv2.connectedComponentsWithStats(mask.view(np.uint8))
    pieces = np.asarray(labels, np.int32)
    areas = stats[:, cv2.CC_STAT_AREA]
    owners = np.zeros(num_pieces, np.int32)
    num_owners = 0
    for piece in sorted(range(1, num_pieces), key=lambda piece: -areas[piece]):
        if owners[piece]:
            continue
        if areas[piece] < min_area_px:
            break
        num_owners += 1
        owners[piece] = num_owners
        for near in _pieces_near(pieces, stats, piece) if adopt else ():
            if not owners[near] and areas[near] < _MAX_PIECE * areas[piece]:
                owners[near] = num_owners
    return owners[pieces]


def joined(mask: Bool[np.ndarray, "h w"], seeds: Bool[np.ndarray, "h w"]) -> Bool[np.ndarray, "h w"]:
    """Return what of the mask hangs together with the seeds, without them."""
    pieces = pieces_of(mask | seeds)
    return np.isin(pieces, np.unique(pieces[seeds])) & ~seeds


def grown(mask: Bool[np.ndarray, "h w"], radius_px: int) -> Bool[np.ndarray, "h w"]:
    """Return the mask and everything at most so far from it, in a round neighbourhood."""
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * radius_px + 1, 2 * radius_px + 1))
    return cv2.dilate(mask.view(np.uint8), kernel).view(bool)


def solidity(mask: Bool[np.ndarray, "h w"]) -> float:
    """Return the mask's share of its convex hull: 1 for an ellipse, less if it is notched or torn; 1 if it is empty."""
    outlines, _ = cv2.findContours(mask.view(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    if not outlines:
        return 1.0
    hull = np.zeros(mask.shape, np.uint8)
    cv2.fillConvexPoly(hull, cv2.convexHull(np.concatenate(outlines)), 1)
    return float(np.count_nonzero(mask) / np.count_nonzero(hull))


def is_pinched(mask: Bool[np.ndarray, "h w"]) -> bool:
    """Whether the mask is two large parts with a neck between them: probably two objects."""
    left, top, width, height = cv2.boundingRect(mask.view(np.uint8))
    near = np.pad(mask[top : top + height, left : left + width], 1)
    depth_px = cv2.distanceTransform(near.view(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_5)
    for share in _NECK_DEPTHS:
        areas = np.bincount(pieces_of(depth_px > share * depth_px.max()).ravel())[1:]
        if len(areas) > 1 and np.sort(areas)[-2] > _MIN_PART * areas.sum():
            return True
    return False


def _pieces_near(pieces: np.ndarray, stats: np.ndarray, piece: int) -> list[int]:
    gap_px = max(2, round(_PIECE_GAP * float(stats[piece, cv2.CC_STAT_AREA]) ** 0.5))
    left, top, width, height = stats[piece, :4]
    rows = slice(max(0, top - gap_px), top + height + gap_px)
    columns = slice(max(0, left - gap_px), left + width + gap_px)
    near = pieces[rows, columns]
    return [int(other) for other in np.unique(near[grown(near == piece, gap_px)]) if other not in (0, piece)]
