"""What is composed: one picture's order, and what the synthesis network sees of each of its places."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from jaxtyping import Float, UInt8
from torch import Tensor

from situate.flow.template import NoiseTemplate
from situate.geometry.window import Window
from situate.nn.placement import PlacementPrediction
from situate.nn.velocity import IMAGE_CHANNELS
from situate.records.batch import SynthesisInput
from situate.records.picture import Picture
from situate.records.placement import Placement

Item = TypeVar("Item")


@dataclass(frozen=True)
class Order:
    """What is to be composed of one picture.

    Attributes:
        background: Where to; any size.
        foreground: What; RGB and alpha, trimmed.
        placements: Places, from `ranked` or given by hand; one composite each.
        prediction: Of this pair alone; its fused tokens help the synthesis. Plain paste needs none.
        seed: Of the noise template.
    """

    background: Picture
    foreground: Picture
    placements: Sequence[Placement]
    prediction: PlacementPrediction | None
    seed: int


@dataclass(frozen=True)
class View:
    """What the synthesis network sees of one placement."""

    placement: Placement
    window: Window
    inputs: SynthesisInput
    noise: Float[Tensor, "1 5 s s"]
    fused_tokens: Float[Tensor, "1 n d"] | None


def foreground_u8(foreground: Picture) -> UInt8[np.ndarray, "fh fw 4"]:
    """RGB and alpha with 8 bits each, what the networks see."""
    alpha = foreground.pixels[..., 3:]
    return np.dstack([foreground.rgb_u8, foreground.with_pixels(np.repeat(alpha, 3, axis=2)).rgb_u8[..., 0]])


def window_noise(template: NoiseTemplate, window: Window, level: int, size: int) -> Float[Tensor, "1 5 s s"]:
    """The template's exact crop under a window (`level` is the power of two that the window snapped to)."""
    row, column = (round(start / 2.0**level) for start in (window.top_px, window.left_px))
    return template.crop(level, row, column, (size, size), IMAGE_CHANNELS)


def filled(items: Sequence[Item], shape: int | None) -> Sequence[Item]:
    """Repeat the last of `items` until there are as many as `shape` asks; without one, leave them as they are."""
    if shape is None:
        return items
    assert 0 < len(items) <= shape, f"{len(items)} of at most {shape}"
    return [*items, *[items[-1]] * (shape - len(items))]
