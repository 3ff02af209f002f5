"""How well a model knows where an object stood: per-sample scores of its density, beside the baselines."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch

from situate.evaluation.baselines import PriorPlacement, random_placement
from situate.evaluation.metrics import box_iou
from situate.geometry.canvas import BoxCxcywh, Letterbox, position_of
from situate.nn.placement import PlacementPrediction
from situate.pipeline.compose import ComposePipeline
from situate.records.batch import PlacementInput
from situate.records.triple import Triple

NUM_PLACES = 5


@dataclass(frozen=True)
class PlacementScores:
    """One sample's scores.

    Attributes:
        model_nats: Log probability of the true anchor's cell.
        prior_nats: The same by the histogram of other scenes.
        uniform_nats: The same if all cells of the picture were equally likely.
        model_iou: Overlap with the true box of the best place, and of the best of the first five.
        prior_iou: The same for positions drawn from other scenes.
        random_iou: The same for random boxes.
        size_error: |h / h_true - 1|, h being the density's likeliest height in the true cell.
        is_outside: Whether the true anchor lies outside the picture; its nearest cell is then scored.
    """

    model_nats: float
    prior_nats: float
    uniform_nats: float
    model_iou: tuple[float, float]
    prior_iou: tuple[float, float]
    random_iou: tuple[float, float]
    size_error: float
    is_outside: bool


def score_placement(
    pipeline: ComposePipeline,
    triple: Triple,
    inputs: PlacementInput,
    prediction: PlacementPrediction,
    prior: PriorPlacement,
    generator: np.random.Generator,
) -> PlacementScores:
    """Score one triple.

    Args:
        pipeline: The model.
        triple: With its true box.
        inputs: What the placement network got for it.
        prediction: What it answered.
        prior: Counted on other scenes.
        generator: For the boxes of the baselines.
    """
    letterbox = letterbox_of(triple)
    truth, is_outside = _inside_picture(position_of(letterbox.box_to_canvas(triple.box_cxcywh)), letterbox)
    row, column = (int(part[0]) for part in prediction.distribution.cell_of(torch.tensor([truth])))
    cells = prediction.distribution.cell_log_prob[0].cpu().double().numpy()
    is_picture = np.isfinite(cells)
    log_aspect = float(inputs.log_aspect[0])
    lattice = pipeline.lattice(inputs, prediction, letterbox)
    places = [place.box_cxcywh for place in pipeline.ranked(lattice, NUM_PLACES)]
    seen = [prior.draw(letterbox, log_aspect, generator) for _ in range(NUM_PLACES)]
    random = [random_placement(letterbox, log_aspect, generator) for _ in range(NUM_PLACES)]
    return PlacementScores(
        model_nats=float(cells[row, column]),
        prior_nats=float(prior.cell_log_prob(is_picture)[row, column]),
        uniform_nats=-math.log(is_picture.sum()),
        model_iou=_overlaps(places, triple.box_cxcywh),
        prior_iou=_overlaps(seen, triple.box_cxcywh),
        random_iou=_overlaps(random, triple.box_cxcywh),
        size_error=abs(math.exp(_log_height_at(prediction, row, column) - truth[2]) - 1),
        is_outside=is_outside,
    )


def letterbox_of(triple: Triple) -> Letterbox:
    """The canvas of a triple's background."""
    height_px, width_px = triple.background.shape[:2]
    return Letterbox(width_px, height_px)


def _log_height_at(prediction: PlacementPrediction, row: int, column: int) -> float:
    distribution = prediction.distribution
    low, high = (float(bound[0, row, column, 2]) for bound in (distribution.low, distribution.high))
    return min(max(float(distribution.location[0, row, column, 2]), low), high)


def _inside_picture(
    position: tuple[float, float, float], letterbox: Letterbox
) -> tuple[tuple[float, float, float], bool]:
    x, y, log_height = position
    left, top, right, bottom = letterbox.content_xyxy
    inner_x, inner_y = min(max(x, left), right - _EDGE), min(max(y, top), bottom - _EDGE)
    return (inner_x, inner_y, log_height), abs(inner_x - x) > 2 * _EDGE or abs(inner_y - y) > 2 * _EDGE


def _overlaps(boxes: Sequence[BoxCxcywh], true_box: BoxCxcywh) -> tuple[float, float]:
    overlaps = [box_iou(box, true_box) for box in boxes]
    return (overlaps[0], max(overlaps))


_EDGE = 1e-3
