"""Ranked placements from a density, under constraints, on a fixed lattice (DESIGN 1.1).

The lattice has 4 x 4 offsets a cell and 32 heights. A constraint keeps or drops whole lattice points; the constrained
distribution is what is left, renormalised.
"""

from dataclasses import dataclass
from itertools import pairwise

import torch
from jaxtyping import Float
from torch import Tensor

from situate.errors import PlacementError
from situate.geometry.boxes import cxcywh_to_xyxy, fraction_inside, iou
from situate.geometry.canvas import box_of
from situate.nn import truncated
from situate.nn.distribution import PlacementDistribution

OFFSETS_PER_CELL, NUM_HEIGHTS = 4, 32
MIN_FRACTION_INSIDE = 0.5
"""A placement's box lies at least half inside the picture."""
SAME_PLACE_IOU = 0.5
"""Boxes that overlap this much are one place: for `probability`, and for non-maximum suppression."""
_CHUNK = 64


@dataclass(frozen=True)
class Lattice:
    """A distribution over boxes of one picture, as points with masses.

    Attributes:
        position: Anchor x, anchor y, log height on the canvas.
        box_cxcywh: The same as boxes on the canvas.
        mass: Probability of each point, > 0, sums to 1.
    """

    position: Float[Tensor, "n 3"]
    box_cxcywh: Float[Tensor, "n 4"]
    mass: Float[Tensor, " n"]


def lattice_of(
    distribution: PlacementDistribution, log_aspect: Float[Tensor, " 1"], content_xyxy: Float[Tensor, "1 4"]
) -> Lattice:
    """Lay the density of one picture on the lattice and keep what lies at least half inside the picture.

    Raises:
        PlacementError: If nothing is left.
    """
    position, mass = _points(distribution)
    box_cxcywh = box_of(position, log_aspect.to(position).expand(len(position)))
    is_allowed = fraction_inside(cxcywh_to_xyxy(box_cxcywh), content_xyxy.to(position)) >= MIN_FRACTION_INSIDE
    kept = is_allowed & (mass > 0)
    total = mass[kept].sum()
    if not kept.any() or total <= 0:
        raise PlacementError(
            f"no place is left: all {len(position)} lattice points are less than {MIN_FRACTION_INSIDE:.0%} inside the "
            "picture; use a foreground that is less wide or less tall, or give a place with --box"
        )
    return Lattice(position[kept], box_cxcywh[kept], mass[kept] / total)


@dataclass(frozen=True)
class Candidate:
    """A place and its probability: the lattice's mass within IoU >= 0.5 of the box."""

    box_cxcywh: tuple[float, float, float, float]
    probability: float


def top_k(lattice: Lattice, k: int) -> list[Candidate]:
    """The `k` most probable places, no two of which overlap by IoU >= 0.5; best first, fewer if there are no more.

    Each place is first the likeliest lattice point that no earlier place covers; then it moves to the mean of the mass
    near it, which takes the lattice's steps out of its position.
    """
    bulk = _bulk(lattice)
    corners = cxcywh_to_xyxy(bulk.box_cxcywh)
    free = bulk.mass.clone()
    seeds: list[int] = []
    density = _smoothed_mass(bulk, corners)
    while len(seeds) < max(4 * k, _MIN_SEEDS) and free.max() > 0:
        best = int(torch.where(free > 0, density, -1.0).argmax())
        seeds.append(best)
        free[iou(corners, corners[best]) >= SAME_PLACE_IOU] = 0
    all_corners = cxcywh_to_xyxy(lattice.box_cxcywh)
    candidates = [_settled(bulk, corners, index, lattice, all_corners) for index in seeds]
    return _suppressed(sorted(candidates, key=lambda candidate: -candidate.probability))[:k]


_MIN_SEEDS = 16
_BULK_MASS, _MAX_BULK = 0.98, 6000
_NEAR_IOU = 0.75


