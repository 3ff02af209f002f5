"""The numbers of a data set are those of its triples."""

import json
from dataclasses import replace

import numpy as np
import pytest
from tests.data.sets.triples import photo, scene, written

from situate.cli.app import main
from situate.data.sets.merge import merge
from situate.data.sets.statistics import PLACE_GRID_WH, statistics_of, summary
from situate.data.store import TripleStore


@pytest.fixture
def mixed(tmp_path):
    written(tmp_path / "a", [scene(0, group="g"), scene(1, group="g"), scene(2)])
    written(tmp_path / "b", [photo(0), photo(1, kind="bus", quality=0.75)])
    merge([tmp_path / "a", tmp_path / "b"], tmp_path / "mixed")
    return TripleStore(tmp_path / "mixed")


def test_counts_are_those_of_the_labels_most_frequent_first(mixed):
    found = statistics_of(mixed)
    assert found.num_triples == 5
    assert list(found.counts["kind"].items()) == [("cone", 3), ("bus", 1), ("car", 1)]
    assert found.counts["source"] == {"scenes": 3, "photos": 2}
    assert found.counts["picture"] == {"16 x 12": 5}
    assert found.triples_per_group == [1, 1, 1, 2]


def test_sizes_are_those_of_the_boxes(tmp_path):
    box = (0.5, 0.25, 0.125, 0.25)
    found = statistics_of(written(tmp_path, [replace(scene(0), box_cxcywh=box)]))
    assert found.values["height"] == [0.25]
    assert found.values["height_px"] == [3.0]
    assert found.values["aspect"] == [pytest.approx(2 / 3)]


def test_quality_and_decoys_are_those_of_triples_that_have_them(mixed):
    found = statistics_of(mixed)
    assert found.values["quality"] == [0.5, 0.75]
    assert found.values["decoys"] == [1, 1]


def test_an_object_that_is_half_hidden_is_half_seen(tmp_path):
    visible, foreground = np.zeros((12, 16), np.uint8), np.full((8, 8, 4), 255, np.uint8)
    visible[4:8, 4:12] = 255
    box = (0.5, 0.5, 0.5, 8 / 12)
    found = statistics_of(
        written(tmp_path, [replace(scene(0), visible_alpha=visible, foreground=foreground, box_cxcywh=box)])
    )
    assert found.values["visible"] == [pytest.approx(0.5)]
    assert found.values["soft_edge"] == [0.0]


@pytest.mark.parametrize(
    ("box", "place"),
    [
        ((0.01, 0.0, 0.1, 0.05), (0, 0)),  # upper left corner
        ((0.5, 0.5, 0.1, 0.5), (13, 12)),
        ((0.99, 0.75, 0.1, 0.5), (17, 23)),  # stands on the lower edge
        ((1.01, 0.5, 0.1, 0.2), None),  # outside
        ((0.5, 0.9, 0.1, 0.6), None),  # ends below the picture
    ],
)
def test_an_object_counts_where_its_bottom_centre_is(tmp_path, box, place):
    found = statistics_of(written(tmp_path, [replace(scene(0), box_cxcywh=box)]))
    assert found.places.shape == PLACE_GRID_WH[::-1]
    assert [tuple(cell) for cell in np.argwhere(found.places)] == ([] if place is None else [place])
    assert found.num_outside == (place is None)


def test_a_summary_has_the_quantiles():
    assert summary(range(101)) == {
        "num": 101,
        "mean": 50,
        "min": 0,
        "p05": 5,
        "p25": 25,
        "p50": 50,
        "p75": 75,
        "p95": 95,
        "max": 100,
    }


def test_the_command_prints_and_writes_numbers_and_a_page(mixed, tmp_path, capsys):
    words = ["data", "stats", str(mixed.folder), "-o", str(tmp_path / "a.html"), "--json", str(tmp_path / "a.json")]
    assert main(words) == 0
    assert "5 triples in 4 groups" in capsys.readouterr().out
    assert json.loads((tmp_path / "a.json").read_text())["counts"]["kind"] == {"cone": 3, "bus": 1, "car": 1}
    assert "<svg" in (tmp_path / "a.html").read_text()
    assert main(["data", "stats", str(mixed.folder), "-o", str(tmp_path / "a.pdf")]) == 2
