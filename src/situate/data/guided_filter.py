"""The guided filter: values become smooth, but keep to the edges of a picture."""

import cv2
import numpy as np
from jaxtyping import Float32, UInt8

# Above this the coefficients, which are smooth, are computed on a reduced copy.
_MAX_PIXELS = 2_000_000


def guided_filter(
    guide: UInt8[np.ndarray, "h w 3"], values: Float32[np.ndarray, "h w"], *, radius_px: int, noise: float
) -> Float32[np.ndarray, "h w"]:
    """Smooth `values` within boxes of `radius_px`, but not across edges of `guide`.

    Args:
        guide: Colours whose edges are kept.
        values: What is smoothed, in [0, 1].
        radius_px: Half the side of a box.
        noise: Standard deviation in the guide, in [0, 1], that does not count as an edge.

    Returns:
        About [0, 1]; may overshoot a little.

    Source:
        He and Sun, Fast Guided Filter (2015): coefficients on a reduced copy where the picture is large.
    """
    height, width = values.shape
    scale = min(1.0, (_MAX_PIXELS / (height * width)) ** 0.5)
    small_wh = (max(1, round(width * scale)), max(1, round(height * scale)))
    small_guide = cv2.resize(guide, small_wh, interpolation=cv2.INTER_AREA).astype(np.float32) / 255
    small_values = cv2.resize(values, small_wh, interpolation=cv2.INTER_AREA)
    slope, offset = _local_affine(small_guide, small_values, max(1, round(radius_px * scale)), noise)
    slope, offset = (cv2.resize(part, (width, height), interpolation=cv2.INTER_LINEAR) for part in (slope, offset))
    return np.einsum("hwc,hwc->hw", slope, guide, dtype=np.float32) / np.float32(255) + offset


def _local_affine(guide: np.ndarray, values: np.ndarray, radius: int, noise: float) -> tuple[np.ndarray, np.ndarray]:
    """Fit `values = slope . guide + offset` in every box; both averaged over the boxes that hold a pixel."""
    mean_guide, mean_values = box_mean(guide, radius), box_mean(values, radius)
    products = np.einsum("hwi,hwj->hwij", guide, guide).reshape(*values.shape, 9)
    # cv2.blur takes at most four channels at a time.
    mean_products = np.dstack([box_mean(np.ascontiguousarray(products[..., k : k + 3]), radius) for k in (0, 3, 6)])
    covariance = mean_products.reshape(*values.shape, 3, 3) - np.einsum("hwi,hwj->hwij", mean_guide, mean_guide)
    covariance += np.eye(3, dtype=np.float32) * noise**2
    cross = box_mean(guide * values[..., None], radius) - mean_guide * mean_values[..., None]
    slope = np.linalg.solve(covariance, cross[..., None])[..., 0]
    offset = mean_values - np.einsum("hwc,hwc->hw", slope, mean_guide)
    return box_mean(slope, radius), box_mean(offset, radius)


def box_mean(values: np.ndarray, radius_px: int) -> np.ndarray:
    """Mean over boxes of `2 radius_px + 1` a side; the picture is mirrored at its border."""
    return cv2.blur(values, (2 * radius_px + 1, 2 * radius_px + 1), borderType=cv2.BORDER_REFLECT)
