"""Pictures made smaller, and cut-outs without their edges mixing with what is transparent."""

import cv2
import numpy as np
from jaxtyping import UInt8


def reduced(pixels: np.ndarray, longest_px: int | None) -> np.ndarray:
    """Reduce a picture of any depth to at most `longest_px`; a small one keeps its size, and None keeps all."""
    if longest_px is None:
        return pixels
    height, width = pixels.shape[:2]
    scale = longest_px / max(height, width)
    if scale >= 1:
        return pixels
    size_wh = max(1, round(width * scale)), max(1, round(height * scale))
    return cv2.resize(pixels, size_wh, interpolation=cv2.INTER_AREA)


def reduced_straight(rgba: UInt8[np.ndarray, "h w 4"], longest_px: int | None) -> UInt8[np.ndarray, "fh fw 4"]:
    """Reduce straight-alpha pixels; colours are averaged by how much of them shows."""
    if longest_px is None or max(rgba.shape[:2]) <= longest_px:
        return np.ascontiguousarray(rgba)
    # One 255th keeps the colours where nothing shows, instead of dividing by nothing.
    weight = np.maximum(rgba[..., 3:].astype(np.float32), 1)
    weighted = reduced(np.dstack([rgba[..., :3] * weight, weight]), longest_px)
    colours = weighted[..., :3] / weighted[..., 3:]
    return np.dstack([np.clip(colours + 0.5, 0, 255).astype(np.uint8), reduced(rgba[..., 3], longest_px)])
