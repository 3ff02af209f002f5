"""Triples of source `places` at rest and on their way: layouts, checks, numbers, sheets, augmentations."""

import json
import tarfile
from dataclasses import replace

import numpy as np
import pytest
from tests.data.sets.triples import scene, written

from situate.data import transforms
from situate.data.contact_sheet import contact_sheet
from situate.data.sets.merge import merge
from situate.data.sets.split import split
from situate.data.sets.statistics import statistics_of
from situate.data.sets.verify import verify
from situate.data.store import TripleStore
from situate.data.triple_label import label_of, label_problem
from situate.evaluation.data_set.statistics_page import statistics_page
from situate.records.triple import Triple

PLACES = np.array([[0.5, 0.3, 0.1, 0.2], [0.2, 0.8, 0.15, 0.25], [0.9, 0.7, 0.12, 0.3]], np.float32)


def pair(number: int) -> Triple:
    """A background with an object that was never put into it."""
    triple = scene(number)
    nothing = np.zeros_like(triple.effect)
    return Triple(
        key=f"pair-{number}",
        group=triple.group,
        source="places",
        kind="cone",
        background=triple.background,
        composite=triple.background,
        foreground=triple.foreground,
        visible_alpha=nothing,
        effect=nothing,
        hole=nothing,
        box_cxcywh=(0.5, 0.25, 0.125, 0.0625),
        places=PLACES,
    )


def assert_same_pair(left: Triple, right: Triple) -> None:
    for field in ("background", "composite", "foreground", "visible_alpha", "effect", "hole"):
        np.testing.assert_array_equal(getattr(left, field), getattr(right, field), err_msg=field)
    assert left.places is not None
    assert right.places is not None
    np.testing.assert_allclose(left.places, right.places, atol=1e-5)
    for field in ("key", "group", "source", "kind", "box_cxcywh"):
        assert getattr(left, field) == getattr(right, field)


def test_only_background_and_foreground_are_stored(tmp_path):
    store = written(tmp_path, [pair(0)], source="places")
    with tarfile.open(tmp_path / "shard-00000.tar") as tar:
        assert sorted(tar.getnames()) == ["pair-0.background.png", "pair-0.foreground.png", "pair-0.json"]
    read = store[0]
    assert_same_pair(read, pair(0))
    assert read.composite is read.background
    assert store.picture(0, "composite") is None
    assert store.picture(0, "effect") is None


def test_a_pair_passes_through_both_layouts(tmp_path):
    written(tmp_path / "a", [pair(0), pair(1)], source="places")
    merge([tmp_path / "a"], tmp_path / "pictures", layout="folder")
    merge([tmp_path / "pictures"], tmp_path / "copy", layout="folder")
    merge([tmp_path / "copy"], tmp_path / "back", layout="shards")
    names = sorted(path.name for path in (tmp_path / "copy/images").iterdir())
    assert names == [f"pair-{number}.{name}.png" for number in (0, 1) for name in ("background", "foreground")]
    line = json.loads((tmp_path / "copy/metadata.jsonl").read_text().splitlines()[0])
    assert line["file_name"] == line["background_file_name"] == "images/pair-0.background.png"
    for folder in ("pictures", "copy", "back"):
        assert verify(tmp_path / folder).problems == ()
        for read, number in zip(TripleStore(tmp_path / folder), (0, 1), strict=True):
            assert_same_pair(read, pair(number))


@pytest.mark.parametrize("layout", ["shards", "folder"])
def test_pairs_and_scenes_can_be_merged(tmp_path, layout):
    written(tmp_path / "pairs", [pair(0), pair(1)], source="places")
    written(tmp_path / "scenes", [scene(5)])
    merge([tmp_path / "scenes", tmp_path / "pairs"], tmp_path / "both", layout=layout)
    store = TripleStore(tmp_path / "both")
    by_key = {triple.key: triple for triple in store}
    assert_same_pair(by_key["pair-1"], pair(1))
    np.testing.assert_array_equal(by_key["scene-5"].composite, scene(5).composite)
    assert by_key["scene-5"].places is None
    if layout == "shards":
        assert len({frozenset(store.files(index)) for index in range(len(store))}) == 1
    assert verify(tmp_path / "both").problems == ()


