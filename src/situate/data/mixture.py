"""Drawing by weight: how often each triple comes up where folders are weighed or classes balanced, in what order."""

import math
from collections import Counter
from collections.abc import Sequence

import numpy as np
from jaxtyping import Float64, Int64

from situate.seeds import SEED_BITS, seed_for

# Multiples of it spread over [0, 1) as evenly as those of any number do.
_GOLDEN_FRACTION = (math.sqrt(5) - 1) / 2


def triple_weights(
    folders: Sequence[int], kinds: Sequence[str], folder_weights: Sequence[float] | None, class_balance: float
) -> Float64[np.ndarray, " n"]:
    """Weigh triples against each other.

    Args:
        folders: Number of each triple's folder; every folder of `folder_weights` has a triple.
        kinds: Class of each triple; the same class in two folders counts as two.
        folder_weights: What the folders get of the draws, in any unit, above 0; None gives each its number of triples.
        class_balance: In [0, 1]. Within a folder, a triple weighs (number of triples of its class) ** -class_balance:
            at 0 all triples get the same, at 1 all classes.

    Returns:
        Expected share of the draws of each triple; they add up to 1.
    """
    strata = list(zip(folders, kinds, strict=True))
    counts = Counter(strata)
    weights = np.array([counts[stratum] ** -class_balance for stratum in strata])
    numbers = np.asarray(folders)
    folder_shares = np.bincount(numbers) if folder_weights is None else _scaled(folder_weights)
    weights *= folder_shares[numbers] / np.bincount(numbers, weights=weights)[numbers]
    return weights / weights.sum()


def round_order(
    indices: Int64[np.ndarray, " n"], weights: Float64[np.ndarray, " n"], *, seed: int, number: int
) -> Int64[np.ndarray, " n"]:
    """Draw as many triples as there are, by weight, in random order.

    A triple of which the weights let expect x draws comes up floor(x) or ceil(x) times; so do neighbours in `indices`
    taken together, such as the triples of a folder. Over the rounds the offset of the draws follows the golden ratio,
    so that a triple that was left out comes up soon, and its mean is x.

    Args:
        indices: The triples.
        weights: How often each is to be drawn, in any unit.
        seed: Of the run.
        number: Of the round, from 0 on; no round depends on another.

    Source:
        Systematic resampling: Kitagawa, Monte Carlo filter and smoother for non-Gaussian nonlinear state space models
        (1996).
    """
    num_draws = len(indices)
    offset = (seed_for(seed, "mixture") / 2**SEED_BITS + number * _GOLDEN_FRACTION) % 1
    ends = np.cumsum(weights)
    points = (np.arange(num_draws) + offset) * (ends[-1] / num_draws)
    # Rounding may put the last point on the end of all.
    drawn = np.minimum(np.searchsorted(ends, points, side="right"), num_draws - 1)
    return np.random.default_rng(seed_for(seed, "round", number)).permutation(indices[drawn])


def _scaled(folder_weights: Sequence[float]) -> Float64[np.ndarray, " folders"]:
    """The same in another unit, whose sum is finite."""
    return np.asarray(folder_weights, np.float64) / max(folder_weights)
