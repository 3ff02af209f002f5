"""Augmentations: paired ones change background, composite and box together, the others the foreground alone."""

from dataclasses import replace
from typing import Any

import cv2
import numpy as np
from jaxtyping import Float, UInt8

from situate.records.triple import MIRRORED_FACINGS, Triple

JPEG_QUALITY = (60, 96)
RESAMPLING = (0.8, 1.0)
"""Pictures are reduced to this share of their size and enlarged again."""
MAX_NOISE = 2.0
"""Standard deviation of the noise at most, in levels of 255."""
MIN_CROP_SHARE = 0.7
EXPOSURE_STOPS, WHITE_BALANCE_STOPS, GAMMA_STOPS = 0.5, 0.12, 0.25

# These belong to the picture as it was made; training does not use them.
_UNKNOWN: dict[str, Any] = {"decoys": None, "amodal_alpha": None, "support": None, "truth": None}


def flipped(triple: Triple) -> Triple:
    """Mirror every picture and the box, left to right."""
    cx, cy, w, h = triple.box_cxcywh
    pictures = ("background", "composite", "foreground", "visible_alpha", "effect", "hole")
    mirrored = {name: np.ascontiguousarray(getattr(triple, name)[:, ::-1]) for name in pictures}
    light = None if triple.light is None else triple.light[:, list(MIRRORED_FACINGS)]
    return replace(triple, **mirrored, **_UNKNOWN, box_cxcywh=(1 - cx, cy, w, h), light=light)


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
    box_cxcywh = (
        (cx * width_px - columns.start) / part_width,
        (cy * height_px - rows.start) / part_height,
        w * width_px / part_width,
        h * height_px / part_height,
    )
    return replace(triple, **parts, **_UNKNOWN, box_cxcywh=box_cxcywh)


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


def with_paired_wear(triple: Triple, generator: np.random.Generator) -> Triple:
    """Wear background and composite alike, so that neither shows where it was repaired (DESIGN 1.3).

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
