"""Feet and heights of annotated objects, read from a data set and kept in the plan."""

from collections.abc import Sequence

import numpy as np

from situate.labels.coco import CocoDataset, CocoImage
from situate.seeds import seed_for

MAX_POINTS = 2000
"""Of a class; more are drawn from."""
Points = Sequence[tuple[float, float]]
"""Row of the foot as a share of the picture's height, and the natural logarithm of the object's height as one."""


def stands_in(dataset: CocoDataset, images: Sequence[CocoImage], least: int, seed: int) -> dict[str, Points]:
    """Read feet and heights of the classes that have at least `least` annotated objects.

    Args:
        dataset: The annotations.
        images: The pictures that count.
        least: 0 reads nothing.
        seed: Of the draw where a class has very many.
    """
    if not least:
        return {}
    heights = {image.id: image.height for image in images if image.height}
    found: dict[str, list[tuple[float, float]]] = {}
    names = dataset.category_names()
    for one in dataset.annotations:
        if one.image_id in heights and one.box_xywh_px is not None and not one.is_crowd and not one.has_empty_box:
            _, top, _, height = (side / heights[one.image_id] for side in one.box_xywh_px)
            found.setdefault(names[one.category_id], []).append(
                (round(top + height, 4), round(float(np.log(height)), 4))
            )
    return {kind: _drawn(points, kind, seed) for kind, points in sorted(found.items()) if len(points) >= least}


def _drawn(points: list[tuple[float, float]], kind: str, seed: int) -> Points:
    if len(points) <= MAX_POINTS:
        return points
    places = np.random.default_rng(seed_for(seed, "stands", kind)).choice(len(points), MAX_POINTS, replace=False)
    return [points[place] for place in sorted(places)]
