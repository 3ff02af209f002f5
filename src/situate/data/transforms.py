"""Augmentations: paired ones change background, composite and box together, the others the foreground alone."""

import math
from dataclasses import replace
from typing import Any

import cv2
import numpy as np
from jaxtyping import Float, Float32, UInt8

from situate.records.triple import MIRRORED_FACINGS, Triple

JPEG_QUALITY = (60, 96)
RESAMPLING = (0.8, 1.0)
"""Pictures are reduced to this share of their size and enlarged again."""
MAX_NOISE = 2.0
"""Standard deviation of the noise at most, in levels of 255."""
MIN_CROP_SHARE = 0.7
MAX_TURN_DEG, TURNED_SCALE, MIN_TURNED_PX = 8.0, (0.5, 1.0), 24
EXPOSURE_STOPS, WHITE_BALANCE_STOPS, GAMMA_STOPS = 0.5, 0.12, 0.25
MIN_REDUCED_PX = 96
"""The longer side of a reduced picture is at least this."""
HUE_DEG, SATURATION = 60.0, (0.3, 1.3)

# These belong to the picture as it was made; training does not use them.
_UNKNOWN: dict[str, Any] = {"decoys": None, "amodal_alpha": None, "support": None, "truth": None}


def flipped(triple: Triple) -> Triple:
    """Mirror every picture and the box, left to right."""
    cx, cy, w, h = triple.box_cxcywh
    pictures = ("background", "composite", "foreground", "visible_alpha", "effect", "hole")
    mirrored = {name: np.ascontiguousarray(getattr(triple, name)[:, ::-1]) for name in pictures}
    light = None if triple.light is None else triple.light[:, list(MIRRORED_FACINGS)]
    places = None
    if triple.places is not None:
        places = np.concatenate([1 - triple.places[:, :1], triple.places[:, 1:]], 1)
    return replace(triple, **mirrored, **_UNKNOWN, box_cxcywh=(1 - cx, cy, w, h), light=light, places=places)


def cropped(triple: Triple, generator: np.random.Generator) -> Triple:
    """Take a random part of the pictures, of the same shape, that holds the whole box; if none is found, take all."""
    height_px, width_px = triple.background.shape[:2]
    cx, cy, w, h = triple.box_cxcywh
    for _ in range(_CROP_TRIES):
        share = generator.uniform(MIN_CROP_SHARE, 1)
        left, top = generator.uniform(0, 1 - share, 2)
        fits_x = left <= cx - w / 2 and cx + w / 2 <= left + share
        if fits_x and top <= cy - h / 2 and cy + h / 2 <= top + share:
            break
    else:
        return triple
    columns = slice(round(left * width_px), round((left + share) * width_px))
    rows = slice(round(top * height_px), round((top + share) * height_px))
    pictures = ("background", "composite", "visible_alpha", "effect", "hole")
    parts = {name: np.ascontiguousarray(getattr(triple, name)[rows, columns]) for name in pictures}
    part_width, part_height = columns.stop - columns.start, rows.stop - rows.start
    scale = width_px / part_width, height_px / part_height
    shift = columns.start / part_width, rows.start / part_height
    box_cxcywh = (cx * scale[0] - shift[0], cy * scale[1] - shift[1], w * scale[0], h * scale[1])
    places = None if triple.places is None else _wholly_inside(triple.places * (scale * 2) - (*shift, 0, 0))
    return replace(triple, **parts, **_UNKNOWN, box_cxcywh=box_cxcywh, places=places)


def reduced(triple: Triple, generator: np.random.Generator) -> Triple:
    """Make every picture but the cut-out smaller: composing meets pictures of all sizes, and enlarged ones are blurred.

    The longer side is drawn log-uniformly between `MIN_REDUCED_PX` and its own length.
    """
    height_px, width_px = triple.background.shape[:2]
    longest_px = max(height_px, width_px)
    if longest_px <= MIN_REDUCED_PX:
        return triple
    scale = float(np.exp(generator.uniform(np.log(MIN_REDUCED_PX / longest_px), 0)))
    size_wh = max(1, round(scale * width_px)), max(1, round(scale * height_px))
    pictures = ("background", "composite", "visible_alpha", "effect", "hole")
    small = {name: cv2.resize(getattr(triple, name), size_wh, interpolation=cv2.INTER_AREA) for name in pictures}
    return replace(triple, **small, **_UNKNOWN)


