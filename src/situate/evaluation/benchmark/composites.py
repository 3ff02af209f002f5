"""Composites without a network, each with what it changed: baselines, the truth, and the ceiling below it."""

from collections.abc import Callable

import cv2
import numpy as np
from jaxtyping import Bool, Float32, UInt8

from situate.evaluation.baselines import poisson, reinhard
from situate.evaluation.benchmark.made import Made
from situate.geometry.canvas import BoxCxcywh
from situate.geometry.paste import paste, place_foreground
from situate.records.triple import Triple

Compose = Callable[
    [UInt8[np.ndarray, "h w 3"], UInt8[np.ndarray, "fh fw 4"], BoxCxcywh], UInt8[np.ndarray, "h w 3"] | None
]
CEILING = "ceiling"
COMPOSERS: dict[str, Compose] = {"copy-paste": paste, "poisson": poisson, "reinhard": reinhard}


def made_by(name: str, triple: Triple, box_cxcywh: BoxCxcywh) -> Made | None:
    """Put a triple's foreground into its background at a box; None where the method cannot."""
    composite = COMPOSERS[name](triple.background, triple.foreground, box_cxcywh)
    if composite is None:
        return None
    height_px, width_px = triple.background.shape[:2]
    alpha = place_foreground(triple.foreground, box_cxcywh, (width_px, height_px))[1]
    visible = np.rint(alpha * 255).astype(np.uint8)
    # What changes round the object counts as changed, but nobody claims a shadow there.
    is_changed = (composite != triple.background).any(axis=-1)
    return Made(composite, np.maximum(visible, is_changed.astype(np.uint8)), visible)


def made_ceiling(
    foreground: UInt8[np.ndarray, "fh fw 4"],
    box_cxcywh: BoxCxcywh,
    truth: Triple,
    background: UInt8[np.ndarray, "h w 3"],
) -> Made:
    """Warp a foreground to a box and give it the true colours, on a ground with the true shadow, on a background.

    What is left is what no relighting can mend: the cut-out was seen from a slightly other pitch.
    """
    height_px, width_px = truth.background.shape[:2]
    alpha = place_foreground(foreground, box_cxcywh, (width_px, height_px))[1]
    seen = truth.visible_alpha / np.float32(255)
    shares = alpha * _seen_share(seen, truth)
    colours = _spread(truth.composite, seen >= _SOLID)
    ground = np.where((seen > 0)[..., None], _shaded_ground(truth, seen), truth.composite)
    mixed = shares[..., None] * colours + (1 - shares[..., None]) * ground
    visible = np.rint(shares * 255).astype(np.uint8)
    effect = np.maximum(truth.effect, visible)
    composite = np.where(effect[..., None] > 0, np.rint(mixed).astype(np.uint8), background)
    return Made(composite, effect, visible)


def made_true(triple: Triple) -> Made:
    """The render itself."""
    return Made(triple.composite, triple.effect, triple.visible_alpha)


_SOLID = 0.9


def _seen_share(seen: Float32[np.ndarray, "h w"], truth: Triple) -> Float32[np.ndarray, "h w"]:
    """How much of the object is not hidden at each pixel; 1 where the object is not."""
    if truth.amodal_alpha is None:
        return np.ones_like(seen)
    whole = truth.amodal_alpha / np.float32(255)
    return np.where(whole > 1 - _SOLID, np.clip(seen / np.maximum(whole, 1e-3), 0, 1), 1).astype(np.float32)


def _shaded_ground(truth: Triple, seen: Float32[np.ndarray, "h w"]) -> Float32[np.ndarray, "h w 3"]:
    """The background where the object hides it, as much in the shade as the nearest ground that is seen."""
    share = truth.composite / np.maximum(truth.background, 1).astype(np.float32)
    return np.clip(truth.background * _spread(np.clip(share, 0, 2), seen == 0), 0, 255)


def _spread(values: np.ndarray, is_known: Bool[np.ndarray, "h w"]) -> Float32[np.ndarray, "h w 3"]:
    """Give every pixel the value of the nearest one that is known; all keep their own where none is."""
    if not is_known.any():
        return values.astype(np.float32)
    unknown = (~is_known).astype(np.uint8)
    nearest = cv2.distanceTransformWithLabels(unknown, cv2.DIST_L2, 5, labelType=cv2.DIST_LABEL_PIXEL)[1]
    labels = np.asarray(nearest, np.int64)
    of_label = np.zeros((int(labels.max()) + 1, values.shape[2]), np.float32)
    of_label[labels[is_known]] = values[is_known]
    return of_label[labels]
