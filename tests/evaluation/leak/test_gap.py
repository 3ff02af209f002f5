"""The leak gap: what counts as found, and a model that looks for repairs is caught."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from tests.synthetic import synthetic_triple

from situate.data.photos.repair import RepairConfig
from situate.errors import DataError, InputError
from situate.evaluation.intervals import ratio_of
from situate.evaluation.leak.gap import Hits, hits_of, in_top_share, is_found
from situate.evaluation.leak.remake import remade, stands_in
from situate.geometry.canvas import Letterbox
from situate.nn.distribution import NUM_PARAMETERS, PlacementDistribution, distribution_from
from situate.pipeline.compose import ComposePipeline

WITHOUT_DECOYS = RepairConfig("telea", (0, 0), seed=0)
WITH_DECOYS = RepairConfig("telea", (2, 2), seed=0)


@pytest.mark.parametrize(
    ("place", "is_found"),
    [((0, 0), True), ((0, 9), True), ((1, 0), False), ((9, 9), False)],  # 100 cells: the first ten count
)
def test_the_first_tenth_of_the_cells_counts(place, is_found):
    cells = -np.arange(100, dtype=np.float64).reshape(10, 10)
    assert in_top_share(cells, *place) == is_found


def test_a_flat_map_finds_nothing_and_padding_does_not_count():
    assert not in_top_share(np.zeros((10, 10)), 3, 3)
    cells = np.full((10, 10), -np.inf)
    cells[0] = -np.arange(10)
    assert in_top_share(cells, 0, 0)
    assert not in_top_share(cells, 0, 1)
    assert not in_top_share(cells, 5, 5)


def test_the_gap_is_relative_and_draws_whole_groups_again():
    hits = Hits(true=(1.0, 1.0, 0.0, 0.0), repaired=(1.0, 1.0, 1.0, 0.0), keys=tuple("abcd"), groups=tuple("xxyz"))
    estimate = hits.gap(seed=0)
    assert estimate is not None
    assert estimate.value == pytest.approx(0.5)
    assert estimate.num_groups == 3
    assert hits.interval_over == "groups"
    assert replace(hits, groups=("x",) * 4).interval_over == "triples"


def test_a_model_that_never_finds_the_place_has_no_gap():
    hits = Hits(true=(0.0, 0.0), repaired=(1.0, 0.0), keys=("a", "b"), groups=("a", "b"))
    assert hits.figures(seed=0)["leak_gap"] is None
    with pytest.raises(InputError, match="0 below the line"):
        ratio_of([1.0], [0.0], ["a"])


def test_a_remade_triple_is_repaired_at_the_object_and_keeps_the_rest():
    triple = synthetic_triple(0)
    made = remade(triple, stands_in([(triple.kind, triple.box_cxcywh)]), WITHOUT_DECOYS)
    hole = made.hole > 0
    assert hole[triple.visible_alpha > 0].all()
    assert np.array_equal(made.background[~hole], triple.composite[~hole])
    assert (made.background[hole] != triple.composite[hole]).any()
    assert made.source == "photos"
    assert made.truth is None
    with pytest.raises(DataError, match="is repaired already"):
        remade(made, stands_in([(triple.kind, triple.box_cxcywh)]), WITHOUT_DECOYS)


class RepairFinder(ComposePipeline):
    """A model that puts all its belief where the background is smooth: a network that learnt the leak."""

    def __init__(self):
        pass

    def predict(self, background, foreground):
        noise = np.abs(np.diff(background.astype(float).mean(axis=2), axis=0))[:-1]
        side = 8
        rows = np.array_split(noise, side, axis=0)
        cells = np.array([[part.mean() for part in np.array_split(row, side, axis=1)] for row in rows])
        return None, SimpleNamespace(distribution=density_of(-cells))


class BottomFinder(ComposePipeline):
    """A model that puts all its belief in the last row of cells that hold some of the picture."""

    def __init__(self):
        pass

    def predict(self, background, foreground):
        logits = np.zeros((16, 16))
        logits[13] = 9.0
        return None, SimpleNamespace(distribution=density_of(logits, Letterbox(64, 48).content_xyxy))


def density_of(logits: np.ndarray, content_xyxy: tuple[float, ...] = (0.0, 0.0, 1.0, 1.0)) -> PlacementDistribution:
    parameters = torch.zeros(1, NUM_PARAMETERS, *logits.shape)
    parameters[0, 0] = torch.from_numpy(logits)
    return distribution_from(parameters, torch.tensor([content_xyxy]))


def test_an_anchor_on_the_pictures_border_counts_to_the_cell_inside():
    triple = replace(synthetic_triple(0), box_cxcywh=(0.5, 0.9, 0.2, 0.2))
    assert is_found(BottomFinder(), triple, triple.background)
    assert not is_found(BottomFinder(), replace(triple, box_cxcywh=(0.5, 0.7, 0.2, 0.2)), triple.background)


def test_a_model_that_looks_for_the_repair_has_a_large_gap_and_decoys_make_it_smaller():
    triples = [synthetic_triple(number) for number in range(24)]
    stands = stands_in([(triple.kind, triple.box_cxcywh) for triple in triples])
    repairs = {"without": WITHOUT_DECOYS, "with": WITH_DECOYS}
    found = hits_of(RepairFinder(), triples, stands, repairs)
    assert found["without"].true == found["with"].true
    rates = {name: np.mean(hits.repaired) for name, hits in found.items()}
    assert rates["without"] > np.mean(found["without"].true) + 0.2
    assert rates["with"] < rates["without"]


def test_nothing_to_measure_is_an_error():
    with pytest.raises(DataError, match="there are no triples"):
        hits_of(RepairFinder(), [], stands_in([]), {"without": WITHOUT_DECOYS})
