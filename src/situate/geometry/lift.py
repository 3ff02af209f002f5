"""From model resolution to the picture's own: affine fields fitted to each layer (docs/synthesis.md).

    result = (1 - visible) * (shade(background) + rest) + visible * relight(foreground)

`shade` and `relight` are fitted at model resolution, guided-filter style (He et al., Guided Image Filtering, 2010),
on the pixels of their own layer; unlike there, a flat patch keeps its texture: the slope is drawn towards the local
gain, not towards 0. What `shade` leaves over, such as a reflection, is added to the ground smoothly, and from the
ground's pixels: enlarged as it is, the network's blur at an edge would become a fringe of many pixels.

The object is relit in one piece: light that falls on it multiplies, and varies little over it. What the network draws
there in finer grain is its idea of the object, which the cut-out knows better: on photographs it greys black tyres.
"""

from dataclasses import dataclass

import cv2
import numpy as np
from jaxtyping import Float

from situate.geometry.canvas import per_colour
from situate.geometry.correction import WHOLE_CORRECTION, Correction
from situate.geometry.part import Part

RADIUS_PX = 3
"""Half width of the fitting patch in pixels of the network.

It does not grow with the network's size: so many pixels tell slope from noise, a finer network draws finer light."""
OBJECT_RADIUS = 0.23
"""Half width of the object's fitting patch over the window's side: an object takes a quarter to a half of that."""
PURITY = 4
"""Power of a pixel's share of a layer by which it counts: one that holds both layers says little of either."""
RIDGE = 4e-3
"""The same for the ground: little, so that a shadow's edge stays where the network draws it."""
OBJECT_RIDGE = 0.5
"""How firmly the object's slope is drawn towards the gain: half for colours with a variance of 0.5, which is large."""
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
        made = layer - np.float32(_BLACK)
        made *= self.slope
        made += self.offset
        np.clip(made, 0, 2, out=made)
        made += np.float32(_BLACK)
        return made


def fit_affine(
    layer: Float[np.ndarray, "h w 3"],
    target: Float[np.ndarray, "h w 3"],
    weight: Float[np.ndarray, "h w"],
    *,
    radius_px: int = RADIUS_PX,
    ridge: float = RIDGE,
) -> AffineField:
    """Fit `target = slope * layer + offset` in every patch, on pixels by their weight.

    Args:
        layer: Background or foreground at model resolution, in [-1, 1].
        target: What the network generated there.
        weight: How much each pixel belongs to the layer, >= 0; patches without any keep the identity.
        radius_px: Half width of the patches.
        ridge: How firmly slopes are drawn towards the patch's gain, over the layer's variance.
    """

    def patch_mean(values: np.ndarray) -> np.ndarray:
        return _patch_mean(values, radius_px)

    value, wanted, share = layer - _BLACK, target - _BLACK, weight[..., None].astype(np.float32)
    mass = patch_mean(share)
    safe = mass + _EPSILON
    mean, mean_wanted = patch_mean(share * value) / safe, patch_mean(share * wanted) / safe
    variance = np.maximum(patch_mean(share * value * value) / safe - mean * mean, 0)
    covariance = patch_mean(share * value * wanted) / safe - mean * mean_wanted
    gain = np.clip((mean_wanted + _MIN_MEAN) / (mean + _MIN_MEAN), 0, _MAX_GAIN)
    slope = np.clip((covariance + ridge * gain) / (variance + ridge), 0, _MAX_GAIN)
    offset = mean_wanted - slope * mean
    slope, offset = patch_mean(share * slope) / safe, patch_mean(share * offset) / safe
    known = np.clip(mass / _KNOWN_MASS, 0, 1)
    return AffineField(known * slope + (1 - known), known * offset)


