"""What is wrong with one triple, beyond that its files can be decoded."""

from collections.abc import Iterator, Sequence
from itertools import islice

import numpy as np

from situate.records.triple import Triple

MAX_BOX_SIDE = 4.0
"""In pictures: an object that is cut off by the border may be larger than the picture, but not by much."""


def problems_of(triple: Triple) -> Iterator[str]:
    """Yield what is wrong with a triple that was read, in words."""
    yield from _box_problems(triple.box_cxcywh, "the box")
    if not triple.foreground[..., 3].any():
        yield "the foreground is transparent everywhere"
    if triple.places is not None:
        problems = (
            problem for place in triple.places.tolist() for problem in _box_problems(place, "one of the places")
        )
        yield from islice(problems, 1)
    if triple.source == "places":
        # Nothing is put into its background.
        return
    if not triple.visible_alpha.any():
        yield "nothing of the object is seen"
    yield from _change_problems(triple)


def _box_problems(box_cxcywh: Sequence[float], name: str) -> Iterator[str]:
    centre_x, centre_y, width, height = box_cxcywh
    sides = [round(side, 4) for side in (width, height)]
    if not all(0 < side <= MAX_BOX_SIDE for side in sides):
        yield f"{name} is {sides[0]} x {sides[1]} pictures large, not above 0 and up to {MAX_BOX_SIDE:g}"
    elif abs(centre_x - 0.5) > (1 + width) / 2 or abs(centre_y - 0.5) > (1 + height) / 2:
        yield f"{name} around {centre_x:.3f}, {centre_y:.3f} lies outside the picture"


def _change_problems(triple: Triple) -> Iterator[str]:
    """Photographs change where they were repaired only; scenes and static cameras, within the effect."""
    place = "hole" if triple.source == "photos" else "effect"
    may_change = (triple.hole if place == "hole" else triple.effect) > 0
    num_changed = int(((triple.background != triple.composite).any(axis=2) & ~may_change).sum())
    if num_changed:
        yield f"background and composite differ in {num_changed} pixels outside the {place}"
    if not np.any(may_change):
        yield f"the {place} is empty"
