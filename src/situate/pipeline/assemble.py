"""From what the network made of a window to a composite of the background's own size."""

import math
from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np
from jaxtyping import Float, UInt8, UInt16

from situate.geometry.canvas import BoxCxcywh, to_signed
from situate.geometry.correction import WHOLE_CORRECTION, Correction
from situate.geometry.effect import (
    MIN_EFFECT_U8,
    blend,
    firm_effect,
    opaque_over,
    quantised_effect,
    share_of_colour,
)
from situate.geometry.frames import Conditioning
from situate.geometry.lift import Lift, SmallLayers, unpremultiplied
from situate.geometry.occlusion import unhidden_share
from situate.geometry.part import Part
from situate.geometry.paste import place_foreground
from situate.geometry.window import Window
from situate.records.batch import SynthesisInput
from situate.records.picture import Picture, to_u8
from situate.records.placement import Composite, PlacedObject, Placement

VISIBLE_FLOOR = 0.2
"""A `literal` model's mask is a soft guess of yes or no: under this nothing of an object is seen."""
OBJECT_MARGIN_PX = 2
"""An object reaches this far beyond its box: its rim is resampled."""
BAND_PIXELS = 100_000
"""Colours are made in bands of so many pixels, which lie in a processor's own cache, however large the picture is."""


def assembled(
    background: Picture,
    foreground: Picture,
    placement: Placement,
    window: Window,
    image: Float[np.ndarray, "s s 5"],
    inputs: SynthesisInput,
    seed: int,
    model_fingerprint: str,
    conditioning: Conditioning,
    correction: Correction = WHOLE_CORRECTION,
) -> Composite:
    """Lift the generated window to full resolution and blend it into the background by its effect.

    Args:
        background: Where to.
        foreground: The trimmed cut-out.
        placement: Where the object stands.
        window: What the network saw.
        image: What it made of that: RGB, visible alpha and effect in about [-1, 1].
        inputs: What it was shown.
        seed: Of the noise template.
        model_fingerprint: Carried into the composite.
        conditioning: Of the model; what a `literal` one makes is taken as it is.
        correction: How much of what it made is taken.
    """
    resolution_wh = (background.width_px, background.height_px)
    firm = firm_effect((image[..., 4] + 1) / 2, window, resolution_wh)
    if correction.ground == 0:
        firm = np.zeros_like(firm)
    box_in_window = window.box_in_window(placement.box_cxcywh, resolution_wh)
    if conditioning == "literal":
        made = _enlarged(image, firm, window, resolution_wh)
    else:
        part = _changing_part(firm, box_in_window, window, resolution_wh)
        made = _lifted(background, foreground, box_in_window, window, part, image, inputs, correction)
    place = _in_picture(made.part, window)
    effect, visible = (np.zeros((background.height_px, background.width_px), np.uint8) for _ in range(2))
    effect[place] = quantised_effect(made.part.enlarged(firm), made.visible)
    visible[place] = np.round(255 * made.visible).astype(np.uint8)
    pixels = background.pixels.copy()
    for band in made.part.bands(BAND_PIXELS):
        where, visible_there = _in_picture(band, window), made.visible[_rows_in(made.part, band)]
        pixels[where] = _blended(background, where, made.colours(band), effect[where], visible_there)
    placed = PlacedObject(placement, visible)
    return Composite(background.with_pixels(pixels), (placed,), effect, seed, model_fingerprint)


@dataclass(frozen=True)
class _Made:
    """What may change of the picture, what is seen of the object there, and the colours of any band of it."""

    part: Part
    visible: Float[np.ndarray, "h w"]
    colours: Callable[[Part], Float[np.ndarray, "bh w 3"]]


def _blended(
    background: Picture,
    where: tuple[slice, slice],
    colours: Float[np.ndarray, "h w 3"],
    effect: UInt8[np.ndarray, "h w"],
    visible: Float[np.ndarray, "h w"],
) -> UInt8[np.ndarray, "h w c"] | UInt16[np.ndarray, "h w c"]:
    """Lay new colours over a background: a grey one stays grey, a see-through one becomes opaque under the object."""
    if background.is_grey:
        colours = np.repeat(cv2.cvtColor(colours, cv2.COLOR_RGB2GRAY)[..., None], 3, axis=2)
    mixed = blend(background.rgb[where], colours, effect)
    if not background.has_alpha:
        return mixed
    return np.dstack([mixed, opaque_over(background.pixels[where][..., 3], visible)])