def _wholly_inside(places: Float[np.ndarray, "k 4"]) -> Float32[np.ndarray, "j 4"]:
    """Keep the boxes of a picture's true distribution that a part of it holds: theirs is that of the part."""
    low, high = places[:, :2] - places[:, 2:] / 2, places[:, :2] + places[:, 2:] / 2
    return places[((low >= 0) & (high <= 1)).all(1)].astype(np.float32)


def with_paired_light(triple: Triple, generator: np.random.Generator) -> Triple:
    """Change exposure and white balance of all three pictures together, as another camera would have."""
    stops, gamma = draw_light_change(generator, EXPOSURE_STOPS / 2, WHITE_BALANCE_STOPS, 0.0)
    table = light_table(stops, gamma)
    return replace(
        triple,
        light=None if triple.light is None else triple.light + np.float32(np.log(2)) * stops.astype(np.float32),
        background=_look_up(triple.background, table),
        composite=_look_up(triple.composite, table),
        foreground=_with_colours(triple.foreground, table),
    )


def with_foreground_light(triple: Triple, generator: np.random.Generator) -> Triple:
    """Change light and contrast of the foreground alone, so that its colours must be learnt from the scene."""
    table = light_table(*draw_light_change(generator, EXPOSURE_STOPS, WHITE_BALANCE_STOPS, GAMMA_STOPS))
    return replace(triple, foreground=_with_colours(triple.foreground, table), light=None)


def recoloured(
    foreground: UInt8[np.ndarray, "fh fw 4"], generator: np.random.Generator
) -> UInt8[np.ndarray, "fh fw 4"]:
    """Give a cut-out other colours: another hue, more or less saturated, in another light.

    Where a thing may stand does not depend on its colours, which training would otherwise know it by.
    """
    hue, lightness, saturation = cv2.split(cv2.cvtColor(np.ascontiguousarray(foreground[..., :3]), cv2.COLOR_RGB2HLS))
    turn = round(generator.uniform(-HUE_DEG, HUE_DEG) / 2)  # OpenCV's hues have 180 steps
    hue = ((hue.astype(np.int16) + turn) % 180).astype(np.uint8)
    saturation = np.clip(saturation * np.float32(generator.uniform(*SATURATION)), 0, 255).astype(np.uint8)
    colours = cv2.cvtColor(cv2.merge([hue, lightness, saturation]), cv2.COLOR_HLS2RGB)
    table = light_table(*draw_light_change(generator, EXPOSURE_STOPS, WHITE_BALANCE_STOPS, GAMMA_STOPS))
    return np.dstack([_look_up(colours, table), foreground[..., 3]])


def turned(foreground: UInt8[np.ndarray, "fh fw 4"], generator: np.random.Generator) -> UInt8[np.ndarray, "h w 4"]:
    """Turn a cut-out a little and make it smaller; what the placement network then sees matches no hole exactly."""
    height, width = foreground.shape[:2]
    degrees, scale = generator.uniform(-MAX_TURN_DEG, MAX_TURN_DEG), generator.uniform(*TURNED_SCALE)
    scale = max(scale, min(1.0, MIN_TURNED_PX / max(height, width)))
    matrix = cv2.getRotationMatrix2D((width / 2, height / 2), degrees, scale)
    cos, sin = abs(matrix[0, :2])
    size_wh = math.ceil(height * sin + width * cos), math.ceil(height * cos + width * sin)
    matrix[:, 2] += np.array(size_wh) / 2 - (width / 2, height / 2)
    alpha = foreground[..., 3:].astype(np.float32) / 255
    layers = np.dstack([foreground[..., :3] * alpha, alpha])
    moved = cv2.warpAffine(layers, matrix, size_wh, flags=cv2.INTER_LINEAR)
    colours = moved[..., :3] / np.maximum(moved[..., 3:], _TINY_ALPHA)
    return np.round(np.dstack([colours, 255 * moved[..., 3:]])).clip(0, 255).astype(np.uint8)


