"""What each source of triples knows, and so can teach."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from situate.records.triple import Triple


@dataclass(frozen=True)
class Supervision:
    """What a source can teach, per pixel, [0, 1].

    Scenes teach everything, a static camera all but occlusion, photographs only colours outside the repaired ring and
    the effect inside the object; places have no composite, and teach nothing of it.
    """

    colour: Float[np.ndarray, "h w"]
    visible_alpha: Float[np.ndarray, "h w"]
    effect: Float[np.ndarray, "h w"]


def supervision(triple: Triple) -> Supervision:
    """Return how much each pixel of a triple may teach."""
    everything = np.ones(triple.effect.shape, np.float32)
    nothing = np.zeros_like(everything)
    if triple.source == "scenes":
        return Supervision(everything, everything, everything)
    if triple.source == "places":
        return Supervision(nothing, nothing, nothing)
    if triple.source == "static":
        return Supervision(everything, nothing, everything)
    is_object = triple.visible_alpha == _SOLID_U8
    is_repaired = triple.hole > 0
    return Supervision((is_object | ~is_repaired).astype(np.float32), nothing, is_object.astype(np.float32))


_SOLID_U8 = 255
