"""From a yes/no mask to a cut-out: soft alpha, and colours free of the background they stood before."""

from dataclasses import dataclass

import cv2
import numpy as np
from jaxtyping import Bool, UInt8

from situate.data.guided_filter import box_mean, guided_filter
from situate.errors import AlphaError, InputError
from situate.imageio.foreground import ALPHA_TRIM, trim
from situate.records.picture import Picture

_REMEDY = "pass --box x,y,w,h round the object, or --mask FILE with the object in white"
# Width of the soft border as a share of the object's size (square root of its area), and its limits.
_RADIUS_SHARE = 0.02
_MIN_RADIUS_PX, _MAX_RADIUS_PX = 2, 24
# Edges of the picture with less contrast than this (standard deviation in [0, 1]) do not hold the border.
_GUIDE_NOISE = 0.03
# What the guided filter leaves of a step is stretched from these to 0 and 1. The first pass lets a loose mask's border
# wander to the edge; more of them fade what has the background's colour. The last one's middle lies above 0.5, which
# pulls the border in a little.
_PASS_RANGES = ((0.25, 0.75), (0.2, 0.88))
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
    inside = _distance_px(near_mask) > 2 * radius
    outside = _distance_px(1 - near_mask) > radius
    shares = near_mask
    for floor, ceiling in _PASS_RANGES:
        filtered = guided_filter(pixels[window], shares, radius_px=radius, noise=_GUIDE_NOISE)
        shares = np.clip((filtered - floor) / (ceiling - floor), 0, 1)
        shares[inside], shares[outside] = 1, 0
    if not (shares > ALPHA_TRIM).any():
        # Too small for a soft border.
        shares = near_mask
    alpha[window] = np.round(shares * 255).astype(np.uint8)
    return alpha


def decontaminate(pixels: UInt8[np.ndarray, "h w 3"], alpha: UInt8[np.ndarray, "h w"]) -> UInt8[np.ndarray, "h w 3"]:
    """Estimate the object's own colours where alpha mixes them with the background.

    Pixels with alpha 255 are kept bit for bit; those with alpha 0 take the colour of the object next to them, so that
    a cut-out can be scaled without a rim.

    Source:
        Forte, Approximate Fast Foreground Colour Estimation (ICIP 2021): blur fusion, two passes.
    """
    return _decontaminated(pixels, alpha)


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
    near_weight = box_mean(weight, radius).reshape(weight.shape)
    blurred = box_mean(colours * weight, radius)
    return (blurred + _BLUR_EPSILON * colours) / (near_weight + _BLUR_EPSILON)


def _distance_px(shares: np.ndarray) -> np.ndarray:
    """How far each pixel is from the nearest one with share 0."""
    return cv2.distanceTransform(shares.astype(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_5)


def _default_radius_px(mask: np.ndarray) -> int:
    size_px = float(np.count_nonzero(mask)) ** 0.5
    return int(np.clip(round(_RADIUS_SHARE * size_px), _MIN_RADIUS_PX, _MAX_RADIUS_PX))


def _window_round(mask: np.ndarray, margin_px: int) -> tuple[slice, slice]:
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    return (
        slice(max(0, int(rows[0]) - margin_px), int(rows[-1]) + 1 + margin_px),
        slice(max(0, int(columns[0]) - margin_px), int(columns[-1]) + 1 + margin_px),
    )
