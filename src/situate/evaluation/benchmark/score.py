"""Can a model's scores be trusted? Fitting them, and measuring them, on places that the oracle has judged."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch
from jaxtyping import Bool, Float

from situate.errors import InputError, MissingExtraError
from situate.geometry.canvas import BoxCxcywh
from situate.nn.lattice import Lattice
from situate.nn.score import ScoreMap
from situate.pipeline.compose import ComposePipeline

NUM_BINS = 10
NUM_KNOTS = 40
NUM_RESAMPLES = 400
MIN_PLACES = 500
"""Fewer judged places are too few to fit scores on."""
FLOOR = -40.0
"""Log density that stands for places which the model calls impossible."""


@dataclass(frozen=True)
class ScoredPlace:
    """One place of a scene.

    Attributes:
        source: Who proposed it: `model`, `truth` or `random`.
        log_density: The model's log density there, see `Lattice.log_density`; at least `FLOOR`.
        score: The model's score; None if none was fitted.
        is_plausible: What the oracle says.
    """

    source: str
    log_density: float
    score: float | None
    is_plausible: bool


def scored_place(
    pipeline: ComposePipeline, lattice: Lattice, source: str, box_cxcywh: BoxCxcywh, *, is_plausible: bool
) -> ScoredPlace:
    """Ask a model what it thinks of a box in the picture."""
    on_canvas = lattice.letterbox.box_to_canvas(box_cxcywh)
    log_density = max(lattice.log_density(torch.tensor(on_canvas)), FLOOR)
    score = None if pipeline.score_map is None else pipeline.score_map(log_density)
    return ScoredPlace(source, log_density, score, is_plausible)


def require_isotonic_regression() -> Callable[..., Any]:
    """Return scipy's isotonic regression.

    Raises:
        MissingExtraError: If scipy is not installed.
    """
    try:
        from scipy.optimize import isotonic_regression
    except ImportError as error:
        raise MissingExtraError("scipy", "eval") from error
    return isotonic_regression


def fitted_score_map(places: Sequence[ScoredPlace]) -> ScoreMap:
    """Fit the chance of being plausible as a function of the log density that never falls.

    Source:
        Zadrozny and Elkan, Transforming Classifier Scores into Accurate Multiclass Probability Estimates (2002):
        isotonic regression. Here its steps are read at quantiles and joined by lines, so that the map has few knots.

    Raises:
        InputError: If there are too few places.
        MissingExtraError: If scipy is not installed.
    """
    isotonic_regression = require_isotonic_regression()
    if len(places) < MIN_PLACES:
        raise InputError(f"{len(places)} judged places are too few to fit scores on; {MIN_PLACES} are needed")
    density = np.array([place.log_density for place in places])
    order = np.argsort(density, kind="stable")
    # Equal densities get one chance: their mean.
    _, first, counts = np.unique(density, return_inverse=True, return_counts=True)
    plausible = np.bincount(first, weights=[place.is_plausible for place in places]) / counts
    steps = isotonic_regression(plausible, weights=counts.astype(float)).x[first][order]
    density = density[order]
    parts = np.array_split(np.arange(len(density)), NUM_KNOTS)
    knots, chances = (np.array([values[part].mean() for part in parts]) for values in (density, steps))
    # The means of a stretch without a step may differ in the last digit.
    chances = np.clip(np.maximum.accumulate(chances), 0, 1)
    is_new = np.concatenate([[True], np.diff(knots) > 1e-6])
    return ScoreMap(tuple(knots[is_new].tolist()), tuple(chances[is_new].tolist()))


def scored_by(score_map: ScoreMap, places: Sequence[ScoredPlace]) -> tuple[ScoredPlace, ...]:
    """Give places the scores of a map."""
    return tuple(replace(place, score=score_map(place.log_density)) for place in places)


def score_figures(scenes: Sequence[Sequence[ScoredPlace]], *, seed: int) -> dict[str, Any] | None:
    """Measure scores on the places of many scenes.

    Returns:
        `auroc` of the density, plausible against not, on true and random places; and if scores were fitted `ece`, the
        expected calibration error on all places, the same for each source, and the reliability diagram. None without
        places. Intervals are drawn over scenes.
    """
    if not any(scenes):
        return None
    table = _Table.of(scenes)
    figures: dict[str, Any] = {"num_places": len(table.density)}
    others = table.source != "model"
    figures["auroc"] = _estimate(table, others, seed, lambda part: auroc(part.density, part.is_plausible))
    if not np.isnan(table.score).any():
        everything = np.ones(len(table.density), bool)
        figures["ece"] = _estimate(table, everything, seed, lambda part: ece(part.score, part.is_plausible))
        for source in sorted(set(table.source)):
            kept = table.source == source
            figures[f"ece_{source}"] = _estimate(table, kept, seed, lambda part: ece(part.score, part.is_plausible))
        figures["reliability"] = reliability(table.score, table.is_plausible)
    return figures


def auroc(value: Float[np.ndarray, " n"], is_positive: Bool[np.ndarray, " n"]) -> float:
    """Return the chance that a positive has the larger value, ties counted half; NaN without both kinds."""
    positive, negative = value[is_positive], np.sort(value[~is_positive])
    if not len(positive) or not len(negative):
        return float("nan")
    below, not_above = (np.searchsorted(negative, positive, side=side) for side in ("left", "right"))
    return float((below + not_above).mean() / (2 * len(negative)))


def ece(score: Float[np.ndarray, " n"], is_positive: Bool[np.ndarray, " n"]) -> float:
    """Return the expected calibration error in ten bins of equal width: mean |chance said - share found|."""
    return float(sum(row["share"] * abs(row["score"] - row["plausible"]) for row in reliability(score, is_positive)))


def reliability(score: Float[np.ndarray, " n"], is_positive: Bool[np.ndarray, " n"]) -> list[dict[str, float]]:
    """Return for every bin that is not empty: mean score, share that is plausible, and its part of all places."""
    bins = np.minimum((score * NUM_BINS).astype(int), NUM_BINS - 1)
    rows = []
    for number in range(NUM_BINS):
        kept = bins == number
        if kept.any():
            rows.append(
                {
                    "score": float(score[kept].mean()),
                    "plausible": float(is_positive[kept].mean()),
                    "share": float(kept.mean()),
                    "num_places": int(kept.sum()),
                }
            )
    return rows


@dataclass(frozen=True)
class _Table:
    """Places of all scenes, column by column."""

    scene: np.ndarray
    source: np.ndarray
    density: np.ndarray
    score: np.ndarray
    is_plausible: np.ndarray

    @classmethod
    def of(cls, scenes: Sequence[Sequence[ScoredPlace]]) -> "_Table":
        places = [place for scene in scenes for place in scene]
        return cls(
            scene=np.repeat(np.arange(len(scenes)), [len(scene) for scene in scenes]),
            source=np.array([place.source for place in places]),
            density=np.array([place.log_density for place in places]),
            score=np.array([np.nan if place.score is None else place.score for place in places]),
            is_plausible=np.array([place.is_plausible for place in places]),
        )

    def taking(self, index: np.ndarray) -> "_Table":
        return _Table(*(getattr(self, name)[index] for name in self.__dataclass_fields__))


def _estimate(table: _Table, kept: np.ndarray, seed: int, figure: Callable[[_Table], float]) -> dict[str, float] | None:
    """A figure of some places, with its 95 % interval over scenes; None if they have none."""
    part = table.taking(np.flatnonzero(kept))
    value = figure(part)
    if math.isnan(value):
        return None
    rows_of = [np.flatnonzero(part.scene == scene) for scene in np.unique(part.scene)]
    generator = np.random.default_rng(seed)
    drawn = [
        figure(part.taking(np.concatenate([rows_of[i] for i in generator.integers(len(rows_of), size=len(rows_of))])))
        for _ in range(NUM_RESAMPLES)
    ]
    low, high = np.nanpercentile(drawn, [2.5, 97.5])
    return {"value": value, "low": float(low), "high": float(high)}