def _rows_in(part: Part, band: Part) -> slice:
    return slice(band.rows.start - part.rows.start, band.rows.stop - part.rows.start)


def _changing_part(
    support: Float[np.ndarray, "s s"], box_in_window: BoxCxcywh | None, window: Window, resolution_wh: tuple[int, int]
) -> Part:
    """What may change of the picture: where there is support for it at model resolution, and the object's box."""
    picture = window.inner_slices(resolution_wh)
    changes = support * 255 >= MIN_EFFECT_U8 - 0.5
    spans = []
    for axis, start_px in enumerate((window.top_px, window.left_px)):
        inner = (picture[axis].start - start_px, picture[axis].stop - start_px)
        # One small pixel more on each side: that far does bilinear enlarging carry a value.
        cells = np.flatnonzero(changes.any(axis=1 - axis))
        pitch_px = window.side_px / len(support)
        ends = [] if len(cells) == 0 else [(cells[0] - 1) * pitch_px, (cells[-1] + 2) * pitch_px]
        if box_in_window is not None:
            middle, half = box_in_window[1 - axis] * window.side_px, box_in_window[3 - axis] * window.side_px / 2
            ends += [middle - half - OBJECT_MARGIN_PX, middle + half + OBJECT_MARGIN_PX]
        ends = ends or [inner[0]]
        first = min(max(math.floor(min(ends)), inner[0]), inner[1] - 1)
        stop = max(min(math.ceil(max(ends)), inner[1]), first + 1)
        spans.append(slice(first, stop))
    return Part(window.side_px, *spans)


def _in_picture(part: Part, window: Window) -> tuple[slice, slice]:
    return (
        slice(part.rows.start + window.top_px, part.rows.stop + window.top_px),
        slice(part.columns.start + window.left_px, part.columns.stop + window.left_px),
    )


def _lifted(
    background: Picture,
    foreground: Picture,
    box_in_window: BoxCxcywh,
    window: Window,
    part: Part,
    image: Float[np.ndarray, "s s 5"],
    inputs: SynthesisInput,
    correction: Correction,
) -> _Made:
    size, place = image.shape[0], _in_picture(part, window)
    small_colours, small_alpha = place_foreground(to_u8(foreground.pixels), box_in_window, (size, size))
    # Bytes are what the network saw; the picture keeps the depth of its own.
    premultiplied, alpha = place_foreground(foreground.pixels, part.box_in_part(box_in_window), part.size_wh)
    small_visible = np.clip((image[..., 3] + 1) / 2, 0, 1)
    visible = alpha
    if correction.occlusion > 0:
        unhidden = unhidden_share(alpha, small_alpha, small_visible, part, to_u8(background.rgb[place]))
        visible = alpha * (1 - correction.occlusion * (1 - unhidden))
    visible[visible < 0.5 / 255] = 0
    small = SmallLayers(
        background=inputs.background[0].permute(1, 2, 0).numpy(),
        foreground=unpremultiplied(small_colours, small_alpha),
        visible=np.minimum(small_visible, small_alpha),
        generated=np.clip(image[..., :3], -1, 1),
    )
    lift = Lift(small, part.side_px / size, correction)

    def colours(band: Part) -> Float[np.ndarray, "bh w 3"]:
        rows, where = _rows_in(part, band), _in_picture(band, window)
        share = visible[rows]
        if background.has_alpha:
            share = share_of_colour(share, background.pixels[where][..., 3])
        straight = unpremultiplied(premultiplied[rows], alpha[rows])
        return lift(to_signed(background.rgb[where]), straight, share, band)

    return _Made(part, visible, colours)


def _enlarged(
    image: Float[np.ndarray, "s s 5"],
    firm: Float[np.ndarray, "s s"],
    window: Window,
    resolution_wh: tuple[int, int],
) -> _Made:
    """Without lifting: a `literal` model has no placed object whose detail could be kept."""
    small_visible = np.clip((image[..., 3] + 1) / 2, 0, 1)
    part = _changing_part(np.maximum(firm, small_visible >= VISIBLE_FLOOR), None, window, resolution_wh)
    visible = part.enlarged(small_visible)
    visible[visible < VISIBLE_FLOOR] = 0
    return _Made(part, visible, lambda band: band.enlarged(image[..., :3]))
