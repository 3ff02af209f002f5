"""Figures: parts apart, differences paired, intervals over units, and nothing where there is nothing."""

import pytest

from situate.evaluation.composites.figures import figures_by_part, part_figures
from situate.evaluation.composites.scores import CompositeScores, ScoredSubject

BASELINES = ("copy-paste", "poisson", "reinhard")


def scored(model_db: int, baseline_db: int, *, part: str = "static, other frame", unit: str = "a", ring=True):
    own, other = float(model_db), float(baseline_db)
    scores = {"model": CompositeScores(object_psnr_db=own, ring_psnr_db=own if ring else float("nan"))}
    for baseline in BASELINES:
        scores[baseline] = CompositeScores(object_psnr_db=other, ring_psnr_db=other)
    return ScoredSubject(part, unit, "" if ring else "no shadow to be seen", scores)


def test_differences_are_paired():
    # The triples differ by 20 dB, the methods by 3 on each of them: the difference has no spread.
    figures = part_figures([scored(13 + 5 * n, 10 + 5 * n, unit=str(n)) for n in range(5)], 0)
    gain = figures["model_minus"]["copy-paste"]["object_psnr_db"]
    assert (gain["value"], gain["low"], gain["high"]) == (3, 3, 3)
    own = figures["methods"]["model"]["object_psnr_db"]
    assert own["high"] - own["low"] > 5


def test_a_triple_without_a_ring_counts_for_the_object_alone():
    figures = part_figures([scored(20, 10), scored(30, 10, ring=False)], 0)
    assert figures["methods"]["model"]["object_psnr_db"]["num_samples"] == 2
    assert figures["methods"]["model"]["ring_psnr_db"]["num_samples"] == 1
    assert figures["model_minus"]["poisson"]["ring_psnr_db"]["value"] == 10
    assert figures["num_without_ring"] == {"no shadow to be seen": 1}
    # No method was asked for its identity here.
    assert "identity" not in figures["methods"]["model"]


@pytest.mark.parametrize(("units", "over"), [(("a", "b"), "units"), (("a", "a"), "triples")])
def test_intervals_are_over_units_unless_there_is_only_one(units, over):
    assert part_figures([scored(20, 10, unit=unit) for unit in units], 0)["interval_over"] == over


def test_what_was_given_differently_is_not_averaged():
    parts = figures_by_part([scored(20, 10, part="b"), scored(30, 10, part="a"), scored(40, 10, part="b")], 0)
    assert list(parts) == ["b", "a"]
    assert parts["b"]["methods"]["model"]["object_psnr_db"]["value"] == 30
