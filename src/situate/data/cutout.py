"""From a yes/no mask to a cut-out: soft alpha, and colours free of the background they stood before."""

from dataclasses import dataclass

import cv2
import numpy as np
from jaxtyping import Bool, Float32, UInt8

from situate.errors import AlphaError, InputError
from situate.imageio.foreground import ALPHA_TRIM, trim
from situate.records.picture import Picture

_REMEDY = "pass --box x,y,w,h round the object, or --mask FILE with the object in white"
# Width of the soft border as a share of the object's size (square root of its area), and its limits.
_RADIUS_SHARE = 0.015
_MIN_RADIUS_PX, _MAX_RADIUS_PX = 2, 24
# Edges of the picture with less contrast than this (standard deviation in [0, 1]) do not hold the border.
_GUIDE_NOISE = 0.02
# What the guided filter leaves of a step is stretched by these to full 0 and 1; the mean above 0.5 pulls the border in.
_ALPHA_FLOOR, _ALPHA_CEILING = 0.2, 0.9
# Above this the filters' coefficients, which are smooth, are computed on a reduced copy.
_MAX_FILTER_PIXELS = 2_000_000
# Radii of the two passes and epsilon: Forte, Approximate Fast Foreground Colour Estimation (ICIP 2021).
_BLUR_RADII_PX = (90, 6)
_BLUR_EPSILON = 1e-5


