"""Naive alpha-over: the foreground resampled to its place, and laid over the background."""

import math

import cv2
import numpy as np
from jaxtyping import Float, UInt8, UInt16

from situate.geometry.canvas import BoxCxcywh, per_colour, premultiply, resize_float, to_signed


def place_foreground(
    foreground: UInt8[np.ndarray, "fh fw 4"] | UInt16[np.ndarray, "fh fw 4"],
    box_cxcywh: BoxCxcywh,
    frame_wh: tuple[int, int],
) -> tuple[Float[np.ndarray, "h w 3"], Float[np.ndarray, "h w"]]:
    """Resample a cut-out into a frame with sub-pixel accuracy.

    Args:
        foreground: RGB and straight alpha.
        box_cxcywh: Where the whole cut-out goes, fractions of the frame; may reach outside.
        frame_wh: Width and height of the frame in pixels.

    Returns:
        Colours in [-1, 1] times alpha, and alpha in [0, 1], both of the frame's size.
    """
    width, height = frame_wh
    left, top = (box_cxcywh[0] - box_cxcywh[2] / 2) * width, (box_cxcywh[1] - box_cxcywh[3] / 2) * height
    box_wh = max(box_cxcywh[2] * width, _MIN_SIDE_PX), max(box_cxcywh[3] * height, _MIN_SIDE_PX)
    colours, alpha = np.zeros((height, width, 3), np.float32), np.zeros((height, width), np.float32)
    columns, rows = (
        slice(max(math.floor(start) - 1, 0), min(math.ceil(start + side) + 1, length))
        for start, side, length in zip((left, top), box_wh, frame_wh, strict=True)
    )
    if columns.start < columns.stop and rows.start < rows.stop:
        premultiplied, straight = premultiply(foreground)
        placed = _resampled(cv2.merge([premultiplied, straight]), (left, top), box_wh, columns, rows)
        colours[rows, columns], alpha[rows, columns] = placed[..., :3], np.clip(placed[..., 3], 0, 1)
    return colours, alpha


def _resampled(
    layers: Float[np.ndarray, "fh fw 4"],
    corner_px: tuple[float, float],
    box_wh: tuple[float, float],
    columns: slice,
    rows: slice,
) -> Float[np.ndarray, "h w 4"]:
    """Put layers on a grid some times finer, bilinearly, and average that: once on the frame's own grid would blur."""
    shrinkage = max(layers.shape[1] / box_wh[0], layers.shape[0] / box_wh[1])
    finest = min(_MAX_FINENESS, int(_MAX_FINE_PX / max(box_wh)))
    fineness = max(1, min(math.ceil(shrinkage), finest))
    fine_wh = fineness * box_wh[0], fineness * box_wh[1]
    near_wh = (min(layers.shape[1], round(fine_wh[0]) or 1), min(layers.shape[0], round(fine_wh[1]) or 1))
    if near_wh != (layers.shape[1], layers.shape[0]):
        layers = resize_float(layers, near_wh)
    scale_x, scale_y = fine_wh[0] / layers.shape[1], fine_wh[1] / layers.shape[0]
    # Pixel centres: a source pixel i covers [i, i + 1) and lands on left + (i + 0.5) * scale - 0.5.
    shift_x = fineness * (corner_px[0] - columns.start) + scale_x / 2 - 0.5
    shift_y = fineness * (corner_px[1] - rows.start) + scale_y / 2 - 0.5
    matrix = np.array([[scale_x, 0, shift_x], [0, scale_y, shift_y]])
    size_wh = (columns.stop - columns.start, rows.stop - rows.start)
    fine_size_wh = (fineness * size_wh[0], fineness * size_wh[1])
    fine = cv2.warpAffine(layers, matrix, fine_size_wh, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT)
    return fine if fineness == 1 else resize_float(fine, size_wh)


def alpha_over(
    background: Float[np.ndarray, "h w 3"], premultiplied: Float[np.ndarray, "h w 3"], alpha: Float[np.ndarray, "h w"]
) -> Float[np.ndarray, "h w 3"]:
    """Lay a premultiplied foreground over a background; where alpha is 0 nothing changes."""
    return premultiplied + per_colour(1 - alpha) * background


def paste(
    background: UInt8[np.ndarray, "h w 3"], foreground: UInt8[np.ndarray, "fh fw 4"], box_cxcywh: BoxCxcywh
) -> UInt8[np.ndarray, "h w 3"]:
    """Alpha-over of the cut-out as it is."""
    height_px, width_px = background.shape[:2]
    premultiplied, alpha = place_foreground(foreground, box_cxcywh, (width_px, height_px))
    mixed = np.round((alpha_over(to_signed(background), premultiplied, alpha) + 1) * 127.5)
    return np.where(alpha[..., None] > 0, np.clip(mixed, 0, 255).astype(np.uint8), background)


_MIN_SIDE_PX = 0.5
_MAX_FINENESS = 8
_MAX_FINE_PX = 2048
"""The finer grid is no larger than this round the object, so that 4K pictures need little memory."""
