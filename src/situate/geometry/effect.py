"""The effect: where the composite may differ from the background, and the blend that keeps every other pixel."""

import cv2
import numpy as np
from jaxtyping import Float, UInt8, UInt16

from situate.geometry.canvas import per_colour
from situate.geometry.window import Window

MIN_EFFECT_U8 = 8
"""Smaller values become 0."""
EFFECT_FLOOR, EFFECT_CEILING = 0.35, 0.6
"""The network's effect is a soft guess of a yes/no support: under the floor it is no, over the ceiling yes.

On photographs an unsure network says 0.2 to 0.3 far round the object; on rendered scenes PSNR does not change between
floors of 0.2 and 0.5, and the shadow's overlap with the true one is best between 0.35 and 0.4."""
SMOOTHING_PX = 0.7
"""Pixels of the network: its patches leave a grid, which would show once enlarged."""
TAPER_SHARE = 1 / 16
"""Share of a window's side over which the effect falls to 0 at its border.

A share, not a number of the network's pixels: a shadow that is cut off ends as softly whatever the network's size."""


def firm_effect(
    effect: Float[np.ndarray, "s s"], window: Window, resolution_wh: tuple[int, int]
) -> Float[np.ndarray, "s s"]:
    """Make up the network's mind about its effect, and let it end softly at the window's borders.

    Args:
        effect: As the network made it, in [0, 1] or a little outside.
        window: Where it lies; borders that lie on the picture's own edge or outside are left alone.
        resolution_wh: Size of the picture.
    """
    smooth = cv2.GaussianBlur(effect, (0, 0), SMOOTHING_PX)
    firm = np.clip((smooth - EFFECT_FLOOR) / (EFFECT_CEILING - EFFECT_FLOOR), 0, 1)
    rows = _taper(len(effect), window.top_px, window.side_px, resolution_wh[1])
    columns = _taper(len(effect), window.left_px, window.side_px, resolution_wh[0])
    return firm * rows[:, None] * columns[None, :]


def _taper(size: int, start_px: int, side_px: int, length_px: int) -> Float[np.ndarray, " {size}"]:
    """1 inside, falling to 0 at those ends that lie inside the picture; smooth at both ends of the fall."""
    ramp = np.clip(np.arange(size, dtype=np.float32) / (TAPER_SHARE * size), 0, 1)
    ramp = ramp * ramp * (3 - 2 * ramp)
    flat = np.ones_like(ramp)
    return (ramp if start_px > 0 else flat) * (ramp[::-1] if start_px + side_px < length_px else flat)


def quantised_effect(
    effect: Float[np.ndarray, "h w"], visible_alpha: Float[np.ndarray, "h w"]
) -> UInt8[np.ndarray, "h w"]:
    """Bytes of the effect: full where the object shows, nothing under the threshold, no pieces far from the object.

    Args:
        effect: As generated, in the picture's frame.
        visible_alpha: The object, in [0, 1]; it always belongs to the effect.

    Returns:
        0 to 255. A piece that does not touch the object, directly or through shadow that touches it, is dropped.
    """
    support = np.where(visible_alpha > 0, 1.0, np.clip(effect, 0, 1))
    values = np.round(255 * support).astype(np.uint8)
    values[values < MIN_EFFECT_U8] = 0
    count, labels = cv2.connectedComponents((values > 0).astype(np.uint8), connectivity=8)
    pieces = np.asarray(labels, np.int32)
    touches = np.zeros(count, bool)
    touches[pieces[visible_alpha > 0]] = True
    touches[0] = False
    if not touches[1:].all():
        values[~touches[pieces]] = 0
    return values


def blend(
    background: UInt8[np.ndarray, "h w 3"] | UInt16[np.ndarray, "h w 3"],
    generated: Float[np.ndarray, "h w 3"],
    effect: UInt8[np.ndarray, "h w"],
) -> UInt8[np.ndarray, "h w 3"] | UInt16[np.ndarray, "h w 3"]:
    """`effect * generated + (1 - effect) * background`, exact: where `effect` is 0 the background's bytes are kept.

    Args:
        background: Integers of the picture's own depth.
        generated: In [-1, 1].
        effect: 0 to 255.
    """
    share = per_colour(effect.astype(np.float32) / 255)
    mixed = np.clip(generated, -1, 1, dtype=np.float32)
    # In place: what these large arrays cost is the way to memory and back.
    mixed += 1
    mixed *= np.float32(np.iinfo(background.dtype).max / 2)
    mixed *= share
    mixed += (1 - share) * background
    np.rint(mixed, out=mixed)
    made = mixed.astype(background.dtype)
    np.copyto(made, background, where=share == 0)
    return made


def opaque_over(
    alpha: UInt8[np.ndarray, "h w"] | UInt16[np.ndarray, "h w"], visible: Float[np.ndarray, "h w"]
) -> UInt8[np.ndarray, "h w"] | UInt16[np.ndarray, "h w"]:
    """Return the alpha of a see-through background with an object on it: `visible + (1 - visible) * alpha`."""
    full = np.iinfo(alpha.dtype).max
    return alpha + np.round((full - alpha) * visible).astype(alpha.dtype)


def share_of_colour(
    visible: Float[np.ndarray, "h w"], alpha: UInt8[np.ndarray, "h w"] | UInt16[np.ndarray, "h w"]
) -> Float[np.ndarray, "h w"]:
    """How much of a pixel's colour is the object's, over a see-through background.

    What does not show must not colour the object's rim: over nothing all colour is the object's.

    Source:
        Porter and Duff, Compositing Digital Images (1984): `over` with colours that are not premultiplied.
    """
    below = (1 - visible) * (alpha.astype(np.float32) / np.iinfo(alpha.dtype).max)
    return visible / np.maximum(visible + below, _EPSILON)


_EPSILON = 1e-6
