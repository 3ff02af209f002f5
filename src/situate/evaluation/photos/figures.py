"""From the scores of triples to estimates by name."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from situate.evaluation.figures import MIN_IOU
from situate.evaluation.intervals import mean_of, median_of
from situate.evaluation.photos.bench import CLASS_PRIOR, MODEL
from situate.evaluation.photos.scores import PlaceScores

MIN_TRIPLES = 10
"""Kinds with fewer triples have no figures of their own."""


@dataclass(frozen=True)
class ScoredTriple:
    """One triple's scores.

    Attributes:
        kind: Class of its object.
        group: What is drawn again as a whole for intervals.
        scores: By the method's name.
        has_own_prior: Whether the kind had a prior of its own.
        is_moved: Whether the true place is one that a model cannot answer.
    """

    kind: str
    group: str
    scores: Mapping[str, PlaceScores]
    has_own_prior: bool
    is_moved: bool


@dataclass(frozen=True)
class Scored:
    """The scores of some triples, from which figures are made.

    Attributes:
        triples: At least one.
        seed: Of the bootstrap.
    """

    triples: Sequence[ScoredTriple]
    seed: int

    @property
    def interval_over(self) -> Literal["groups", "triples"]:
        """What is drawn again for intervals; one group has none to draw from, so its triples stand for it."""
        return "groups" if len({one.group for one in self.triples}) > 1 else "triples"

    def method_figures(self, method: str) -> dict[str, Any]:
        """Return every figure of one method; `log_prob` only if it has a density."""
        scores = [one.scores[method] for one in self.triples]
        figures = {
            "iou50_at_1": self._mean([float(one.iou_at_1 >= MIN_IOU) for one in scores]),
            "iou50_at_5": self._mean([float(one.iou_at_5 >= MIN_IOU) for one in scores]),
            "centre_error": self._median([one.centre_error for one in scores]),
            "anchor_error": self._median([one.anchor_error for one in scores]),
            "size_error": self._median([one.size_error for one in scores]),
            "cell_nats": self._mean([one.cell_nats for one in scores]),
            "cell_nats_gain_over_class_prior": self._gain(method),
            "top_tenth": self._mean([float(one.is_in_top_tenth) for one in scores]),
        }
        densities = [one.log_prob for one in scores]
        return figures if np.isnan(densities).all() else {**figures, "log_prob": self._mean(densities)}

    def kind_figures(self) -> dict[str, Any]:
        """Return the model's and the class prior's figures of every kind with enough triples, the commonest first."""
        by_kind: dict[str, list[ScoredTriple]] = {}
        for one in self.triples:
            by_kind.setdefault(one.kind, []).append(one)
        common = [(kind, triples) for kind, triples in by_kind.items() if len(triples) >= MIN_TRIPLES]
        common.sort(key=lambda item: (-len(item[1]), item[0]))
        return {kind: Scored(triples, self.seed).model_beside_class_prior() for kind, triples in common}

    def model_beside_class_prior(self) -> dict[str, Any]:
        """Return the figures of the table of kinds."""
        figures: dict[str, Any] = {
            "num_triples": len(self.triples),
            "num_with_own_prior": sum(one.has_own_prior for one in self.triples),
            "interval_over": self.interval_over,
            "cell_nats_gain_over_class_prior": self._gain(MODEL),
        }
        for method in (MODEL, CLASS_PRIOR):
            scores = [one.scores[method] for one in self.triples]
            figures[method] = {
                "top_tenth": self._mean([float(one.is_in_top_tenth) for one in scores]),
                "iou50_at_5": self._mean([float(one.iou_at_5 >= MIN_IOU) for one in scores]),
            }
        return figures

    def _gain(self, method: str) -> dict[str, Any]:
        pairs = [(one.scores[method], one.scores[CLASS_PRIOR]) for one in self.triples]
        return self._mean([own.cell_nats - prior.cell_nats for own, prior in pairs])

    def _mean(self, values: list[float]) -> dict[str, Any]:
        return mean_of(values, self._drawn, seed=self.seed).as_dict()

    def _median(self, values: list[float]) -> dict[str, Any]:
        return median_of(values, self._drawn, seed=self.seed).as_dict()

    @property
    def _drawn(self) -> list[str]:
        if self.interval_over == "groups":
            return [one.group for one in self.triples]
        return [str(number) for number in range(len(self.triples))]
