"""From model resolution to the picture's own: affine fields fitted to each layer, not to the mixture (DESIGN 1.2).

    result = (1 - visible) * shade(background) + visible * relight(foreground) + rest

`shade` and `relight` are fitted at model resolution, guided-filter style (He et al., Guided Image Filtering, 2010),
on the pixels of their own layer; unlike there, a flat patch keeps its texture: the slope is drawn towards the local
gain, not towards 0.
"""

from dataclasses import dataclass

import cv2
import numpy as np
from jaxtyping import Float

from situate.geometry.part import Part

RADIUS_PX = 3
"""Half width of the fitting patch at model resolution."""
RIDGE = 4e-3
_BLACK = -1.0
_MIN_MEAN = 0.02
_MAX_GAIN = 4.0


@dataclass(frozen=True)
class AffineField:
    """`slope * value + offset` per pixel and channel, on values in [0, 2] (0 is black)."""

    slope: Float[np.ndarray, "h w 3"]
    offset: Float[np.ndarray, "h w 3"]

    def enlarged(self, part: Part) -> "AffineField":
        """The field at full resolution, bilinear."""
        return AffineField(part.enlarged(self.slope), part.enlarged(self.offset))

    def __call__(self, layer: Float[np.ndarray, "h w 3"]) -> Float[np.ndarray, "h w 3"]:
        """Apply the field to a layer in [-1, 1]."""
        return np.clip(self.slope * (layer - _BLACK) + self.offset, 0, 2) + _BLACK


def fit_affine(
    layer: Float[np.ndarray, "h w 3"], target: Float[np.ndarray, "h w 3"], weight: Float[np.ndarray, "h w"]
) -> AffineField:
    """Fit `target = slope * layer + offset` in every patch, on pixels by their weight.

    Args:
        layer: Background or foreground at model resolution, in [-1, 1].
        target: What the network generated there.
        weight: How much each pixel belongs to the layer, >= 0; patches without any keep the identity.
    """
    value, wanted, share = layer - _BLACK, target - _BLACK, weight[..., None].astype(np.float32)
    mass = _patch_mean(share)
    safe = mass + _EPSILON
    mean, mean_wanted = _patch_mean(share * value) / safe, _patch_mean(share * wanted) / safe
    variance = np.maximum(_patch_mean(share * value * value) / safe - mean * mean, 0)
    covariance = _patch_mean(share * value * wanted) / safe - mean * mean_wanted
    gain = np.clip((mean_wanted + _MIN_MEAN) / (mean + _MIN_MEAN), 0, _MAX_GAIN)
    slope = np.clip((covariance + RIDGE * gain) / (variance + RIDGE), 0, _MAX_GAIN)
    offset = mean_wanted - slope * mean
    slope, offset = _patch_mean(share * slope) / safe, _patch_mean(share * offset) / safe
    known = np.clip(mass / _KNOWN_MASS, 0, 1)
    return AffineField(known * slope + (1 - known), known * offset)


def lift(
    *,
    background: Float[np.ndarray, "h w 3"],
    foreground: Float[np.ndarray, "h w 3"],
    visible: Float[np.ndarray, "h w"],
    small: "SmallLayers",
    part: Part,
) -> Float[np.ndarray, "h w 3"]:
    """Generate a part of the window at the picture's resolution.

    Args:
        background: The part's background at full resolution, in [-1, 1].
        foreground: The object's colours at full resolution (not premultiplied), in [-1, 1].
        visible: The object's alpha after occlusion at full resolution, in [0, 1].
        small: The same of the whole window at model resolution, with what the network generated.
        part: Which part of the window.

    Returns:
        RGB in [-1, 1], before the blend by effect.
    """
    shade = fit_affine(small.background, small.generated, 1 - small.visible)
    relight = fit_affine(small.foreground, small.generated, small.visible)
    lifted = _mixed(small.visible, shade(small.background), relight(small.foreground))
    result = _mixed(visible, shade.enlarged(part)(background), relight.enlarged(part)(foreground))
    return result + part.enlarged(small.generated - lifted)


@dataclass(frozen=True)
class SmallLayers:
    """What the network saw and made, at model resolution; colours in [-1, 1], `visible` in [0, 1]."""

    background: Float[np.ndarray, "s s 3"]
    foreground: Float[np.ndarray, "s s 3"]
    visible: Float[np.ndarray, "s s"]
    generated: Float[np.ndarray, "s s 3"]


def unpremultiplied(
    premultiplied: Float[np.ndarray, "h w 3"], alpha: Float[np.ndarray, "h w"]
) -> Float[np.ndarray, "h w 3"]:
    """Colours of a premultiplied layer; where nothing is covered, mid grey."""
    return np.clip(premultiplied / np.maximum(alpha, _EPSILON)[..., None], -1, 1)


def occluded_alpha(
    alpha: Float[np.ndarray, "h w"],
    small_alpha: Float[np.ndarray, "s s"],
    small_visible: Float[np.ndarray, "s s"],
    part: Part,
) -> Float[np.ndarray, "h w"]:
    """Full-resolution alpha times the upsampled share of it that is not occluded."""
    share = np.where(small_alpha > _SOLID, small_visible / np.maximum(small_alpha, _SOLID), np.nan)
    known = ~np.isnan(share)
    filled = _spread(np.where(known, np.clip(share, 0, 1), 0).astype(np.float32), known)
    upsampled = np.clip(part.enlarged(filled), 0, 1)
    # The network's mask is soft by a few percent everywhere; only a clear loss counts as occlusion.
    return alpha * np.clip((upsampled - _OCCLUDED) / (_UNOCCLUDED - _OCCLUDED), 0, 1)


_EPSILON = 1e-4
_KNOWN_MASS = 0.05
_SOLID = 0.25
_OCCLUDED, _UNOCCLUDED = 0.25, 0.75


def _mixed(visible: np.ndarray, below: np.ndarray, above: np.ndarray) -> np.ndarray:
    return (1 - visible[..., None]) * below + visible[..., None] * above


def _patch_mean(values: np.ndarray) -> np.ndarray:
    side = 2 * RADIUS_PX + 1
    means = cv2.boxFilter(values.astype(np.float32), -1, (side, side), borderType=cv2.BORDER_REFLECT)
    return means[..., None] if means.ndim == 2 else means


def _spread(values: Float[np.ndarray, "s s"], known: np.ndarray) -> Float[np.ndarray, "s s"]:
    """Fill unknown pixels with the weighted mean of known ones near by; 1 (nothing hidden) where none is near."""
    weight = cv2.GaussianBlur(known.astype(np.float32), (0, 0), 2.0)
    near = cv2.GaussianBlur(values * known, (0, 0), 2.0) / np.maximum(weight, _EPSILON)
    filled = np.where(weight > 10 * _EPSILON, near, 1.0)
    return np.where(known, values, filled).astype(np.float32)
