"""Heat maps as pictures."""

import cv2
import numpy as np
from jaxtyping import Float, UInt8

OPACITY = 0.6


def overlay(pixels: UInt8[np.ndarray, "h w 3"], heatmap: Float[np.ndarray, "h w"]) -> UInt8[np.ndarray, "h w 3"]:
    """Lay a heat map over a picture: the likeliest places glow, where nothing is expected the picture stays grey.

    The opacity follows the square root of the share, so that second-best places can be seen.
    """
    strength = np.sqrt(heatmap / max(float(heatmap.max()), np.finfo(np.float32).tiny))
    colours = cv2.applyColorMap(np.round(255 * strength).astype(np.uint8), cv2.COLORMAP_INFERNO)[..., ::-1]
    grey = np.repeat(cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY)[..., None], 3, axis=2)
    share = OPACITY * strength[..., None]
    return np.round((1 - share) * grey + share * colours).astype(np.uint8)
