"""Ranked places from a density on the lattice: the most probable ones that do not overlap."""

from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from situate.geometry.boxes import cxcywh_to_xyxy, iou
from situate.geometry.canvas import box_of
from situate.nn.lattice import SAME_PLACE_IOU, Lattice

_CHUNK = 64


@dataclass(frozen=True)
class Candidate:
    """A place and its probability: the lattice's mass within IoU >= 0.5 of the box."""

    box_cxcywh: tuple[float, float, float, float]
    probability: float


def top_k(lattice: Lattice, k: int) -> list[Candidate]:
    """The `k` most probable places, no two of which overlap by IoU >= 0.5; best first, fewer if there are no more.

    Each place is first the likeliest lattice point that no earlier place covers; then it moves to the mean of the mass
    near it, which takes the lattice's steps out of its position, unless that is not allowed.
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
    candidates = [_settled(bulk, corners, index, lattice) for index in seeds]
    return _suppressed(sorted(candidates, key=lambda candidate: -candidate.probability))[:k]


_MIN_SEEDS = 16
_BULK_MASS, _MAX_BULK = 0.98, 6000
_NEAR_IOU = 0.75


def _bulk(lattice: Lattice) -> Lattice:
    """The likeliest points that hold almost all of the mass; the rest cannot become a place."""
    likeliest = lattice.mass.topk(min(_MAX_BULK, len(lattice.mass)))
    count = int((likeliest.values.cumsum(0) < _BULK_MASS).sum()) + 1
    return lattice.taking(likeliest.indices[:count])


def _smoothed_mass(lattice: Lattice, corners: Float[Tensor, "n 4"]) -> Float[Tensor, " n"]:
    """Mass within IoU >= 0.5 of each of the likeliest points; 0 for the others, which are too many to compare."""
    smoothed = torch.zeros_like(lattice.mass)
    count = min(len(corners), _NUM_COMPARED)
    for start in range(0, count, _CHUNK):
        near = iou(corners[start : min(start + _CHUNK, count), None], corners[None]) >= SAME_PLACE_IOU
        smoothed[start : start + len(near)] = (near * lattice.mass).sum(-1)
    return smoothed


_NUM_COMPARED = 512


def _settled(bulk: Lattice, corners: Float[Tensor, "n 4"], index: int, lattice: Lattice) -> Candidate:
    """The place round one point of the bulk; its probability counts the whole lattice."""
    weight = bulk.mass * (iou(corners, corners[index]) >= _NEAR_IOU)
    mean_position = (weight[:, None] * bulk.position).sum(0) / weight.sum()
    box_cxcywh = box_of(mean_position, lattice.aspect.log())
    if not lattice.allows(box_cxcywh[None])[0]:
        box_cxcywh = bulk.box_cxcywh[index]
    cx, cy, w, h = box_cxcywh.tolist()
    return Candidate((cx, cy, w, h), lattice.probability(box_cxcywh))


def _suppressed(candidates: list[Candidate]) -> list[Candidate]:
    kept: list[Candidate] = []
    for candidate in candidates:
        corners = cxcywh_to_xyxy(torch.tensor(candidate.box_cxcywh))
        if all(iou(corners, cxcywh_to_xyxy(torch.tensor(other.box_cxcywh))) < SAME_PLACE_IOU for other in kept):
            kept.append(candidate)
    return kept
