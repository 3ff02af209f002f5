"""Regions of a frame without a mask: what differs from the plate and is no shadow is an object."""

import cv2
import numpy as np
from jaxtyping import Bool, UInt8

from situate.data.static.change import changed, closed, opened, shadow_like, without_holes
from situate.data.static.regions import Regions, grown, instances, pieces_of, solidity
from situate.data.static.view import View

_CLOSE_FRACTION = 1 / 100
"""Gaps in what differs up to twice this share of the longest side are bridged: glass, and paint like the plate."""
_MIN_AREA_FRACTION = 1 / 1000
"""Objects smaller than this share of the frame are noise."""
_RIM_PX = 2
_MIN_OPEN = 0.45
"""A dark piece is shadow if at least this share of its outline is the blob's: glass and tyres are enclosed."""
_MIN_LEFT = 0.6
"""If less of a blob were left without its shadow, the object is dark, and all of it is object."""

_MIN_SOLIDITY = 0.97
"""If what is left of a blob without its shadow has less of this share of the blob's own solidity, it lacks a part."""


def regions_from_difference(frame: UInt8[np.ndarray, "h w 3"], view: View) -> Regions:
    """Find objects and their shadows in a frame that was matched to the plate."""
    radius_px = max(2, round(_CLOSE_FRACTION * max(frame.shape)))
    blobs = without_holes(closed(changed(frame, view), radius_px))
    shadow = _open_pieces(opened(blobs & shadow_like(frame, view.plate), radius_px // 2), blobs, 2 * radius_px)
    pieces = pieces_of(blobs)
    areas = np.bincount(pieces.ravel())
    left = np.bincount(pieces[~shadow], minlength=len(areas))
    shadow &= (left >= _MIN_LEFT * areas)[pieces]
    # Without the rim of the blobs, which holds the half-shadow; what is left of an object grows back to its edge.
    core = opened(~grown(~blobs, radius_px + 1) & ~grown(shadow, 1), 1)
    is_object = opened(without_holes(grown(core, radius_px + 2) & blobs & ~shadow), radius_px // 2 + 1)
    is_object |= _broken(is_object, pieces)
    objects = instances(is_object, max(1, round(_MIN_AREA_FRACTION * shadow.size)), adopt=False)
    found = objects > 0
    rim = grown(found, _RIM_PX) & ~found
    return Regions(objects, blobs & ~found, rim, np.zeros(found.shape, bool))


def _broken(is_object: Bool[np.ndarray, "h w"], pieces: np.ndarray) -> Bool[np.ndarray, "h w"]:
    """Blobs of whose objects the shadow would bite off a part: they are whole as they are."""
    broken = np.zeros(is_object.shape, bool)
    for piece in np.unique(pieces[is_object]):
        whole = pieces == piece
        left, top, width, height = cv2.boundingRect(whole.view(np.uint8))
        window = slice(top, top + height), slice(left, left + width)
        if solidity(is_object[window] & whole[window]) < _MIN_SOLIDITY * solidity(whole[window]):
            broken |= whole
    return broken


def _open_pieces(
    mask: Bool[np.ndarray, "h w"], blobs: Bool[np.ndarray, "h w"], edge_px: int
) -> Bool[np.ndarray, "h w"]:
    """Pieces of the mask whose outline lies, for a good part, within `edge_px` of the edge of the blobs."""
    pieces = pieces_of(mask)
    num_pieces = int(pieces.max()) + 1
    outline = mask & grown(~mask, 1)
    num_outline = np.bincount(pieces[outline], minlength=num_pieces)
    num_open = np.bincount(pieces[outline & grown(~blobs, edge_px)], minlength=num_pieces)
    is_open = num_open >= _MIN_OPEN * np.maximum(num_outline, 1)
    is_open[0] = False
    return is_open[pieces]
