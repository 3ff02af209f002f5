"""The region that is repaired: the object with a random rim, and the shadow at its foot.

A hole must not tell the object's outline (docs/photos.md), so its rim is a random smooth curve some pixels outside.
"""

import cv2
import numpy as np
from jaxtyping import Bool, Float, UInt8

RIM_MIN_PX = 3.0
RIM_MEAN_FRACTION = 0.09
"""Mean distance of the rim, as a fraction of the square root of the object's area, on top of the least distance."""
RIM_NOISE = 0.5
"""Standard deviation of that distance along the rim, as a fraction of the mean."""
RIM_WAVE_FRACTION = 0.2
"""Length of the rim's waves, as a fraction of the square root of the object's area."""
SHADOW_WIDTH = (0.55, 0.85)
"""Half width of the shadow's ellipse, as fractions of the object's width."""
SHADOW_HEIGHT = (0.15, 0.3)
"""Half height of the shadow's ellipse, as fractions of the lesser side of the object's box."""
SHADOW_SHIFT = 0.3
"""How far the ellipse is moved to the shadow's side, as a fraction of the object's width."""

ShadowSide = int
"""-1 for left, 1 for right."""


def hole_around(
    mask: Bool[np.ndarray, "h w"], side: ShadowSide, generator: np.random.Generator
) -> Bool[np.ndarray, "h w"]:
    """Return `mask` with its shadow region, grown by a random rim; it always holds all of `mask`."""
    scale_px = float(np.sqrt(np.count_nonzero(mask)))
    body = mask | _shadow(mask, side, generator)
    distance = cv2.distanceTransform((~body).view(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
    waves = _smooth_noise(mask.shape, max(1.0, RIM_WAVE_FRACTION * scale_px), generator)
    mean_px = RIM_MEAN_FRACTION * scale_px
    reach = RIM_MIN_PX + np.maximum(0, mean_px * (1 + RIM_NOISE * waves))
    return distance <= reach


def shadow_side(picture: UInt8[np.ndarray, "h w 3"], mask: Bool[np.ndarray, "h w"]) -> ShadowSide:
    """Guess the side to which the shadow falls: the darker one beside the object's foot."""
    left, top, width, height = cv2.boundingRect(mask.view(np.uint8))
    grey = cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY)
    rows = slice(max(0, top + height - height // 4), top + height + max(1, height // 10))
    reach = max(2, width // 2)
    free = ~mask
    before, behind = slice(max(0, left - reach), left), slice(left + width, left + width + reach)
    brightness = [grey[rows, columns][free[rows, columns]] for columns in (before, behind)]
    if any(samples.size == 0 for samples in brightness):
        return 1
    return -1 if brightness[0].mean() < brightness[1].mean() else 1


def _shadow(mask: np.ndarray, side: ShadowSide, generator: np.random.Generator) -> np.ndarray:
    left, top, width, height = cv2.boundingRect(mask.view(np.uint8))
    half_width = generator.uniform(*SHADOW_WIDTH) * width
    half_height = generator.uniform(*SHADOW_HEIGHT) * min(width, height)
    centre_x = left + width / 2 + side * generator.uniform(0, SHADOW_SHIFT) * width
    columns = (np.arange(mask.shape[1]) + 0.5 - centre_x) / max(half_width, 1)
    rows = (np.arange(mask.shape[0]) + 0.5 - (top + height - half_height / 2)) / max(half_height, 1)
    return columns[None, :] ** 2 + rows[:, None] ** 2 <= 1


def _smooth_noise(
    shape_hw: tuple[int, int], wave_px: float, generator: np.random.Generator
) -> Float[np.ndarray, "h w"]:
    # Drawn coarsely and enlarged: a blur of white noise with a wide kernel would cost more than the repair.
    height, width = (max(2, round(side / wave_px) + 1) for side in shape_hw)
    coarse = generator.standard_normal((height, width)).astype(np.float32)
    return cv2.resize(coarse, shape_hw[::-1], interpolation=cv2.INTER_CUBIC)
