"""Composites without a network, each with what it changed: copy-paste, Poisson blending, Reinhard's colour transfer."""

from collections.abc import Callable

import numpy as np
from jaxtyping import UInt8

from situate.evaluation.baselines import paste, poisson, reinhard
from situate.evaluation.benchmark.picture_scores import Made
from situate.geometry.canvas import BoxCxcywh
from situate.geometry.paste import place_foreground
from situate.records.triple import Triple

Compose = Callable[
    [UInt8[np.ndarray, "h w 3"], UInt8[np.ndarray, "fh fw 4"], BoxCxcywh], UInt8[np.ndarray, "h w 3"] | None
]
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


def made_true(triple: Triple) -> Made:
    """The render itself."""
    return Made(triple.composite, triple.effect, triple.visible_alpha)
