"""The label of a triple on disk: all that is not a picture, as JSON."""

import math
from collections.abc import Mapping
from typing import Any, get_args

import numpy as np
from jaxtyping import Float, Float32

from situate.records.triple import LIGHT_SHAPE, Source, Triple

_LIGHT_DIGITS = 4
_PLACES_DIGITS = 5


def label_of(triple: Triple) -> dict[str, Any]:
    """Return what stands in a triple's label."""
    description: dict[str, Any] = {
        "group": triple.group,
        "source": triple.source,
        "kind": triple.kind,
        "box_cxcywh": [round(float(value), 7) for value in triple.box_cxcywh],
    }
    if triple.light is not None:
        description["light"] = triple.light.round(_LIGHT_DIGITS).astype(float).round(_LIGHT_DIGITS).tolist()
    if triple.quality is not None:
        description["quality"] = round(triple.quality, 4)
    if triple.places is not None:
        description["places"] = rounded_places(triple.places)
    return description if triple.truth is None else description | {"truth": dict(triple.truth)}


def rounded_places(places: Float[np.ndarray, "k 4"]) -> list[list[float]]:
    """Return boxes as they stand in a label."""
    return [[round(float(value), _PLACES_DIGITS) for value in place] for place in places]


def places_of(label: Mapping[str, Any]) -> Float32[np.ndarray, "k 4"] | None:
    """Return the places that stand in a label; None if there are none."""
    return np.asarray(label["places"], np.float32).reshape(-1, 4) if label.get("places") is not None else None


def light_of(label: Mapping[str, Any]) -> Float32[np.ndarray, "2 5 3"] | None:
    """Return the light that stands in a label; None if there is none."""
    return np.asarray(label["light"], np.float32) if label.get("light") is not None else None


def label_problem(label: Any) -> str | None:
    """Say what is wrong with a label that was read; None if nothing is."""
    if not isinstance(label, dict):
        return "is not an object"
    missing = [name for name in ("group", "source", "kind", "box_cxcywh") if name not in label]
    if missing:
        return f"has no {', '.join(missing)}"
    if label["source"] not in get_args(Source):
        return f"has the source {label['source']!r}, which is none of {', '.join(get_args(Source))}"
    box_cxcywh = label["box_cxcywh"]
    if not _is_box(box_cxcywh):
        return f"has the box {box_cxcywh!r}, which is not four numbers"
    if not _is_corner(label.get("patch_xy", [0, 0])):
        return f"has the patch_xy {label['patch_xy']!r}, which is not two whole numbers"
    return _optional_problem(label)


def _optional_problem(label: Mapping[str, Any]) -> str | None:
    if not (label.get("quality") is None or _is_number(label["quality"])):
        return f"has the quality {label['quality']!r}, which is not a number"
    if not _is_light(label.get("light")):
        return "has a light that is not 2 x 5 x 3 numbers"
    return _places_problem(label)


def _places_problem(label: Mapping[str, Any]) -> str | None:
    places = label.get("places")
    if places is None:
        return "has no places" if label["source"] == "places" else None
    if not (isinstance(places, list) and all(map(_is_box, places))):
        return "has places that are not lists of four numbers"
    return None


def _is_box(value: Any) -> bool:
    return isinstance(value, list) and len(value) == 4 and all(map(_is_number, value))


def _is_corner(value: Any) -> bool:
    return isinstance(value, list) and len(value) == 2 and all(type(one) is int and one >= 0 for one in value)


def _is_light(value: Any) -> bool:
    if value is None:
        return True
    try:
        numbers = np.asarray(value, np.float32)
    except (TypeError, ValueError):
        return False
    return numbers.shape == LIGHT_SHAPE and bool(np.isfinite(numbers).all())


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and math.isfinite(value)
