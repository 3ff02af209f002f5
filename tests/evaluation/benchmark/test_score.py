"""Scores: fitted where they are told what is plausible, measured where they can be wrong."""

from dataclasses import replace

import numpy as np
import pytest

from situate.errors import InputError
from situate.evaluation.benchmark.score import (
    MIN_PLACES,
    ScoredPlace,
    auroc,
    ece,
    fitted_score_map,
    reliability,
    score_figures,
)
from situate.nn.score import ScoreMap


def chance_at(density: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-density))


def drawn_places(count: int, seed: int, score_map: ScoreMap | None = None) -> list[ScoredPlace]:
    """Places that are plausible with a chance that rises with the density."""
    generator = np.random.default_rng(seed)
    density = generator.uniform(-6, 6, count)
    is_plausible = generator.random(count) < chance_at(density)
    sources = generator.choice(["model", "truth", "random"], count)
    return [
        ScoredPlace(str(source), float(x), None if score_map is None else score_map(float(x)), bool(y))
        for source, x, y in zip(sources, density, is_plausible, strict=True)
    ]


def test_the_fit_finds_the_chance_and_never_falls():
    score_map = fitted_score_map(drawn_places(20_000, 0))
    grid = np.linspace(-5, 5, 21)
    found = np.array([score_map(x) for x in grid])
    assert (np.diff(found) >= 0).all()
    np.testing.assert_allclose(found, chance_at(grid), atol=0.06)


def test_where_density_says_nothing_there_is_one_chance():
    # The worse the denser: the fit is flat, and means of its stretches differ in the last digits.
    for num_plausible in range(100, 400, 7):
        places = [ScoredPlace("model", float(number), None, number < num_plausible) for number in range(1003)]
        score_map = fitted_score_map(places)
        np.testing.assert_allclose(score_map.chance, num_plausible / 1003)


def test_a_fitted_score_is_calibrated_on_other_places_and_a_wrong_one_is_not():
    score_map = fitted_score_map(drawn_places(6000, 0))
    scenes = [drawn_places(30, seed, score_map) for seed in range(1, 120)]
    figures = score_figures(scenes, seed=0)
    assert figures is not None
    assert figures["ece"]["value"] < 0.04
    assert figures["ece"]["low"] <= figures["ece"]["value"] + 0.02
    sure = [[replace(place, score=0.99) for place in scene] for scene in scenes]
    assert score_figures(sure, seed=0)["ece"]["value"] == pytest.approx(0.49, abs=0.05)


def test_auroc_by_hand():
    values, truth = np.array([0.1, 0.4, 0.4, 0.9]), np.array([False, True, False, True])
    assert auroc(values, truth) == pytest.approx((1 + 0.5 + 1 + 1) / 4)
    assert auroc(values, np.array([False, False, False, True])) == 1
    assert auroc(np.zeros(4), truth) == 0.5
    assert np.isnan(auroc(values, np.ones(4, bool)))


def test_calibration_error_by_hand():
    score, truth = np.array([0.95, 0.95, 0.15, 0.15]), np.array([True, False, False, False])
    assert ece(score, truth) == pytest.approx(0.5 * 0.45 + 0.5 * 0.15)
    assert reliability(score, truth) == [
        {"score": pytest.approx(0.15), "plausible": 0.0, "share": 0.5, "num_places": 2},
        {"score": pytest.approx(0.95), "plausible": 0.5, "share": 0.5, "num_places": 2},
    ]
    assert sum(row["share"] for row in reliability(np.array([0.0, 1.0, 0.5]), np.ones(3, bool))) == 1


def test_auroc_leaves_the_models_own_places_out():
    scene = [
        ScoredPlace("truth", 1.0, None, True),
        ScoredPlace("random", -1.0, None, False),
        ScoredPlace("model", 5.0, None, False),
    ]
    figures = score_figures([scene, scene], seed=0)
    assert figures is not None
    assert figures["auroc"]["value"] == 1
    assert "ece" not in figures
    assert score_figures([(), ()], seed=0) is None


def test_figures_that_cannot_be_had_are_null():
    only_true = [[ScoredPlace("truth", 1.0, 0.7, True)]] * 3
    figures = score_figures(only_true, seed=0)
    assert figures is not None
    assert figures["auroc"] is None
    assert figures["ece"]["value"] == pytest.approx(0.3)


def test_too_few_places_are_refused():
    with pytest.raises(InputError, match=f"10 judged places are too few .* {MIN_PLACES}"):
        fitted_score_map(drawn_places(10, 0))


@pytest.mark.parametrize(
    ("knots", "chances"),
    [((), ()), ((0.0, 1.0), (0.5,)), ((1.0, 0.0), (0.1, 0.2)), ((0.0, 1.0), (0.2, 0.1)), ((0.0,), (1.2,))],
)
def test_what_is_no_monotone_map_of_chances_is_refused(knots, chances):
    with pytest.raises(ValueError, match="knots"):
        ScoreMap(knots, chances)


def test_the_benchmark_scores_the_models_the_true_and_random_places(scores):
    for scene in scores:
        assert [place.source for place in scene.scored].count("model") == 21
        assert {place.source for place in scene.scored} == {"model", "truth", "random"}
        assert all(place.score is None for place in scene.scored)
