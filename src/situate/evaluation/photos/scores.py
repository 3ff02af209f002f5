"""Scores of one method's places in one triple; the formulas stand in docs/benchmark.md."""

import math
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float

from situate.evaluation.leak.gap import in_top_share
from situate.evaluation.metrics import box_iou
from situate.evaluation.photos.proposals import Proposal
from situate.evaluation.target import Target
from situate.geometry.canvas import BoxCxcywh


@dataclass(frozen=True)
class PlaceScores:
    """One method in one triple.

    Attributes:
        iou_at_1: Overlap of the first box with the true one.
        iou_at_5: The largest overlap of the first five.
        centre_error: Distance from the first box's centre to the true one, over the picture's diagonal.
        anchor_error: The same for the bottom centres.
        size_error: |h / h_true - 1| of the first box.
        cell_nats: Log probability of the true anchor's cell.
        is_in_top_tenth: Whether that cell is among the likeliest tenth.
        log_prob: Log density of the true position; NaN for a method without a density.
    """

    iou_at_1: float
    iou_at_5: float
    centre_error: float
    anchor_error: float
    size_error: float
    cell_nats: float
    is_in_top_tenth: bool
    log_prob: float


def place_scores(target: Target, proposal: Proposal, generator: np.random.Generator) -> PlaceScores:
    """Judge a method's places.

    Args:
        target: The true place.
        proposal: The method's answer.
        generator: Puts equally likely cells in an order.
    """
    first, truth = proposal.boxes_cxcywh[0], target.box_cxcywh
    overlaps = [box_iou(box, truth) for box in proposal.boxes_cxcywh]
    picture_wh = target.letterbox.width_px, target.letterbox.height_px
    return PlaceScores(
        iou_at_1=overlaps[0],
        iou_at_5=max(overlaps),
        centre_error=distance_over_diagonal(first[:2], truth[:2], picture_wh),
        anchor_error=distance_over_diagonal(_anchor(first), _anchor(truth), picture_wh),
        size_error=abs(first[3] / truth[3] - 1),
        cell_nats=float(proposal.cell_log_prob[target.cell]),
        is_in_top_tenth=is_in_top_tenth(proposal.cell_log_prob, target.is_picture, target.cell, generator),
        log_prob=math.nan if proposal.log_prob is None else proposal.log_prob,
    )


def distance_over_diagonal(
    point_xy: tuple[float, float], other_xy: tuple[float, float], picture_wh: tuple[int, int]
) -> float:
    """Distance of two points, given as fractions of the picture, in pixels over the diagonal in pixels."""
    offset_px = [(a - b) * side_px for a, b, side_px in zip(point_xy, other_xy, picture_wh, strict=True)]
    return math.hypot(*offset_px) / math.hypot(*picture_wh)


def is_in_top_tenth(
    cell_log_prob: Float[np.ndarray, "gh gw"],
    is_picture: Bool[np.ndarray, "gh gw"],
    cell: tuple[int, int],
    generator: np.random.Generator,
) -> bool:
    """Whether a cell is among the likeliest tenth of the picture's cells.

    Equally likely cells are put in an order by chance: a flat map finds a tenth, as chance does.
    """
    likelihoods = cell_log_prob[is_picture]
    order = np.lexsort((generator.random(likelihoods.size), likelihoods))
    ranks = np.full(cell_log_prob.shape, -np.inf)
    ranks[is_picture] = np.argsort(order)
    return in_top_share(ranks, *cell)


def _anchor(box_cxcywh: BoxCxcywh) -> tuple[float, float]:
    cx, cy, _, h = box_cxcywh
    return cx, cy + h / 2
