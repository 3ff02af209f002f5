"""An object alone: its cut-out in another light, seen from a slightly different pitch, and where all of it lies."""

from dataclasses import dataclass

import cv2
import numpy as np
from jaxtyping import Float32, UInt8

from situate.data.scenes.camera import Camera, seen_from
from situate.data.scenes.light import Light, developed, draw_light
from situate.data.scenes.render import Crop, Renderer, Shapes
from situate.data.scenes.things import Thing
from situate.seeds import seed_for

FOREGROUND_PX = 72
TRIM_ALPHA = 0.05
LIFT_SPREAD_DEG, MAX_LIFT_DEG = 2.0, 4.0
MARGIN_SHARE = 0.15
"""Of the picture on every side, so that an object at its edge is whole from another pitch, too."""


@dataclass(frozen=True)
class Cutout:
    """An object alone.

    Attributes:
        foreground: RGBA, in another light.
        box_cxcywh: Where all of it lies in the world's picture, in fractions.
        amodal_alpha: How much of each pixel it would cover if nothing hid it.
        light: The other light.
    """

    foreground: UInt8[np.ndarray, "fh fw 4"]
    box_cxcywh: tuple[float, float, float, float]
    amodal_alpha: UInt8[np.ndarray, "h w"]
    light: Light


def render_cutout(renderer: Renderer, camera: Camera, thing: Thing, shapes: Shapes) -> Cutout:
    """Render `shapes`, the body of `thing` where it stands, larger than `camera` sees it and in another light."""
    longest_px = float(np.ptp(camera.project(thing.placed_points_m), axis=0).max())
    scale = max(1, round(FOREGROUND_PX / longest_px))
    crop = crop_around(camera, thing, scale)
    alpha = renderer.alpha(shapes, camera, crop)
    top, bottom, left, right = _trimmed(alpha)
    width, height = camera.width_px * scale, camera.height_px * scale
    centre_x, centre_y = crop.left_px + (left + right) / 2, crop.top_px + (top + bottom) / 2
    box = (centre_x / width, centre_y / height, (right - left) / width, (bottom - top) / height)
    foreground, light = _foreground(renderer, camera, thing, shapes, scale)
    return Cutout(foreground, box, _shrunk(alpha, crop, camera), light)


def crop_around(camera: Camera, thing: Thing, scale: int) -> Crop:
    """Return the part of the picture, `scale` times larger, that holds all of a thing and a margin.

    A thing outside the picture gives an empty crop.
    """
    limit = np.array([camera.width_px, camera.height_px]) * scale
    points_px = camera.project(thing.placed_points_m) * scale
    points_px = points_px[~np.isnan(points_px).any(1)]
    if len(points_px) == 0:
        return Crop(scale, 0, 0, 0, 0)
    margin_px = 1 + np.ceil(0.01 * np.ptp(points_px, axis=0).max())
    low = np.clip(np.floor(points_px.min(0)) - margin_px, 0, limit).astype(int)
    high = np.clip(np.ceil(points_px.max(0)) + margin_px, 0, limit).astype(int)
    return Crop(scale, int(low[0]), int(low[1]), int(high[0] - low[0]), int(high[1] - low[1]))


def _foreground(
    renderer: Renderer, camera: Camera, thing: Thing, shapes: Shapes, scale: int
) -> tuple[UInt8[np.ndarray, "fh fw 4"], Light]:
    generator = np.random.default_rng(seed_for(thing.seed, "light"))
    light = draw_light(generator)
    lift_deg = float(np.clip(generator.normal(0, LIFT_SPREAD_DEG), -MAX_LIFT_DEG, MAX_LIFT_DEG))
    margin_px = round(MARGIN_SHARE * max(camera.width_px, camera.height_px))
    middle = np.array([*thing.position_m, thing.base_m + thing.height_m / 2])
    other = seen_from(camera, middle, np.radians(lift_deg), margin_px)
    seed = seed_for(thing.seed, "samples") % 2**31
    rgba = renderer.radiance(shapes, light, other, seed, crop=crop_around(other, thing, scale))
    alpha = np.clip(rgba[..., 3], 0, 1)
    top, bottom, left, right = _trimmed(alpha)
    return np.ascontiguousarray(_straight(rgba, alpha, light)[top:bottom, left:right]), light


def _trimmed(alpha: Float32[np.ndarray, "h w"]) -> tuple[int, int, int, int]:
    rows, columns = np.flatnonzero(alpha.max(1) > TRIM_ALPHA), np.flatnonzero(alpha.max(0) > TRIM_ALPHA)
    return int(rows[0]), int(rows[-1]) + 1, int(columns[0]), int(columns[-1]) + 1


def _straight(rgba: Float32[np.ndarray, "h w 4"], alpha: np.ndarray, light: Light) -> UInt8[np.ndarray, "h w 4"]:
    colours = developed(rgba[..., :3] / np.maximum(alpha, 1e-3)[..., None], light.gain)
    # An unseen pixel takes the mean colour, so that resizing never mixes in black.
    colours[alpha == 0] = colours[alpha > TRIM_ALPHA].mean(0).round()
    return np.dstack([colours, np.rint(alpha * 255).astype(np.uint8)])


def _shrunk(alpha: Float32[np.ndarray, "ch cw"], crop: Crop, camera: Camera) -> UInt8[np.ndarray, "h w"]:
    whole = np.zeros((camera.height_px * crop.scale, camera.width_px * crop.scale), np.float32)
    whole[crop.top_px : crop.top_px + crop.height_px, crop.left_px : crop.left_px + crop.width_px] = alpha
    small = cv2.resize(whole, (camera.width_px, camera.height_px), interpolation=cv2.INTER_AREA)
    return np.rint(255 * np.clip(small, 0, 1)).astype(np.uint8)