class Lift:
    """What the network made of a window, ready to be made again of any part at the picture's resolution."""

    def __init__(self, small: "SmallLayers", pitch_px: float, correction: Correction = WHOLE_CORRECTION) -> None:
        """Fit the fields.

        Args:
            small: The whole window at model resolution, with what the network generated.
            pitch_px: Pixels of the picture in one of the network's.
            correction: How much of the changes is taken.
        """
        self.correction = correction
        of_ground, of_object = (1 - small.visible) ** PURITY, small.visible**PURITY
        self._shade = fit_affine(small.background, small.generated, of_ground)
        radius_px = round(OBJECT_RADIUS * len(small.visible))
        self._relight = fit_affine(
            small.foreground, small.generated, of_object, radius_px=radius_px, ridge=OBJECT_RIDGE
        )
        lifted = _mixed(small.visible, self._shade(small.background), self._relight(small.foreground))
        rest = small.generated - lifted
        # Where the picture is no larger than the window, nothing is enlarged and the rest is right as it is.
        smoothness = min(max(pitch_px - 1, 0), 1)
        self._ground_rest = rest + smoothness * (_smooth_rest(rest, of_ground) - rest)

    def __call__(
        self,
        background: Float[np.ndarray, "h w 3"],
        foreground: Float[np.ndarray, "h w 3"],
        visible: Float[np.ndarray, "h w"],
        part: Part,
    ) -> Float[np.ndarray, "h w 3"]:
        """Make a part of the window at full resolution.

        Args:
            background: The part's background, in [-1, 1].
            foreground: The object's colours (not premultiplied), in [-1, 1].
            visible: The object's alpha after occlusion, in [0, 1].
            part: Which part of the window.

        Returns:
            RGB in [-1, 1], before the blend by effect.
        """
        made = background
        if self.correction.ground > 0:
            made = self._shade.enlarged(part)(background) + part.enlarged(self._ground_rest)
            made = _towards(background, made, self.correction.ground)
        place = _spans(visible > 0)
        if place is not None:
            # Most of a part is ground alone.
            made = made.copy() if made is background else made
            made[place] = _mixed(visible[place], made[place], self._colours(foreground[place], part.inner(*place)))
        return made

    def _colours(self, foreground: Float[np.ndarray, "h w 3"], part: Part) -> Float[np.ndarray, "h w 3"]:
        if self.correction.colours == 0:
            return foreground
        return _towards(foreground, self._relight.enlarged(part)(foreground), self.correction.colours)


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
    straight = premultiplied / per_colour(np.maximum(alpha, _EPSILON))
    return np.clip(straight, -1, 1, out=straight)


_EPSILON = 1e-4
_KNOWN_MASS = 0.05
_REST_SIGMA_PX = 1.0


def _mixed(visible: np.ndarray, below: np.ndarray, above: np.ndarray) -> np.ndarray:
    share = per_colour(visible)
    return (1 - share) * below + share * above


def _towards(start: np.ndarray, end: np.ndarray, share: float) -> np.ndarray:
    return end if share == 1 else start + share * (end - start)


def _spans(is_set: np.ndarray) -> tuple[slice, slice] | None:
    """The smallest rectangle that holds what is set; None if nothing is."""
    rows, columns = np.flatnonzero(is_set.any(axis=1)), np.flatnonzero(is_set.any(axis=0))
    if len(rows) == 0:
        return None
    return slice(int(rows[0]), int(rows[-1]) + 1), slice(int(columns[0]), int(columns[-1]) + 1)


def _patch_mean(values: np.ndarray, radius_px: int) -> np.ndarray:
    side = 2 * radius_px + 1
    means = cv2.boxFilter(values.astype(np.float32), -1, (side, side), borderType=cv2.BORDER_REFLECT)
    return means[..., None] if means.ndim == 2 else means


def _smooth_rest(rest: Float[np.ndarray, "s s 3"], weight: Float[np.ndarray, "s s"]) -> Float[np.ndarray, "s s 3"]:
    """Blur what is left over within one layer; little of it where the layer is not near."""
    share = weight[..., None].astype(np.float32)
    blurred, mass = (cv2.GaussianBlur(values, (0, 0), _REST_SIGMA_PX) for values in (rest * share, share))
    return blurred / (mass[..., None] + _KNOWN_MASS)
