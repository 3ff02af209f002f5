"""Augmentations: paired ones move background, composite and box together; light ones change what only meaning can match."""

from dataclasses import replace

import cv2
import numpy as np
from jaxtyping import UInt8

from situate.records.triple import Triple

JPEG_QUALITY = (60, 96)
EXPOSURE_STOPS, WHITE_BALANCE_STOPS, GAMMA_STOPS = 0.5, 0.12, 0.25


def flipped(triple: Triple) -> Triple:
    """Mirror every picture and the box, left to right."""
    cx, cy, w, h = triple.box_cxcywh
    pictures = ("background", "composite", "foreground", "visible_alpha", "effect", "hole")
    mirrored = {name: np.ascontiguousarray(getattr(triple, name)[:, ::-1]) for name in pictures}
    return replace(triple, **mirrored, box_cxcywh=(1 - cx, cy, w, h))


def with_paired_light(triple: Triple, generator: np.random.Generator) -> Triple:
    """Change exposure and white balance of background and composite together."""
    table = light_table(generator, EXPOSURE_STOPS / 2, WHITE_BALANCE_STOPS, 0.0)
    return replace(triple, background=_look_up(triple.background, table), composite=_look_up(triple.composite, table))


def with_foreground_light(triple: Triple, generator: np.random.Generator) -> Triple:
    """Change light and contrast of the foreground alone, so that its colours must be learnt from the scene."""
    table = light_table(generator, EXPOSURE_STOPS, WHITE_BALANCE_STOPS, GAMMA_STOPS)
    colours = _look_up(np.ascontiguousarray(triple.foreground[..., :3]), table)
    return replace(triple, foreground=np.dstack([colours, triple.foreground[..., 3]]))


def with_paired_jpeg(triple: Triple, generator: np.random.Generator) -> Triple:
    """Pass background and composite through the same JPEG quality, so that neither shows where it was repaired."""
    quality = int(generator.integers(*JPEG_QUALITY))
    return replace(
        triple, background=_through_jpeg(triple.background, quality), composite=_through_jpeg(triple.composite, quality)
    )


def light_table(
    generator: np.random.Generator, exposure_stops: float, white_balance_stops: float, gamma_stops: float
) -> UInt8[np.ndarray, "256 3"]:
    """Draw a curve per channel: gain within +- `exposure_stops`, colour within +- `white_balance_stops`, then gamma."""
    stops = generator.uniform(-exposure_stops, exposure_stops)
    stops = stops + generator.uniform(-white_balance_stops, white_balance_stops, 3)
    gamma = 2 ** generator.uniform(-gamma_stops, gamma_stops)
    linear = (np.arange(256)[:, None] / 255) ** _DISPLAY_GAMMA * 2**stops
    return np.clip(np.round(255 * linear ** (gamma / _DISPLAY_GAMMA)), 0, 255).astype(np.uint8)


_DISPLAY_GAMMA = 2.2


def _look_up(pixels: UInt8[np.ndarray, "h w 3"], table: UInt8[np.ndarray, "256 3"]) -> UInt8[np.ndarray, "h w 3"]:
    return cv2.LUT(pixels, table[None])


def _through_jpeg(pixels: UInt8[np.ndarray, "h w 3"], quality: int) -> UInt8[np.ndarray, "h w 3"]:
    done, content = cv2.imencode(".jpg", pixels, [cv2.IMWRITE_JPEG_QUALITY, quality])
    assert done, "cv2 could not encode a JPEG"
    return cv2.imdecode(content, cv2.IMREAD_COLOR)