def _points(distribution: PlacementDistribution) -> tuple[Float[Tensor, "n 3"], Float[Tensor, " n"]]:
    """Centres and exact masses of all lattice points of the first picture."""
    low, high = distribution.low[0].double(), distribution.high[0].double()
    location, scale = distribution.location[0].double(), distribution.scale[0].double()
    counts = (OFFSETS_PER_CELL, OFFSETS_PER_CELL, NUM_HEIGHTS)
    centres, masses = [], []
    for axis, count in enumerate(counts):
        edges = [low[..., axis] + (high[..., axis] - low[..., axis]) * step / count for step in range(count + 1)]
        total = truncated.log_mass(low[..., axis], high[..., axis], location[..., axis], scale[..., axis])
        parts = [
            (truncated.log_mass(a, b, location[..., axis], scale[..., axis]) - total).exp() for a, b in pairwise(edges)
        ]
        masses.append(torch.stack(parts, dim=-1))
        centres.append(torch.stack([(a + b) / 2 for a, b in pairwise(edges)], dim=-1))
    cell = distribution.heatmap[0].double()
    mass = torch.einsum("ij,ijx,ijy,ijh->ijxyh", cell, *masses)
    x = centres[0][:, :, :, None, None].expand_as(mass)
    y = centres[1][:, :, None, :, None].expand_as(mass)
    log_height = centres[2][:, :, None, None, :].expand_as(mass)
    return torch.stack([x, y, log_height], dim=-1).reshape(-1, 3).float(), mass.reshape(-1).float()


def _bulk(lattice: Lattice) -> Lattice:
    """The likeliest points that hold almost all of the mass; the rest cannot become a place."""
    order = lattice.mass.argsort(descending=True, stable=True)
    count = int((lattice.mass[order].cumsum(0) < _BULK_MASS).sum()) + 1
    kept = order[: min(count, _MAX_BULK)]
    return Lattice(lattice.position[kept], lattice.box_cxcywh[kept], lattice.mass[kept])


def _smoothed_mass(lattice: Lattice, corners: Float[Tensor, "n 4"]) -> Float[Tensor, " n"]:
    """Mass within IoU >= 0.5 of each of the likeliest points; 0 for the others, which are too many to compare."""
    smoothed = torch.zeros_like(lattice.mass)
    count = min(len(corners), _NUM_COMPARED)
    for start in range(0, count, _CHUNK):
        near = iou(corners[start : min(start + _CHUNK, count), None], corners[None]) >= SAME_PLACE_IOU
        smoothed[start : start + len(near)] = (near * lattice.mass).sum(-1)
    return smoothed


_NUM_COMPARED = 512


def _settled(
    bulk: Lattice, corners: Float[Tensor, "n 4"], index: int, lattice: Lattice, all_corners: Float[Tensor, "m 4"]
) -> Candidate:
    """The place round one point of the bulk; its probability counts the whole lattice."""
    overlap = iou(corners, corners[index])
    weight = bulk.mass * (overlap >= _NEAR_IOU)
    mean_position = (weight[:, None] * bulk.position).sum(0) / weight.sum()
    aspect = bulk.box_cxcywh[index, 2] / bulk.box_cxcywh[index, 3]
    box_cxcywh = box_of(mean_position, aspect.log())
    probability = lattice.mass[iou(all_corners, cxcywh_to_xyxy(box_cxcywh)) >= SAME_PLACE_IOU].sum()
    cx, cy, w, h = box_cxcywh.tolist()
    return Candidate((cx, cy, w, h), float(probability))


def _suppressed(candidates: list[Candidate]) -> list[Candidate]:
    kept: list[Candidate] = []
    for candidate in candidates:
        corners = cxcywh_to_xyxy(torch.tensor(candidate.box_cxcywh))
        if all(iou(corners, cxcywh_to_xyxy(torch.tensor(other.box_cxcywh))) < SAME_PLACE_IOU for other in kept):
            kept.append(candidate)
    return kept
