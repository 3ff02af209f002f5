"""Who proposes which places: the truth, chance, a prior, a model."""

import math
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float

from situate.data.places.distribution import GRID_SIDE
from situate.data.scenes.config import SceneConfig
from situate.evaluation.baselines import PriorPlacement, prior_from, random_placement
from situate.evaluation.benchmark.scene_set import SceneSet
from situate.evaluation.oracle.oracle import Oracle
from situate.geometry.canvas import BoxCxcywh, Letterbox, box_of
from situate.nn import truncated
from situate.nn.distribution import PlacementDistribution
from situate.nn.lattice import Lattice
from situate.nn.placement import PlacementPrediction
from situate.pipeline.compose import ComposePipeline
from situate.records.batch import PlacementInput
from situate.seeds import seed_for

NUM_SAMPLES = 20
NUM_PRIOR_SCENES = 60
MIN_CELL_PROB = 1e-9
"""A cell that a method thinks impossible counts as this, so that one mistake costs 21 nats and not infinitely many."""


@dataclass(frozen=True)
class Proposal:
    """One method's answer for one scene.

    Attributes:
        boxes_cxcywh: The box that it likes best, then `NUM_SAMPLES` drawn from its distribution.
        cell_log_prob: Its distribution of the anchor's cell over the picture.
        lattice: A model's distribution over boxes; None for other methods.
    """

    boxes_cxcywh: list[BoxCxcywh]
    cell_log_prob: Float[np.ndarray, "16 16"]
    lattice: Lattice | None = None


def letterbox_of(oracle: Oracle) -> Letterbox:
    """The canvas of the oracle's picture."""
    return Letterbox(oracle.world.camera.width_px, oracle.world.camera.height_px)


def log_aspect_of(oracle: Oracle) -> float:
    """Log of the object's width over its height in pixels."""
    letterbox = letterbox_of(oracle)
    _, _, width, height = letterbox.box_to_canvas(oracle.true_box_cxcywh)
    return math.log(width / height)


def true_proposal(oracle: Oracle, generator: np.random.Generator) -> Proposal:
    """Where the object stood, and where it could have."""
    drawn = oracle.draw_true_boxes(generator, NUM_SAMPLES)
    return Proposal([oracle.true_box_cxcywh, *drawn], oracle.true_cell_log_prob)


def random_proposal(oracle: Oracle, generator: np.random.Generator) -> Proposal:
    """Any place and any size."""
    letterbox, log_aspect = letterbox_of(oracle), log_aspect_of(oracle)
    boxes = [random_placement(letterbox, log_aspect, generator) for _ in range(NUM_SAMPLES + 1)]
    return Proposal(boxes, np.full((GRID_SIDE, GRID_SIDE), -2 * math.log(GRID_SIDE)))


def prior_proposal(oracle: Oracle, prior: PriorPlacement, generator: np.random.Generator) -> Proposal:
    """Where things stood in other scenes, with their sizes there."""
    letterbox, log_aspect = letterbox_of(oracle), log_aspect_of(oracle)
    boxes = [prior.draw(letterbox, log_aspect, generator) for _ in range(NUM_SAMPLES + 1)]
    return Proposal(boxes, _prior_cells(prior, letterbox))


def prior_of_other_scenes(config: SceneConfig) -> PriorPlacement:
    """Count where things stand in scenes of the same config but another seed."""
    others = config.model_copy(update={"seed": seed_for(config.seed, "prior") % 2**31})
    scenes = SceneSet("prior", others, tuple(f"scene00000{number:03d}" for number in range(NUM_PRIOR_SCENES)))
    boxes = []
    for number in range(NUM_PRIOR_SCENES):
        world, _ = scenes.scene(number)
        oracles = [Oracle(world, index) for index in range(len(world.things))]
        boxes += [letterbox_of(oracle).box_to_canvas(oracle.true_box_cxcywh) for oracle in oracles]
    return prior_from(boxes, GRID_SIDE)


def model_proposal(
    pipeline: ComposePipeline,
    inputs: PlacementInput,
    prediction: PlacementPrediction,
    letterbox: Letterbox,
    generator: torch.Generator,
) -> Proposal:
    """What a model answers: its first place, and draws from the density that it ranks places with."""
    lattice = pipeline.lattice(inputs, prediction, letterbox)
    (first,) = pipeline.ranked(lattice, 1)
    drawn = box_of(lattice.sample(NUM_SAMPLES, generator), lattice.aspect.log().expand(NUM_SAMPLES))
    boxes = [letterbox.box_to_picture((cx, cy, w, h)) for cx, cy, w, h in drawn.cpu().tolist()]
    return Proposal([first.box_cxcywh, *boxes], _log(model_cells(prediction.distribution, letterbox)), lattice)


def model_cells(distribution: PlacementDistribution, letterbox: Letterbox) -> Float[np.ndarray, "16 16"]:
    """Move the density of the first picture from the model's own grid on the canvas to the grid over the picture.

    The density of a cell is a product over x and y, so its mass in each column and row of the other grid is exact.
    """
    left, top, right, bottom = letterbox.content_xyxy
    columns, rows = (
        _masses_along(distribution, axis, torch.linspace(low, high, GRID_SIDE + 1, dtype=torch.float64))
        for axis, low, high in ((0, left, right), (1, top, bottom))
    )
    shares = torch.einsum("ij,ijr,ijc->rc", distribution.heatmap[0].double().cpu(), rows, columns).numpy()
    return shares / shares.sum()


def _masses_along(
    distribution: PlacementDistribution, axis: int, edges: Float[torch.Tensor, " e"]
) -> Float[torch.Tensor, "gh gw n"]:
    low, high, location, scale = (
        part[0, ..., axis, None].double().cpu()
        for part in (distribution.low, distribution.high, distribution.location, distribution.scale)
    )
    low, high, location, scale = (part.expand(*part.shape[:2], len(edges) - 1) for part in (low, high, location, scale))
    start, end = (torch.minimum(torch.maximum(edge, low), high) for edge in (edges[:-1], edges[1:]))
    is_empty = end - start <= 0
    # An empty piece has no logarithm; it is measured as if it were the whole cell, and then left out.
    start, end = torch.where(is_empty, low, start), torch.where(is_empty, high, end)
    mass = truncated.log_mass(start, end, location, scale) - truncated.log_mass(low, high, location, scale)
    return torch.where(is_empty, 0.0, mass.exp())


def _prior_cells(prior: PriorPlacement, letterbox: Letterbox) -> Float[np.ndarray, "16 16"]:
    """Histogram of the positions that lie in this picture, one count added to each cell (Laplace)."""
    counts = np.ones((GRID_SIDE, GRID_SIDE))
    for x, y, _ in prior.positions:
        column, row, _, _ = letterbox.box_to_picture((x, y, 0.0, 0.0))
        if 0 <= column < 1 and 0 <= row < 1:
            counts[int(row * GRID_SIDE), int(column * GRID_SIDE)] += 1
    return _log(counts / counts.sum())


def _log(shares: Float[np.ndarray, "16 16"]) -> Float[np.ndarray, "16 16"]:
    return np.log(np.maximum(shares, MIN_CELL_PROB))
