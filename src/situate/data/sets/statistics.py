"""What a data set holds, in numbers: counts, sizes and places of objects, pictures, cut-outs, decoys."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from jaxtyping import Int64, UInt8

from situate.data.sets.output import Progress
from situate.data.store import TripleStore
from situate.errors import DataError

PLACE_GRID_WH = (24, 18)
QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95)
DIGITS = 4


@dataclass(frozen=True)
class Statistics:
    """Numbers of a data set.

    Attributes:
        name: Of the folder.
        num_triples: How many.
        counts: For `source`, `kind` and `picture` (width x height): triples of each, most frequent first.
        triples_per_group: One number a group.
        values: For every measure one number a triple that has it: `height` and `width` as fractions of the picture's,
            `height_px`, `aspect` (width / height in pixels), `visible` (share of the object's alpha that is seen),
            `soft_edge` (share of the cut-out's pixels that are neither opaque nor empty), `quality`, `decoys`,
            `num_places` (where the object could stand as well).
        places: Objects whose bottom centre lies in each cell of the picture.
        num_outside: Objects whose bottom centre is outside the picture.
    """

    name: str
    num_triples: int
    counts: Mapping[str, Mapping[str, int]]
    triples_per_group: Sequence[int]
    values: Mapping[str, Sequence[float | int]]
    places: Int64[np.ndarray, "gh gw"]
    num_outside: int

    def to_json(self) -> dict[str, Any]:
        """Return plain values; of every measure its number, mean and quantiles."""
        return {
            "name": self.name,
            "num_triples": self.num_triples,
            "num_groups": len(self.triples_per_group),
            "counts": {name: dict(counts) for name, counts in self.counts.items()},
            "triples_per_group": summary(self.triples_per_group),
            "values": {name: summary(values) for name, values in self.values.items() if values},
            "places": {"cells": self.places.tolist(), "num_outside": self.num_outside},
        }


def statistics_of(store: TripleStore, *, progress: Progress | None = None) -> Statistics:
    """Measure every triple of a data set.

    Raises:
        DataError: If a picture is missing or damaged.
    """
    rows = []
    for index in range(len(store)):
        rows.append(_measured(store, index))
        if progress is not None:
            progress(index + 1, len(store))
    sizes = [f"{row['width_px']} x {row['height_px']}" for row in rows]
    places, num_outside = _places([label["box_cxcywh"] for label in store.labels])
    measures = {name: [row["values"][name] for row in rows if name in row["values"]] for name in _MEASURES}
    return Statistics(
        name=store.folder.resolve().name,
        num_triples=len(store),
        counts={
            "source": _counted([label["source"] for label in store.labels]),
            "kind": _counted([label["kind"] for label in store.labels]),
            "picture": _counted(sizes),
        },
        triples_per_group=sorted(Counter(label["group"] for label in store.labels).values()),
        values=measures,
        places=places,
        num_outside=num_outside,
    )


def summary(values: Sequence[float | int]) -> dict[str, float | int]:
    """Return number, mean, extremes and quantiles."""
    quantiles = {f"p{round(100 * share):02d}": float(np.quantile(values, share)) for share in QUANTILES}
    found = {"mean": float(np.mean(values)), "min": float(min(values)), **quantiles, "max": float(max(values))}
    return {"num": len(values), **{name: round(value, DIGITS) for name, value in found.items()}}


_MEASURES = ("height", "width", "height_px", "aspect", "visible", "soft_edge", "quality", "decoys", "num_places")


def _measured(store: TripleStore, index: int) -> dict[str, Any]:
    label = store.labels[index]
    foreground = store.picture(index, "foreground")
    visible = store.picture(index, "visible_alpha")
    # What was never put into its background is not seen there either.
    picture = store.picture(index, "background") if visible is None else visible
    if picture is None or foreground is None:
        raise DataError(f"{store.folder}: {store.keys[index]} has no pictures; make the data set again")
    height_px, width_px = picture.shape[:2]
    _, _, width, height = label["box_cxcywh"]
    values = {
        "height": height,
        "width": width,
        "height_px": height * height_px,
        "aspect": width * width_px / max(height * height_px, 1e-6),
        "soft_edge": _soft_edge(foreground[..., 3]),
    }
    if visible is not None:
        whole_px = foreground[..., 3].mean() * width * width_px * height * height_px
        values["visible"] = min(1.0, float(visible.sum()) / max(float(whole_px), 1e-6))
    if label.get("places") is not None:
        values["num_places"] = len(label["places"])
    if label.get("quality") is not None:
        values["quality"] = label["quality"]
    decoys = store.picture(index, "decoys")
    if decoys is not None and decoys.shape == (height_px, width_px, 4):
        values["decoys"] = _num_regions(decoys[..., 3])
    return {"width_px": width_px, "height_px": height_px, "values": values}


def _soft_edge(alpha: UInt8[np.ndarray, "h w"]) -> float:
    num_shown = int((alpha > 0).sum())
    return float(((alpha > 0) & (alpha < 255)).sum()) / max(num_shown, 1)


def _num_regions(mask: UInt8[np.ndarray, "h w"]) -> int:
    return cv2.connectedComponents((mask > 0).astype(np.uint8))[0] - 1


def _places(boxes_cxcywh: Sequence[Sequence[float]]) -> tuple[Int64[np.ndarray, "gh gw"], int]:
    columns, rows = PLACE_GRID_WH
    places = np.zeros((rows, columns), np.int64)
    num_outside = 0
    for centre_x, centre_y, _, height in boxes_cxcywh:
        column, row = int(np.floor(centre_x * columns)), int(np.floor((centre_y + height / 2) * rows))
        # An object that stands on the picture's lower edge is in its last row.
        row = rows - 1 if row == rows and abs(centre_y + height / 2 - 1) < 0.5 / rows else row
        if 0 <= column < columns and 0 <= row < rows:
            places[row, column] += 1
        else:
            num_outside += 1
    return places, num_outside


def _counted(words: Sequence[str]) -> dict[str, int]:
    return dict(sorted(Counter(words).items(), key=lambda item: (-item[1], item[0])))