def with_paired_wear(triple: Triple, generator: np.random.Generator) -> Triple:
    """Wear background and composite alike, so that neither shows where it was repaired (docs/photos.md).

    Both are resampled, get the same noise and pass through the same JPEG quality: where they agreed they agree still,
    but for what JPEG blocks carry over the hole's border.
    """
    scale = generator.uniform(*RESAMPLING)
    noise = generator.normal(0, generator.uniform(0, MAX_NOISE), triple.background.shape).astype(np.float32)
    quality = int(generator.integers(*JPEG_QUALITY))

    def worn(pixels: UInt8[np.ndarray, "h w 3"]) -> UInt8[np.ndarray, "h w 3"]:
        resampled = _resampled(pixels, scale)
        noisy = np.clip(np.round(resampled + noise), 0, 255).astype(np.uint8)
        return _through_jpeg(noisy, quality)

    return replace(triple, background=worn(triple.background), composite=worn(triple.composite))


def draw_light_change(
    generator: np.random.Generator, exposure_stops: float, white_balance_stops: float, gamma_stops: float
) -> tuple[Float[np.ndarray, "3"], float]:
    """Draw stops per channel: all within +- `exposure_stops`, each within +- `white_balance_stops`; then gamma."""
    stops = generator.uniform(-exposure_stops, exposure_stops)
    stops = stops + generator.uniform(-white_balance_stops, white_balance_stops, 3)
    return stops, float(2 ** generator.uniform(-gamma_stops, gamma_stops))


def light_table(stops: Float[np.ndarray, "3"], gamma: float) -> UInt8[np.ndarray, "256 3"]:
    """Return a curve per channel: the gain of so many stops, then gamma."""
    linear = (np.arange(256)[:, None] / 255) ** _DISPLAY_GAMMA * 2**stops
    return np.clip(np.round(255 * linear ** (gamma / _DISPLAY_GAMMA)), 0, 255).astype(np.uint8)


_DISPLAY_GAMMA = 2.2
_CROP_TRIES = 4
_TINY_ALPHA = 1 / 512


def _with_colours(
    foreground: UInt8[np.ndarray, "fh fw 4"], table: UInt8[np.ndarray, "256 3"]
) -> UInt8[np.ndarray, "fh fw 4"]:
    colours = _look_up(np.ascontiguousarray(foreground[..., :3]), table)
    return np.dstack([colours, foreground[..., 3]])


def _look_up(pixels: UInt8[np.ndarray, "h w 3"], table: UInt8[np.ndarray, "256 3"]) -> UInt8[np.ndarray, "h w 3"]:
    return cv2.LUT(pixels, table[None])


def _resampled(pixels: UInt8[np.ndarray, "h w 3"], scale: float) -> UInt8[np.ndarray, "h w 3"]:
    height, width = pixels.shape[:2]
    small_wh = max(1, round(scale * width)), max(1, round(scale * height))
    small = cv2.resize(pixels, small_wh, interpolation=cv2.INTER_AREA)
    return cv2.resize(small, (width, height), interpolation=cv2.INTER_CUBIC)


def _through_jpeg(pixels: UInt8[np.ndarray, "h w 3"], quality: int) -> UInt8[np.ndarray, "h w 3"]:
    done, content = cv2.imencode(".jpg", cv2.cvtColor(pixels, cv2.COLOR_RGB2BGR), [cv2.IMWRITE_JPEG_QUALITY, quality])
    assert done, "cv2 could not encode a JPEG"
    return cv2.cvtColor(np.asarray(cv2.imdecode(content, cv2.IMREAD_COLOR)), cv2.COLOR_BGR2RGB)
