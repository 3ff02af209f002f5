"""Estimates with intervals: samples of one scene are not independent, so whole groups are drawn again."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Float, Int

from situate.errors import InputError
from situate.seeds import seed_for

NUM_RESAMPLES = 1000
CONFIDENCE = 0.95


@dataclass(frozen=True)
class Estimate:
    """A mean (or median) with its interval.

    Attributes:
        value: Of all samples.
        low: Lower end of the 95 % interval.
        high: Upper end.
        num_samples: How many samples had a value.
        num_groups: How many groups (scenes) they come from.
    """

    value: float
    low: float
    high: float
    num_samples: int
    num_groups: int

    def as_dict(self) -> dict[str, Any]:
        """The numbers by name, rounded to six digits."""
        numbers = {name: float(f"{getattr(self, name):.6g}") for name in ("value", "low", "high")}
        return {**numbers, "num_samples": self.num_samples, "num_groups": self.num_groups}


def mean_of(values: Sequence[float], groups: Sequence[str], *, seed: int = 0) -> Estimate:
    """Mean over samples with a 95 % percentile bootstrap interval over groups; NaN marks a sample without a value.

    Raises:
        InputError: If no sample has a value.
    """
    known, index = _known(values, groups)
    weights = _weights(index, seed)
    means = (weights @ known) / weights.sum(axis=1)
    return _estimate(float(known.mean()), means, index)


def ratio_of(above: Sequence[float], below: Sequence[float], groups: Sequence[str], *, seed: int = 0) -> Estimate:
    """Sum of `above` over sum of `below`, otherwise as `mean_of`; resamples in which `below` sums to 0 are left out.

    Raises:
        InputError: If `below` sums to 0.
    """
    if not sum(below):
        raise InputError("the ratio has 0 below the line; evaluate more triples")
    over, under = np.asarray(above, np.float64), np.asarray(below, np.float64)
    _, index = np.unique(np.asarray(groups), return_inverse=True)
    weights = _weights(index, seed)
    sums = weights @ under
    return _estimate(float(over.sum() / under.sum()), (weights @ over)[sums > 0] / sums[sums > 0], index)


def median_of(values: Sequence[float], groups: Sequence[str], *, seed: int = 0) -> Estimate:
    """Median over samples, otherwise as `mean_of`."""
    known, index = _known(values, groups)
    order = np.argsort(known, kind="stable")
    reached = np.cumsum(_weights(index, seed)[:, order], axis=1)
    medians = known[order][np.argmax(2 * reached >= reached[:, -1:], axis=1)]
    return _estimate(float(np.median(known)), medians, index)


def _known(values: Sequence[float], groups: Sequence[str]) -> tuple[Float[np.ndarray, " n"], Int[np.ndarray, " n"]]:
    every = np.asarray(values, np.float64)
    is_known = ~np.isnan(every)
    if not is_known.any():
        raise InputError(f"none of {len(every)} samples has a value; evaluate more triples (--num)")
    _, index = np.unique(np.asarray(groups)[is_known], return_inverse=True)
    return every[is_known], index


def _weights(index: Int[np.ndarray, " n"], seed: int) -> Float[np.ndarray, "resamples n"]:
    """How often each sample is drawn in each resample of the groups."""
    count = int(index.max()) + 1
    generator = np.random.default_rng(seed_for(seed, "bootstrap"))
    drawn = generator.multinomial(count, np.full(count, 1 / count), size=NUM_RESAMPLES)
    return drawn[:, index].astype(np.float64)


def _estimate(value: float, resampled: Float[np.ndarray, " resamples"], index: Int[np.ndarray, " n"]) -> Estimate:
    tail = (1 - CONFIDENCE) / 2
    low, high = np.quantile(resampled, [tail, 1 - tail])
    return Estimate(value, float(low), float(high), len(index), int(index.max()) + 1)
