"""A frame is brought to the plate's exposure, and it is measured whether both show the same view."""

import cv2
import numpy as np
from jaxtyping import Bool, UInt8

_NUM_FIT_PIXELS = 10_000
_NUM_FIT_STEPS = 6
# Pixels that differ more than this many median differences, and at least so many levels, are no background.
_FIT_OUTLIER, _FIT_SLACK = 2.5, 2.0
_GAIN_RANGE = (0.5, 2.0)
# A channel with less variance has no gain to be told, in squared levels.
_MIN_VARIANCE = 4.0
_EDGE_QUANTILE = 0.8


def match_exposure(
    frame: UInt8[np.ndarray, "h w 3"], plate: UInt8[np.ndarray, "h w 3"], usable: Bool[np.ndarray, "h w"] | None = None
) -> UInt8[np.ndarray, "h w 3"]:
    """Return the frame with each channel's gain and offset fitted to the plate.

    The fit drops what differs most, step by step: objects may cover a part of the frame.

    Args:
        frame: What is changed.
        plate: What it is matched to.
        usable: Where to look; None looks everywhere.
    """
    places = np.arange(frame.shape[0] * frame.shape[1]) if usable is None else np.flatnonzero(usable)
    if not places.size:
        return frame
    places = places[:: -(-places.size // _NUM_FIT_PIXELS)]
    seen = frame.reshape(-1, 3)[places].astype(np.float32)
    wanted = plate.reshape(-1, 3)[places].astype(np.float32)
    gain, offset = np.ones(3), np.median(wanted - seen, axis=0)
    for _ in range(_NUM_FIT_STEPS):
        differences = np.abs(seen * gain + offset - wanted).max(axis=1)
        kept = differences <= max(_FIT_OUTLIER * float(np.median(differences)), _FIT_SLACK)
        gain, offset = _least_squares(seen[kept], wanted[kept])
    levels = np.arange(256)[:, None] * gain + offset
    table = np.clip(levels + 0.5, 0, 255).astype(np.uint8)
    return cv2.LUT(frame, table[None])


def disagreement(
    matched: UInt8[np.ndarray, "h w 3"],
    plate: UInt8[np.ndarray, "h w 3"],
    usable: Bool[np.ndarray, "h w"] | None = None,
) -> float:
    """Return by how much the frame's edges are not the plate's: 0 the same, about 1 other ones.

    It is the median over the strongest fifth of the frame's edges, so that objects, which have few of them, do not
    count.
    """
    own, wanted = _gradient(matched), _gradient(plate)
    strength, apart = np.linalg.norm(own, axis=2), np.linalg.norm(own - wanted, axis=2)
    if usable is not None and usable.any():
        strength, apart = strength[usable], apart[usable]
    is_edge = strength >= np.quantile(strength, _EDGE_QUANTILE)
    return float(np.median(apart[is_edge]) / max(float(np.median(strength[is_edge])), 1.0))


def _least_squares(seen: np.ndarray, wanted: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    mean_seen, mean_wanted = seen.mean(axis=0), wanted.mean(axis=0)
    variance = ((seen - mean_seen) ** 2).mean(axis=0)
    covariance = ((seen - mean_seen) * (wanted - mean_wanted)).mean(axis=0)
    gain = np.clip(covariance / np.maximum(variance, _MIN_VARIANCE), *_GAIN_RANGE)
    gain = np.where(variance < _MIN_VARIANCE, 1.0, gain)
    return gain, mean_wanted - gain * mean_seen


def _gradient(pixels: np.ndarray) -> np.ndarray:
    grey = cv2.GaussianBlur(cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY).astype(np.float32), (0, 0), 1)
    return np.dstack([cv2.Sobel(grey, cv2.CV_32F, 1, 0), cv2.Sobel(grey, cv2.CV_32F, 0, 1)])
