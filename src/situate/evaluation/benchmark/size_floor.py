"""How well sizes can be known at best: the generator draws heights, so one answer for each kind or model must err."""

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from statistics import NormalDist

import numpy as np
from jaxtyping import Float

from situate.data.scenes.cast import LOG_HEIGHT_SPREAD, Cast
from situate.data.scenes.kinds import KINDS
from situate.evaluation.benchmark.subject import Subject
from situate.evaluation.oracle.judge import SIZE_RATIO

NUM_HEIGHTS = 1200
NUM_HALVINGS = 24


@dataclass(frozen=True)
class Heights:
    """What the generator draws heights from.

    Attributes:
        range_m: Of a primitive, uniform in metres; its width over height, drawn apart, says nothing about it.
        models_m: Heights of models, each as likely, with `LOG_HEIGHT_SPREAD` round each; nothing for a primitive.
    """

    range_m: tuple[float, float] = (0.0, 0.0)
    models_m: tuple[float, ...] = ()

    @cached_property
    def logs(self) -> Float[np.ndarray, " n"]:
        """Logarithms of heights that are equally likely, rising."""
        if not self.models_m:
            low_m, high_m = self.range_m
            return np.log(low_m + (high_m - low_m) * _middles(NUM_HEIGHTS))
        middles = _middles(math.ceil(NUM_HEIGHTS / len(self.models_m)))
        spread = LOG_HEIGHT_SPREAD * np.array([NormalDist().inv_cdf(middle) for middle in middles])
        return np.sort(np.concatenate([math.log(height_m) + spread for height_m in self.models_m]))

    def share_held(self, ratio: float) -> float:
        """Return the largest share of heights that lie between some h and `ratio` h."""
        ends = np.searchsorted(self.logs, self.logs + math.log(ratio), side="right")
        return float((ends - np.arange(len(ends))).max() / len(ends))


def size_floors(subjects: Sequence[Subject], cast: Cast) -> dict[str, dict[str, float]]:
    """Return what nobody can beat who answers one height for each kind, and likewise for each model.

    A primitive has no model: there, too, one height is answered for its kind.

    Args:
        subjects: What is placed, scene by scene.
        cast: Whom the scenes were drawn from.

    Returns:
        For `kind` and `model`: `size_error`, the least median of |h / h_true - 1|, and `outside_band`, the least share
        of heights for which such an answer is not within `SIZE_RATIO`.
    """
    return {
        "kind": _floor(heights_of_kind(subject, cast) for subject in subjects),
        "model": _floor(heights_of_model(subject, cast) for subject in subjects),
    }


def heights_of_kind(subject: Subject, cast: Cast) -> Heights:
    """Return the heights of things of its kind."""
    if subject.model is None:
        return Heights(range_m=KINDS[subject.kind].height_m)
    return Heights(models_m=tuple(model.height_m for model in cast.by_kind[subject.kind]))


def heights_of_model(subject: Subject, cast: Cast) -> Heights:
    """Return the heights of things of its model; those of its kind for a primitive."""
    if subject.model is None:
        return heights_of_kind(subject, cast)
    return Heights(models_m=(subject.model.height_m,))


def _floor(heights: Iterable[Heights]) -> dict[str, float]:
    """Answer for each distribution what helps most; distributions weigh as often as they come."""
    counts = Counter(heights)

    def held(ratio: float) -> float:
        return sum(count * one.share_held(ratio) for one, count in counts.items()) / counts.total()

    low, high = 0.0, 1.0
    for _ in range(NUM_HALVINGS):
        error = (low + high) / 2
        # |h / h_true - 1| <= error: h_true is between h / (1 + error) and h / (1 - error).
        low, high = (low, error) if held((1 + error) / (1 - error)) >= 1 / 2 else (error, high)
    return {"size_error": high, "outside_band": 1 - held(SIZE_RATIO[1] / SIZE_RATIO[0])}


def _middles(num: int) -> Float[np.ndarray, " num"]:
    return (np.arange(num) + 0.5) / num
