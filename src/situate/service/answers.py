"""Results become what a client has asked for: a PNG file, or JSON with PNG files in it."""

import base64
import json
from collections.abc import Sequence
from typing import Any

from situate.geometry.heatmap import overlay
from situate.imageio.encode import encode_grey_png, encode_picture
from situate.imageio.stamp import CompositeStamp
from situate.imageio.write import JPEG_QUALITY
from situate.pipeline.output import object_entry, placement_entries
from situate.pipeline.places import RankedPlaces
from situate.records.picture import Picture
from situate.records.placement import Composite

JSON, PNG = "application/json", "image/png"


def media_type(accept: str | None, default: str) -> str | None:
    """Return which of PNG and JSON a client would rather have, by its `Accept` header; None if neither will do."""
    wanted: list[tuple[float, int, str]] = []
    for position, part in enumerate((accept or "*/*").split(",")):
        name, *parameters = (piece.strip().lower() for piece in part.split(";"))
        known = {JSON: JSON, PNG: PNG, "image/*": PNG, "application/*": JSON, "*/*": default}.get(name)
        if known is not None and (quality := _quality(parameters)) > 0:
            wanted.append((-quality, position, known))
    return min(wanted)[2] if wanted else None


def _quality(parameters: Sequence[str]) -> float:
    text = next((one.removeprefix("q=") for one in parameters if one.startswith("q=")), "1")
    try:
        return float(text)
    except ValueError:
        return 0.0


def composite_png(composite: Composite) -> bytes:
    """The same bytes as `situate compose` writes."""
    stamp = CompositeStamp(composite.model_fingerprint, composite.seed)
    return encode_picture(composite.picture, ".png", stamp, JPEG_QUALITY)


def composites_json(composites: Sequence[Composite]) -> bytes:
    """Describe composites, best first, with their files in base64."""
    described = {
        "model": composites[0].model_fingerprint,
        "composites": [
            {
                "seed": composite.seed,
                "objects": [
                    object_entry(placed) | {"mask_png": _text(encode_grey_png(placed.visible_alpha))}
                    for placed in composite.objects
                ],
                "picture_png": _text(composite_png(composite)),
                "effect_png": _text(encode_grey_png(composite.effect)),
            }
            for composite in composites
        ],
    }
    return json.dumps(described).encode()


def places_json(found: RankedPlaces, model: str) -> dict[str, Any]:
    """Describe ranked places, best first."""
    resolution_wh = (found.background.width_px, found.background.height_px)
    return {
        "model": model,
        "width_px": resolution_wh[0],
        "height_px": resolution_wh[1],
        "placements": placement_entries(found.placements, resolution_wh),
    }


def heatmap_png(found: RankedPlaces) -> bytes:
    """The picture with how likely each place is, as `situate place --heatmap` writes it."""
    pixels = overlay(found.background.rgb_u8, found.heatmap)
    return encode_picture(Picture(pixels), ".png", None, JPEG_QUALITY)


def _text(content: bytes) -> str:
    return base64.b64encode(content).decode("ascii")
