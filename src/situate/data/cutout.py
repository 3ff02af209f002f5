"""From a yes/no mask to a cut-out: soft alpha, and colours free of the background they stood before."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import Bool, UInt8

from situate.data.matting import GUIDED, alpha_of
from situate.data.trimap import border_radius_px, window_round
from situate.errors import AlphaError, InputError
from situate.geometry.guided_filter import box_mean
from situate.imageio.foreground import ALPHA_TRIM, trim
from situate.records.picture import Picture

_REMEDY = "pass --box x,y,w,h round the object, or --mask FILE with the object in white"
# Radii of the two passes and epsilon: Forte, Approximate Fast Foreground Colour Estimation (ICIP 2021).
_BLUR_RADII_PX = (90, 6)
_BLUR_EPSILON = 1e-5


def cut_out(picture: Picture, mask: Bool[np.ndarray, "h w"], *, matting: str | Path = GUIDED) -> Picture:
    """Cut what `mask` marks out of `picture`.

    Args:
        picture: The photograph.
        mask: The object.
        matting: How the soft border is found; see `alpha_of`.

    Returns:
        RGBA at the picture's depth, trimmed to alpha > `ALPHA_TRIM`; an alpha the picture had already still counts.

    Raises:
        InputError: If the mask has another size than the picture.
        AlphaError: If the mask, or what is left of it, covers nothing.
        MissingExtraError, ModelFileError: If the matting cannot be used.
    """
    if mask.shape != picture.pixels.shape[:2]:
        raise InputError(
            f"the mask is {mask.shape[1]} x {mask.shape[0]} pixels, {picture.name} is {picture.width_px} x "
            f"{picture.height_px}; make them the same size"
        )
    if not mask.any():
        raise AlphaError(f"the mask covers 0.0 % of {picture.name}; {_REMEDY}")
    window = window_round(mask, 2 * border_radius_px(mask) + 2 * max(_BLUR_RADII_PX))
    near, near_mask = picture.pixels[window], mask[window]
    alpha = alpha_of(picture.with_pixels(near).rgb_u8, near_mask, matting)
    if picture.has_alpha:
        alpha = np.minimum(alpha, np.round(near[..., 3] / (picture.max_value / 255)).astype(np.uint8))
    visible = alpha > ALPHA_TRIM * 255
    if not visible.any():
        raise AlphaError(f"alpha covers 0.0 % of {picture.name} inside the mask; {_REMEDY}")
    colours = _decontaminated(near[..., :3], alpha)
    scaled_alpha = alpha.astype(picture.pixels.dtype) * (picture.max_value // 255)
    return trim(picture.with_pixels(np.dstack([colours, scaled_alpha])), visible)


def cut_out_framed(picture: Picture, mask: Bool[np.ndarray, "h w"], *, matting: str | Path = GUIDED) -> Picture:
    """Do as `cut_out`, with one transparent pixel all round: also a rectangle shows that it was cut out."""
    trimmed = cut_out(picture, mask, matting=matting)
    return trimmed.with_pixels(np.pad(trimmed.pixels, ((1, 1), (1, 1), (0, 0))))


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
    window = window_round(alpha > 0, 2 * max(_BLUR_RADII_PX))
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
