"""From what the network made of a window to a composite of the background's own size."""

import math

import numpy as np
from jaxtyping import Float

from situate.geometry.canvas import BoxCxcywh, to_signed
from situate.geometry.effect import MIN_EFFECT_U8, blend, quantised_effect
from situate.geometry.frames import Conditioning
from situate.geometry.lift import SmallLayers, lift, occluded_alpha, unpremultiplied
from situate.geometry.part import Part
from situate.geometry.paste import place_foreground
from situate.geometry.window import Window
from situate.records.batch import SynthesisInput
from situate.records.picture import Picture, to_u8
from situate.records.placement import Composite, PlacedObject, Placement

EFFECT_FLOOR, EFFECT_CEILING = 0.2, 0.6
"""The generated effect is a soft guess of a yes/no support: under the floor it is no, over the ceiling yes."""
BORDER_TAPER_PX = 3
"""Model pixels over which the effect falls to 0 at a window's border, so that no border can show."""
OBJECT_MARGIN_PX = 2
"""An object reaches this far beyond its box: its rim is resampled."""


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
) -> Composite:
    """Lift the generated window to full resolution and blend it into the background by its effect."""
    resolution_wh = (background.width_px, background.height_px)
    box_in_window = window.box_in_window(placement.box_cxcywh, resolution_wh)
    firm = _firm_effect(image, window, resolution_wh)
    if conditioning == "literal":
        small_visible = (image[..., 3] + 1) / 2
        part = _changing_part(np.maximum(firm, small_visible >= EFFECT_FLOOR), None, window, resolution_wh)
        generated, visible = _enlarged(image, part)
    else:
        part = _changing_part(firm, box_in_window, window, resolution_wh)
        generated, visible = _lifted(background, foreground, box_in_window, window, part, image, inputs)
    place = _in_picture(part, window)
    effect_u8 = np.zeros((background.height_px, background.width_px), np.uint8)
    effect_u8[place] = quantised_effect(part.enlarged(firm), visible)
    visible_u8 = np.zeros_like(effect_u8)
    visible_u8[place] = np.round(255 * visible).astype(np.uint8)
    pixels = background.rgb.copy()
    pixels[place] = blend(background.rgb[place], generated, effect_u8[place])
    placed = PlacedObject(placement, visible_u8)
    return Composite(background.with_pixels(pixels), (placed,), effect_u8, seed, model_fingerprint)


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
) -> tuple[Float[np.ndarray, "h w 3"], Float[np.ndarray, "h w"]]:
    size = image.shape[0]
    small_colours, small_alpha = place_foreground(to_u8(foreground.pixels), box_in_window, (size, size))
    # Bytes are what the network saw; the picture keeps the depth of its own.
    colours, alpha = place_foreground(foreground.pixels, part.box_in_part(box_in_window), part.size_wh)
    small_visible = np.clip((image[..., 3] + 1) / 2, 0, 1)
    visible = occluded_alpha(alpha, small_alpha, small_visible, part)
    visible[visible < 0.5 / 255] = 0
    small = SmallLayers(
        background=inputs.background[0].permute(1, 2, 0).numpy(),
        foreground=unpremultiplied(small_colours, small_alpha),
        visible=np.minimum(small_visible, small_alpha),
        generated=np.clip(image[..., :3], -1, 1),
    )
    place = _in_picture(part, window)
    generated = lift(
        background=to_signed(background.rgb[place]),
        foreground=unpremultiplied(colours, alpha),
        visible=visible,
        small=small,
        part=part,
    )
    return generated, visible


def _enlarged(
    image: Float[np.ndarray, "s s 5"], part: Part
) -> tuple[Float[np.ndarray, "h w 3"], Float[np.ndarray, "h w"]]:
    """Without lifting: a `literal` model has no placed object whose detail could be kept."""
    visible = part.enlarged(np.clip((image[..., 3] + 1) / 2, 0, 1))
    visible[visible < EFFECT_FLOOR] = 0
    return part.enlarged(image[..., :3]), visible


def _firm_effect(
    image: Float[np.ndarray, "s s 5"], window: Window, resolution_wh: tuple[int, int]
) -> Float[np.ndarray, "s s"]:
    share = (image[..., 4] + 1) / 2
    firm = np.clip((share - EFFECT_FLOOR) / (EFFECT_CEILING - EFFECT_FLOOR), 0, 1)
    return firm * _border_taper(image.shape[0], window, resolution_wh)


def _border_taper(size: int, window: Window, resolution_wh: tuple[int, int]) -> Float[np.ndarray, "{size} {size}"]:
    """1 inside, falling to 0 at those borders of the window that lie inside the picture."""
    ramp = np.clip((np.arange(size) + 0.5) / BORDER_TAPER_PX, 0, 1).astype(np.float32)
    flat = np.ones_like(ramp)
    width_px, height_px = resolution_wh
    left = ramp if window.left_px > 0 else flat
    right = ramp[::-1] if window.left_px + window.side_px < width_px else flat
    top = ramp if window.top_px > 0 else flat
    bottom = ramp[::-1] if window.top_px + window.side_px < height_px else flat
    return (top * bottom)[:, None] * (left * right)[None, :]
