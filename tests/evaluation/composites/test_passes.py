"""Passes: an object is followed from frame to frame, and its cut-out of another frame is found."""

from dataclasses import replace

import pytest
from tests.synthetic import synthetic_triple

from situate.data.loader import TripleUnion
from situate.data.writer import TripleWriter
from situate.evaluation.composites.passes import Passes, Sighting, find_passes, passes_of


def sighting(index: int, frame: int, cx: float, *, cy: float = 0.5, side: float = 0.2, clip: str = "road") -> Sighting:
    return Sighting(index, clip, frame, (cx, cy, side, side))


def indices(passes) -> list[list[int]]:
    return [[one.index for one in sightings] for sightings in passes]


def test_an_object_that_moves_less_than_its_size_is_one_pass():
    assert indices(find_passes([sighting(n, 6 * n, 0.1 + 0.05 * n) for n in range(5)])) == [[0, 1, 2, 3, 4]]


@pytest.mark.parametrize(
    "second",
    [
        sighting(1, 6, 0.5),  # elsewhere
        sighting(1, 11, 0.1),  # at the same place, but too long afterwards: another may have come
        sighting(1, 6, 0.1, clip="yard"),  # before another camera
        sighting(1, 6, 0.1, side=0.1),  # of another size
        sighting(1, 0, 0.12),  # in the same frame
    ],
)
def test_what_may_be_another_object_begins_a_pass(second):
    assert indices(find_passes([sighting(0, 0, 0.1), second])) == [[0], [1]]


def test_two_objects_that_claim_one_pass_are_told_apart_by_their_overlap():
    first, near, nearer = sighting(0, 0, 0.10), sighting(1, 6, 0.19), sighting(2, 6, 0.12)
    assert indices(find_passes([first, near, nearer])) == [[0, 2], [1]]


def test_the_other_frame_is_the_nearest_that_is_far_enough_away():
    passes = Passes(find_passes([sighting(n, 6 * n, 0.1 + 0.02 * n) for n in range(4)]))
    assert [passes.other_frame(n) for n in range(4)] == [2, 3, 0, 1]
    assert passes.other_frame(9) is None


def test_of_two_frames_equally_near_the_larger_object_is_taken():
    approaching = Passes(find_passes([sighting(n, 10 * n, 0.3, side=0.2 + 0.02 * n) for n in range(3)]))
    assert approaching.other_frame(1) == 2
    leaving = Passes(find_passes([sighting(n, 10 * n, 0.3, side=0.2 - 0.02 * n) for n in range(3)]))
    assert leaving.other_frame(1) == 0


def test_a_short_pass_has_no_other_frame():
    assert Passes(find_passes([sighting(0, 0, 0.1), sighting(1, 6, 0.1)])).other_frame(0) is None


def test_frames_are_read_from_the_keys_of_fixed_cameras_only(tmp_path):
    triple = replace(synthetic_triple(0), source="static")
    keys = {
        "road-000006-object1": "static",
        "road-000018-object2": "static",
        "other": "static",
        "p-1-object1": "photos",
    }
    with TripleWriter(tmp_path / "set") as writer:
        for key, source in keys.items():
            writer.write(replace(triple, key=key, source=source))
        writer.finish({"source": "static"})
    union = TripleUnion([tmp_path / "set"])
    known = [key for index, key in enumerate(union.stores[0].keys) if passes_of(union).number_of(index) is not None]
    assert known == ["road-000006-object1", "road-000018-object2"]
