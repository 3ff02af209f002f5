"""Which triples of a fixed camera show one object on its way: a pass is that object, frame after frame."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

from situate.data.loader import TripleUnion
from situate.evaluation.metrics import box_iou
from situate.geometry.canvas import BoxCxcywh

MIN_FRAMES_APART = 10
"""A cut-out of another frame comes from at least so many frames before or after."""
MAX_FRAMES_LINKED, MIN_LINK_IOU = 10, 0.3
"""In frames no farther apart, boxes that overlap by as much, and neither overlaps another more, are one object."""

_KEY = re.compile(r"(?P<clip>.*?)(?P<frame>\d+)-object\d+")


@dataclass(frozen=True)
class Sighting:
    """An object in one frame.

    Attributes:
        index: Of its triple.
        clip: The camera's clip.
        frame: The number of the frame in its file's name.
        box_cxcywh: Where the object is.
    """

    index: int
    clip: str
    frame: int
    box_cxcywh: BoxCxcywh


class Passes:
    """Objects on their way past fixed cameras."""

    def __init__(self, passes: Sequence[Sequence[Sighting]]) -> None:
        """Look up by triple what `passes` says, each the sightings of one object."""
        self._passes = passes
        self._number_of: Mapping[int, int] = {
            sighting.index: number for number, one in enumerate(passes) for sighting in one
        }

    def __len__(self) -> int:
        """Number of passes."""
        return len(self._passes)

    def number_of(self, index: int) -> int | None:
        """Number of the pass that triple `index` belongs to; None if its frame is not known."""
        return self._number_of.get(index)

    def other_frame(self, index: int) -> int | None:
        """The triple with the same object in the nearest frame `MIN_FRAMES_APART` or more away, if there is one.

        Of two equally near frames it is that in which the object is larger.
        """
        number = self.number_of(index)
        if number is None:
            return None
        own = next(one for one in self._passes[number] if one.index == index)
        far = [one for one in self._passes[number] if abs(one.frame - own.frame) >= MIN_FRAMES_APART]
        if not far:
            return None
        return min(far, key=lambda one: (abs(one.frame - own.frame), -one.box_cxcywh[2] * one.box_cxcywh[3])).index


def passes_of(union: TripleUnion) -> Passes:
    """Find the passes in all triples of the source `static`, of which no picture is decoded."""
    return Passes(find_passes(_sightings(union)))


def find_passes(sightings: Iterable[Sighting]) -> list[list[Sighting]]:
    """Join sightings of one object: boxes of near frames that overlap, each the other's best match."""
    passes: list[list[Sighting]] = []
    ordered = sorted(sightings, key=lambda one: (one.clip, one.frame, one.index))
    for (clip, frame), seen in groupby(ordered, key=lambda one: (one.clip, one.frame)):
        alive = [one for one in passes if one[-1].clip == clip and frame - one[-1].frame <= MAX_FRAMES_LINKED]
        now = list(seen)
        overlaps = [[box_iou(one[-1].box_cxcywh, sighting.box_cxcywh) for one in alive] for sighting in now]
        for number, sighting in enumerate(now):
            followed = _best_match(overlaps, number)
            if followed is None:
                passes.append([sighting])
            else:
                alive[followed].append(sighting)
    return passes


def _best_match(overlaps: Sequence[Sequence[float]], number: int) -> int | None:
    """The pass that a sighting overlaps most, if that pass overlaps no other sighting more."""
    row = overlaps[number]
    if not row or max(row) < MIN_LINK_IOU:
        return None
    best = row.index(max(row))
    column = [other[best] for other in overlaps]
    return best if column.index(max(column)) == number else None


def _sightings(union: TripleUnion) -> list[Sighting]:
    sightings, index = [], 0
    for folder, store in enumerate(union.stores):
        for key, label in zip(store.keys, store.labels, strict=True):
            named = _KEY.fullmatch(key)
            if label["source"] == "static" and named is not None:
                clip = f"{folder}:{label['group']}:{named['clip']}"
                sightings.append(Sighting(index, clip, int(named["frame"]), tuple(label["box_cxcywh"])))
            index += 1
    return sightings
