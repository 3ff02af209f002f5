"""The label of a triple on disk: all that is not a picture, as JSON."""

import math
from typing import Any, get_args

from situate.records.triple import Source, Triple


def label_of(triple: Triple) -> dict[str, Any]:
    """Return what stands in a triple's label."""
    description: dict[str, Any] = {
        "group": triple.group,
        "source": triple.source,
        "kind": triple.kind,
        "box_cxcywh": [round(float(value), 7) for value in triple.box_cxcywh],
    }
    return description if triple.truth is None else description | {"truth": dict(triple.truth)}


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
    if not (isinstance(box_cxcywh, list) and len(box_cxcywh) == 4 and all(map(_is_number, box_cxcywh))):
        return f"has the box {box_cxcywh!r}, which is not four numbers"
    return None


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and math.isfinite(value)