def test_pairs_are_split_by_the_group_of_their_background(tmp_path):
    written(tmp_path / "pairs", [pair(number) for number in range(8)], source="places")
    split(tmp_path / "pairs", tmp_path / "parts", {"one": 0.5, "two": 0.5})
    for part in ("one", "two"):
        for triple in TripleStore(tmp_path / "parts" / part):
            assert_same_pair(triple, pair(int(triple.key.removeprefix("pair-"))))


def test_pairs_are_measured_and_drawn(tmp_path):
    store = written(tmp_path, [pair(0), scene(1)], source="places")
    statistics = statistics_of(store)
    assert len(statistics.values["visible"]) == 1
    assert statistics.values["num_places"] == [3]
    assert "Other places" in statistics_page(statistics)
    sheet = contact_sheet([store[0]], columns=1, cell_px=64)
    alone = contact_sheet([replace(store[0], places=None)], columns=1, cell_px=64)
    assert (sheet != alone).any()


@pytest.mark.parametrize(
    ("places", "problem"),
    [
        (None, "has no places"),
        ([[0.1, 0.2, 0.3]], "not lists of four numbers"),  # too short
        ([0.1, 0.2, 0.3, 0.4], "not lists of four numbers"),  # not in a list
        ([[0.1, 0.2, 0.3, float("nan")]], "not lists of four numbers"),
        ("everywhere", "not lists of four numbers"),
        ([], None),  # no other place is known
    ],
)
def test_a_bad_label_is_named(places, problem):
    label = {**label_of(pair(0)), "places": places}
    found = label_problem(label)
    assert (found is None) if problem is None else (problem in str(found))


def test_places_are_rounded_to_five_digits():
    one = replace(pair(0), places=np.array([[1 / 3, 0.5, 0.1, 0.2]], np.float32))
    assert label_of(one)["places"] == [[0.33333, 0.5, 0.1, 0.2]]


@pytest.mark.parametrize("place", [[0.5, 0.5, 0.0, 0.2], [0.5, 3.5, 0.1, 0.1]])
def test_places_that_cannot_be_are_found(tmp_path, place):
    written(tmp_path, [replace(pair(0), places=np.array([place] * 2, np.float32))], source="places")
    assert ["one of the places" in problem.what for problem in verify(tmp_path).problems] == [True]


def test_flipping_mirrors_the_places():
    found = transforms.flipped(pair(0)).places
    assert found is not None
    np.testing.assert_allclose(found, PLACES * (-1, 1, 1, 1) + (1, 0, 0, 0), atol=1e-6)


def test_cropping_keeps_the_places_that_are_wholly_inside():
    empty, nothing = np.zeros((96, 128, 3), np.uint8), np.zeros((96, 128), np.uint8)
    pictures = {"background": empty, "composite": empty, "visible_alpha": nothing, "effect": nothing, "hole": nothing}
    triple = replace(pair(0), **pictures)
    numbers = set()
    for seed in range(30):
        cut = transforms.cropped(triple, np.random.default_rng(seed))
        assert cut.places is not None
        assert cut.places.dtype == np.float32
        numbers.add(len(cut.places))
        # Two boxes are enough to know the part of the picture, and with it where all others must be.
        scale = np.array(cut.box_cxcywh[2:]) / triple.box_cxcywh[2:]
        shift = np.array(cut.box_cxcywh[:2]) - scale * triple.box_cxcywh[:2]
        expected = np.concatenate([PLACES[:, :2] * scale + shift, PLACES[:, 2:] * scale], 1)
        low, high = expected[:, :2] - expected[:, 2:] / 2, expected[:, :2] + expected[:, 2:] / 2
        np.testing.assert_allclose(cut.places, expected[((low >= 0) & (high <= 1)).all(1)], atol=1e-5)
    assert {1, 3} <= numbers


def test_light_and_wear_keep_the_places():
    generator = np.random.default_rng(0)
    for change in (transforms.with_paired_light, transforms.with_foreground_light, transforms.with_paired_wear):
        np.testing.assert_array_equal(change(pair(0), generator).places, PLACES)