def cut_out(picture: Picture, mask: Bool[np.ndarray, "h w"]) -> Picture:
    """Cut what `mask` marks out of `picture`.

    Returns:
        RGBA at the picture's depth, trimmed to alpha > `ALPHA_TRIM`; an alpha the picture had already still counts.

    Raises:
        InputError: If the mask has another size than the picture.
        AlphaError: If the mask, or what is left of it, covers nothing.
    """
    if mask.shape != picture.pixels.shape[:2]:
        raise InputError(
            f"the mask is {mask.shape[1]} x {mask.shape[0]} pixels, {picture.name} is {picture.width_px} x "
            f"{picture.height_px}; make them the same size"
        )
    if not mask.any():
        raise AlphaError(f"the mask covers 0.0 % of {picture.name}; {_REMEDY}")
    window = _window_round(mask, 2 * _default_radius_px(mask) + 2 * max(_BLUR_RADII_PX))
    near, near_mask = picture.pixels[window], mask[window]
    alpha = soft_alpha(picture.with_pixels(near).rgb_u8, near_mask)
    if picture.has_alpha:
        alpha = np.minimum(alpha, np.round(near[..., 3] / (picture.max_value / 255)).astype(np.uint8))
    visible = alpha > ALPHA_TRIM * 255
    if not visible.any():
        raise AlphaError(f"alpha covers 0.0 % of {picture.name} inside the mask; {_REMEDY}")
    colours = _decontaminated(near[..., :3], alpha)
    scaled_alpha = alpha.astype(picture.pixels.dtype) * (picture.max_value // 255)
    return trim(picture.with_pixels(np.dstack([colours, scaled_alpha])), visible)


def soft_alpha(
    pixels: UInt8[np.ndarray, "h w 3"], mask: Bool[np.ndarray, "h w"], *, radius_px: int | None = None
) -> UInt8[np.ndarray, "h w"]:
    """Turn a hard mask into alpha whose border is soft and follows the edges in `pixels`.

    Args:
        pixels: The photograph.
        mask: The object.
        radius_px: How far the border may move; None takes a share of the object's size.

    Returns:
        255 deeper than two radii inside the mask (the picture's own border is not an edge of the object), 0 farther
        than one radius outside.

    Source:
        He et al., Guided Image Filtering (2010), colour guide.
    """
    alpha = np.zeros(mask.shape, np.uint8)
    if not mask.any():
        return alpha
    radius = _default_radius_px(mask) if radius_px is None else radius_px
    window = _window_round(mask, 4 * radius)
    near_mask = mask[window].astype(np.float32)
    filtered = guided_filter(pixels[window], near_mask, radius_px=radius, noise=_GUIDE_NOISE)
    stretched = np.clip((filtered - _ALPHA_FLOOR) / (_ALPHA_CEILING - _ALPHA_FLOOR), 0, 1)
    stretched[cv2.erode(near_mask, _disc(2 * radius)) > 0] = 1
    stretched[cv2.dilate(near_mask, _disc(radius)) == 0] = 0
    alpha[window] = np.round(stretched * 255).astype(np.uint8)
    return alpha


def decontaminate(pixels: UInt8[np.ndarray, "h w 3"], alpha: UInt8[np.ndarray, "h w"]) -> UInt8[np.ndarray, "h w 3"]:
    """Estimate the object's own colours where alpha mixes them with the background.

    Pixels with alpha 255 are kept bit for bit; those with alpha 0 take the colour of the object next to them, so that
    a cut-out can be scaled without a rim.

    Source:
        Forte, Approximate Fast Foreground Colour Estimation (ICIP 2021): blur fusion, two passes.
    """
    return _decontaminated(pixels, alpha)


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
    scale = min(1.0, (_MAX_FILTER_PIXELS / (height * width)) ** 0.5)
    small_wh = (max(1, round(width * scale)), max(1, round(height * scale)))
    small_guide = cv2.resize(guide, small_wh, interpolation=cv2.INTER_AREA).astype(np.float32) / 255
    small_values = cv2.resize(values, small_wh, interpolation=cv2.INTER_AREA)
    slope, offset = _local_affine(small_guide, small_values, max(1, round(radius_px * scale)), noise)
    slope, offset = (cv2.resize(part, (width, height), interpolation=cv2.INTER_LINEAR) for part in (slope, offset))
    return np.einsum("hwc,hwc->hw", slope, guide, dtype=np.float32) / np.float32(255) + offset


def _local_affine(guide: np.ndarray, values: np.ndarray, radius: int, noise: float) -> tuple[np.ndarray, np.ndarray]:
    """Fit `values = slope . guide + offset` in every box; both averaged over the boxes that hold a pixel."""
    mean_guide, mean_values = _box_mean(guide, radius), _box_mean(values, radius)
    products = np.einsum("hwi,hwj->hwij", guide, guide).reshape(*values.shape, 9)
    # cv2.blur takes at most four channels at a time.
    mean_products = np.dstack([_box_mean(np.ascontiguousarray(products[..., k : k + 3]), radius) for k in (0, 3, 6)])
    covariance = mean_products.reshape(*values.shape, 3, 3) - np.einsum("hwi,hwj->hwij", mean_guide, mean_guide)
    covariance += np.eye(3, dtype=np.float32) * noise**2
    cross = _box_mean(guide * values[..., None], radius) - mean_guide * mean_values[..., None]
    slope = np.linalg.solve(covariance, cross[..., None])[..., 0]
    offset = mean_values - np.einsum("hwc,hwc->hw", slope, mean_guide)
    return _box_mean(slope, radius), _box_mean(offset, radius)


@dataclass(frozen=True)
class _Layers:
    foreground: np.ndarray
    background: np.ndarray


def _decontaminated(pixels: np.ndarray, alpha: np.ndarray) -> np.ndarray:
    estimate = pixels.copy()
    if not alpha.any():
        return estimate
    window = _window_round(alpha > 0, 2 * max(_BLUR_RADII_PX))
    max_value = np.iinfo(pixels.dtype).max
    image = pixels[window].astype(np.float32) / max_value
    share = alpha[window].astype(np.float32) / 255
    layers = _Layers(image, image)
    for radius in _BLUR_RADII_PX:
        layers = _blur_fusion(image, share, layers, radius)
    near = np.round(np.clip(layers.foreground, 0, 1) * max_value).astype(pixels.dtype)
    estimate[window] = np.where((share == 1)[..., None], pixels[window], near)
    return estimate


def _blur_fusion(image: np.ndarray, share: np.ndarray, layers: _Layers, radius: int) -> _Layers:
    share = share[..., None]
    foreground = _weighted_blur(layers.foreground, share, radius)
    background = _weighted_blur(layers.background, 1 - share, radius)
    left_over = image - share * foreground - (1 - share) * background
    return _Layers(np.clip(foreground + share * left_over, 0, 1), background)


def _weighted_blur(colours: np.ndarray, weight: np.ndarray, radius: int) -> np.ndarray:
    """Mean of `colours` near each pixel; where no weight is near, the colours as they are."""
    near_weight = _box_mean(weight, radius).reshape(weight.shape)
    blurred = _box_mean(colours * weight, radius)
    return (blurred + _BLUR_EPSILON * colours) / (near_weight + _BLUR_EPSILON)


def _box_mean(values: np.ndarray, radius: int) -> np.ndarray:
    return cv2.blur(values, (2 * radius + 1, 2 * radius + 1), borderType=cv2.BORDER_REFLECT)


def _disc(radius: int) -> np.ndarray:
    return cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * radius + 1, 2 * radius + 1))


def _default_radius_px(mask: np.ndarray) -> int:
    size_px = float(np.count_nonzero(mask)) ** 0.5
    return int(np.clip(round(_RADIUS_SHARE * size_px), _MIN_RADIUS_PX, _MAX_RADIUS_PX))


def _window_round(mask: np.ndarray, margin_px: int) -> tuple[slice, slice]:
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    return (
        slice(max(0, int(rows[0]) - margin_px), int(rows[-1]) + 1 + margin_px),
        slice(max(0, int(columns[0]) - margin_px), int(columns[-1]) + 1 + margin_px),
    )
