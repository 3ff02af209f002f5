"""Naive alpha-over: the foreground resampled to its place, and laid over the background."""

import cv2
import numpy as np
from jaxtyping import Float, UInt8, UInt16

from situate.geometry.canvas import BoxCxcywh, premultiply, resize_float


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
    box_width, box_height = max(box_cxcywh[2] * width, _MIN_SIDE_PX), max(box_cxcywh[3] * height, _MIN_SIDE_PX)
    premultiplied, alpha = premultiply(foreground)
    layers = np.dstack([premultiplied, alpha])
    near_wh = (min(layers.shape[1], round(box_width) or 1), min(layers.shape[0], round(box_height) or 1))
    if near_wh != (layers.shape[1], layers.shape[0]):
        layers = resize_float(layers, near_wh)
    scale_x, scale_y = box_width / layers.shape[1], box_height / layers.shape[0]
    # Pixel centres: a source pixel i covers [i, i + 1) and lands on left + (i + 0.5) * scale - 0.5.
    matrix = np.array([[scale_x, 0, left + scale_x / 2 - 0.5], [0, scale_y, top + scale_y / 2 - 0.5]])
    placed = cv2.warpAffine(layers, matrix, (width, height), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT)
    return placed[..., :3], np.clip(placed[..., 3], 0, 1)


def alpha_over(
    background: Float[np.ndarray, "h w 3"], premultiplied: Float[np.ndarray, "h w 3"], alpha: Float[np.ndarray, "h w"]
) -> Float[np.ndarray, "h w 3"]:
    """Lay a premultiplied foreground over a background; where alpha is 0 nothing changes."""
    return premultiplied + (1 - alpha[..., None]) * background


_MIN_SIDE_PX = 0.5
