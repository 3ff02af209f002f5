"""Scores of a method's places in one scene; the formulas stand in docs/benchmark.md."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from jaxtyping import Float

from situate.data.places.distribution import GRID_SIDE
from situate.evaluation.benchmark.proposals import Proposal
from situate.evaluation.oracle.judge import Reason, Verdict
from situate.evaluation.oracle.oracle import Oracle

MAX_SIZE_ERROR = 10.0
"""A box that stands on no ground counts as ten times too large or worse, so that the median stays a number."""


@dataclass(frozen=True)
class PlaceScores:
    """One method in one scene.

    Attributes:
        is_plausible: Whether its first box is plausible.
        reasons: What is wrong with that box.
        plausible_share: How many of its samples are plausible, a fraction.
        coverage: True probability mass in cells that its samples hit or touch.
        likelihood_gap: Mean over the true distribution of log p_true(cell) - log p(cell), in nats.
        size_error: |h / h_true - 1| of the first box.
    """

    is_plausible: bool
    reasons: tuple[Reason, ...]
    plausible_share: float
    coverage: float
    likelihood_gap: float
    size_error: float


def place_scores(oracle: Oracle, proposal: Proposal, verdicts: Sequence[Verdict]) -> PlaceScores:
    """Score a method's places, given the oracle's verdict on each box."""
    first, samples = verdicts[0], verdicts[1:]
    error = abs(first.size_ratio - 1) if math.isfinite(first.size_ratio) else MAX_SIZE_ERROR
    return PlaceScores(
        is_plausible=first.is_plausible,
        reasons=first.reasons,
        plausible_share=float(np.mean([verdict.is_plausible for verdict in samples])),
        coverage=coverage(oracle.truth.cell_prob, oracle.cells_of(proposal.boxes_cxcywh[1:])),
        likelihood_gap=likelihood_gap(oracle.truth.cell_prob, proposal.cell_log_prob),
        size_error=min(error, MAX_SIZE_ERROR),
    )


def coverage(true_cells: Float[np.ndarray, "16 16"], hit_cells: np.ndarray) -> float:
    """Return the true mass in the cells that samples hit, and in the eight neighbours of each, which they touch."""
    is_hit = np.zeros((GRID_SIDE, GRID_SIDE), np.uint8)
    is_hit.ravel()[hit_cells] = 1
    return float(true_cells[cv2.dilate(is_hit, np.ones((3, 3), np.uint8)) > 0].sum())


def likelihood_gap(true_cells: Float[np.ndarray, "16 16"], cell_log_prob: Float[np.ndarray, "16 16"]) -> float:
    """Return the mean of log p_true - log p over cells drawn from p_true: the Kullback-Leibler divergence, in nats."""
    can_be = true_cells > 0
    shares = true_cells[can_be]
    return float((shares * (np.log(shares) - cell_log_prob[can_be])).sum())
