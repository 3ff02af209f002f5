"""Pictures that benchmarks compose: drawn on the spot, as expensive as photographs."""

import cv2
import numpy as np
from jaxtyping import UInt8


def scene_pixels(seed: int, width_px: int = 1920, height_px: int = 1080) -> UInt8[np.ndarray, "h w 3"]:
    """Sky over rough ground, as expensive to encode as a photograph."""
    generator = np.random.default_rng(seed)
    rough = cv2.resize(generator.normal(0, 40, (height_px // 4, width_px // 4, 3)), (width_px, height_px))
    base = np.linspace(200, 80, height_px)[:, None, None]
    return np.clip(base + rough, 0, 255).astype(np.uint8)


def ball_pixels(side_px: int = 400) -> UInt8[np.ndarray, "s s 4"]:
    """A shaded ball with transparency round it."""
    y, x = (np.mgrid[:side_px, :side_px] + 0.5) / side_px * 2 - 1
    radius = np.hypot(x, y)
    shade = np.clip(220 - 120 * (x + y), 0, 255)
    alpha = np.clip((1 - radius) * side_px / 2, 0, 1) * 255
    return np.dstack([shade, shade * 0.5, shade * 0.2, alpha]).astype(np.uint8)
