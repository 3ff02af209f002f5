"""Who proposes which places: the truth, chance, the priors, a model."""

import math
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float

from situate.evaluation.baselines import random_placement
from situate.evaluation.photos.likeliest import likeliest_places
from situate.evaluation.photos.priors import PlacePrior
from situate.evaluation.target import Target
from situate.geometry.canvas import BoxCxcywh
from situate.nn.distribution import LOG_HEIGHT_RANGE
from situate.nn.placement import PlacementPrediction
from situate.pipeline.compose import ComposePipeline
from situate.records.batch import PlacementInput

NUM_PLACES = 5


@dataclass(frozen=True)
class Proposal:
    """One method's answer for one triple.

    Attributes:
        boxes_cxcywh: Distinct places as fractions of the picture, likeliest first; 1 to `NUM_PLACES`.
        cell_log_prob: Log probability of each cell for the anchor; -inf where it thinks it impossible.
        log_prob: Log density of the true position over (anchor x, anchor y, log height) in canvas units; None for a
            method without a density.
    """

    boxes_cxcywh: list[BoxCxcywh]
    cell_log_prob: Float[np.ndarray, "gh gw"]
    log_prob: float | None


def true_proposal(target: Target) -> Proposal:
    """Where the object stood, and nowhere else."""
    cells = np.full(target.is_picture.shape, -np.inf)
    cells[target.cell] = 0.0
    return Proposal([target.box_cxcywh], cells, None)


def random_proposal(target: Target, log_aspect: float, generator: np.random.Generator) -> Proposal:
    """Any place and any size: boxes are drawn, the density is uniform over the picture and the log heights."""
    boxes = [random_placement(target.letterbox, log_aspect, generator) for _ in range(NUM_PLACES)]
    cells = np.where(target.is_picture, -math.log(target.is_picture.sum()), -np.inf)
    volume = target.picture_area * (LOG_HEIGHT_RANGE[1] - LOG_HEIGHT_RANGE[0])
    return Proposal(boxes, cells, -math.log(volume))


def prior_proposal(target: Target, log_aspect: float, prior: PlacePrior) -> Proposal:
    """Where things stood in other pictures; the density is even within each cell and each step of the log height."""
    cells = prior.cell_log_prob(target.is_picture)
    log_prob = cells[target.cell] - math.log(target.cell_area)
    log_prob += prior.height_log_density(target.cell, target.position[2])
    boxes = likeliest_places(prior, target.letterbox, log_aspect, NUM_PLACES)
    return Proposal(boxes, cells, float(log_prob))


def model_proposal(
    pipeline: ComposePipeline, target: Target, inputs: PlacementInput, prediction: PlacementPrediction
) -> Proposal:
    """What a model answers: the places that it ranks, and its density."""
    lattice = pipeline.lattice(inputs, prediction, target.letterbox)
    boxes = [place.box_cxcywh for place in pipeline.ranked(lattice, NUM_PLACES)]
    distribution = prediction.distribution
    position = torch.tensor([target.position], device=distribution.cell_log_prob.device)
    log_prob = float(distribution.log_prob_terms(position).total[0])
    return Proposal(boxes, distribution.cell_log_prob[0].cpu().double().numpy(), log_prob)
