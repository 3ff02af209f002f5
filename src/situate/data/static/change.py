"""Where a frame differs from the plate by more than noise, and whether a shadow explains it."""

import cv2
import numpy as np
from jaxtyping import Bool, UInt8

from situate.data.static.regions import grown, pieces_of
from situate.data.static.view import View

# In levels, and in the pixel's own noise: what is surely changed, and what is if it touches that.
_STRONG_LEVELS, _STRONG_NOISES = 14.0, 6.0
_WEAK_LEVELS, _WEAK_NOISES = 5.0, 2.5
_MIN_STRONG_PX = 4
_SMOOTH_PX = 3
# How bright a shadow leaves the plate, how much its colour may turn (difference of two channels' ratios), and how
# unevenly it may darken a neighbourhood: where it lies the plate's texture stays.
_SHADOW_RATIO, _SHADOW_TURN, _SHADOW_UNEVEN = (0.05, 0.95), 0.1, 0.035
_RATIO_OFFSET = 4.0


def changed(frame: UInt8[np.ndarray, "h w 3"], view: View) -> Bool[np.ndarray, "h w"]:
    """Return where a frame, matched to the plate, differs from it: what surely does, and what touches it and may."""
    apart = _apart(frame, view)
    weak = apart > np.maximum(_WEAK_LEVELS, _WEAK_NOISES * view.noise)
    pieces = pieces_of(cv2.morphologyEx(weak.view(np.uint8), cv2.MORPH_OPEN, np.ones((2, 2), np.uint8)).view(bool))
    num_strong = np.bincount(pieces[strongly_changed(frame, view)], minlength=int(pieces.max()) + 1)
    num_strong[0] = 0
    return (num_strong >= _MIN_STRONG_PX)[pieces]


def strongly_changed(frame: UInt8[np.ndarray, "h w 3"], view: View) -> Bool[np.ndarray, "h w"]:
    """Return where a frame, matched to the plate, surely differs from it."""
    return _apart(frame, view) > np.maximum(_STRONG_LEVELS, _STRONG_NOISES * view.noise)


def shadow_like(frame: UInt8[np.ndarray, "h w 3"], plate: UInt8[np.ndarray, "h w 3"]) -> Bool[np.ndarray, "h w"]:
    """Return where the frame is the plate made darker, without another colour or texture."""
    ratio = (_smooth(frame.astype(np.float32)) + _RATIO_OFFSET) / (_smooth(plate.astype(np.float32)) + _RATIO_OFFSET)
    mean = ratio.mean(axis=2)
    uneven = np.sqrt(np.maximum(_smooth(mean * mean) - _smooth(mean) ** 2, 0))
    least, most = _SHADOW_RATIO
    is_darker = (mean > least) & (mean < most)
    return is_darker & (np.ptp(ratio, axis=2) < _SHADOW_TURN) & (uneven < _SHADOW_UNEVEN)


def without_holes(mask: Bool[np.ndarray, "h w"]) -> Bool[np.ndarray, "h w"]:
    """Return the mask with what it encloses."""
    outlines, _ = cv2.findContours(mask.view(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    filled = np.zeros(mask.shape, np.uint8)
    cv2.drawContours(filled, outlines, -1, 1, cv2.FILLED)
    return filled.view(bool)


def closed(mask: Bool[np.ndarray, "h w"], radius_px: int) -> Bool[np.ndarray, "h w"]:
    """Return the mask with gaps up to twice the radius bridged."""
    wide = np.pad(mask, radius_px)
    core = ~grown(~grown(wide, radius_px), radius_px)
    return core[radius_px:-radius_px, radius_px:-radius_px] | mask


def opened(mask: Bool[np.ndarray, "h w"], radius_px: int) -> Bool[np.ndarray, "h w"]:
    """Return the mask without what is thinner than twice the radius."""
    return grown(~grown(~mask, radius_px), radius_px)


def _apart(frame: np.ndarray, view: View) -> np.ndarray:
    signed = frame.astype(np.float32) - view.plate
    return np.abs(_smooth(signed)).max(axis=2)


def _smooth(values: np.ndarray) -> np.ndarray:
    return cv2.blur(values, (_SMOOTH_PX, _SMOOTH_PX))
