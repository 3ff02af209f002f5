"""From what the network made of a window to a composite of the background's own size."""

import cv2
import numpy as np
from jaxtyping import Float

from situate.geometry.canvas import to_signed
from situate.geometry.effect import blend, quantised_effect
from situate.geometry.frames import Conditioning
from situate.geometry.lift import SmallLayers, lift, occluded_alpha, unpremultiplied
from situate.geometry.paste import place_foreground
from situate.geometry.window import Window, crop
from situate.records.batch import SynthesisInput
from situate.records.picture import Picture, to_u8
from situate.records.placement import Composite, Placement

EFFECT_FLOOR, EFFECT_CEILING = 0.2, 0.6
"""The generated effect is a soft guess of a yes/no support: under the floor it is no, over the ceiling yes."""
BORDER_TAPER_PX = 3
"""Model pixels over which the effect falls to 0 at a window's border, so that no border can show."""


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
    if conditioning == "literal":
        generated, visible = _enlarged(image, window)
    else:
        generated, visible = _lifted(background, foreground, placement, window, image, inputs)
    effect = _enlarge(_firm_effect(image, window, resolution_wh), window.side_px)
    rows, columns = window.inner_slices(resolution_wh)
    inner = (
        slice(rows.start - window.top_px, rows.stop - window.top_px),
        slice(columns.start - window.left_px, columns.stop - window.left_px),
    )
    effect_u8 = np.zeros((background.height_px, background.width_px), np.uint8)
    effect_u8[rows, columns] = quantised_effect(effect[inner], visible[inner])
    visible_u8 = np.zeros_like(effect_u8)
    visible_u8[rows, columns] = np.round(255 * visible[inner]).astype(np.uint8)
    pixels = background.rgb.copy()
    pixels[rows, columns] = blend(background.rgb[rows, columns], generated[inner], effect_u8[rows, columns])
    return Composite(background.with_pixels(pixels), placement, visible_u8, effect_u8, seed, model_fingerprint)


def _lifted(
    background: Picture,
    foreground: Picture,
    placement: Placement,
    window: Window,
    image: Float[np.ndarray, "s s 5"],
    inputs: SynthesisInput,
) -> tuple[Float[np.ndarray, "side side 3"], Float[np.ndarray, "side side"]]:
    resolution_wh = (background.width_px, background.height_px)
    box_in_window = window.box_in_window(placement.box_cxcywh, resolution_wh)
    size = image.shape[0]
    foreground_bytes = to_u8(foreground.pixels)
    small_colours, small_alpha = place_foreground(foreground_bytes, box_in_window, (size, size))
    colours, alpha = place_foreground(foreground_bytes, box_in_window, (window.side_px, window.side_px))
    small_visible = np.clip((image[..., 3] + 1) / 2, 0, 1)
    visible = occluded_alpha(alpha, small_alpha, small_visible)
    visible[visible < 0.5 / 255] = 0
    small = SmallLayers(
        background=inputs.background[0].permute(1, 2, 0).numpy(),
        foreground=unpremultiplied(small_colours, small_alpha),
        visible=np.minimum(small_visible, small_alpha),
        generated=np.clip(image[..., :3], -1, 1),
    )
    generated = lift(
        background=to_signed(to_u8(crop(background.rgb, window))),
        foreground=unpremultiplied(colours, alpha),
        visible=visible,
        small=small,
    )
    return generated, visible


def _enlarged(
    image: Float[np.ndarray, "s s 5"], window: Window
) -> tuple[Float[np.ndarray, "side side 3"], Float[np.ndarray, "side side"]]:
    """Without lifting: a `literal` model has no placed object whose detail could be kept."""
    visible = _enlarge(np.clip((image[..., 3] + 1) / 2, 0, 1), window.side_px)
    visible[visible < EFFECT_FLOOR] = 0
    return _enlarge(image[..., :3], window.side_px), visible


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


def _enlarge(values: np.ndarray, side_px: int) -> np.ndarray:
    return cv2.resize(values.astype(np.float32), (side_px, side_px), interpolation=cv2.INTER_LINEAR)
