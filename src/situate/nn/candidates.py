"""Ranked places from a density on the lattice: the most probable ones that do not overlap."""

from dataclasses import dataclass

import torch
from jaxtyping import Float, Int
from torch import Tensor

from situate.geometry.boxes import cxcywh_to_xyxy
from situate.geometry.canvas import box_of
from situate.nn.lattice import SAME_PLACE_IOU, Lattice
from situate.nn.overlap import covering, overlaps


@dataclass(frozen=True)
class Candidate:
    """A place and its probability: the lattice's mass within IoU >= 0.5 of the box."""

    box_cxcywh: tuple[float, float, float, float]
    probability: float


def top_k(lattice: Lattice, k: int) -> list[Candidate]:
    """Up to `k` places, no two of which overlap by IoU >= 0.5, that together hold as much mass as can be; best first.

    The first is the most probable place, each next one adds most to those before it: what is likely to be missed by all
    of them is least. Each place is first a lattice point with much mass round it; then it moves to the mean of the mass
    near it, which takes the lattice's steps out of its position, unless that is not allowed.
    """
    bulk = _bulk(lattice)
    box_cxcywh = _settled(bulk, _seeds(bulk, max(4 * k, _MIN_SEEDS)))
    probability, order = lattice.probabilities(box_cxcywh).sort(descending=True, stable=True)
    box_cxcywh = box_cxcywh[order]
    chosen = sorted(covering(cxcywh_to_xyxy(box_cxcywh), bulk.edges, bulk.mass, k, share=SAME_PLACE_IOU))
    return [
        Candidate((cx, cy, w, h), float(probability[index]))
        for index, (cx, cy, w, h) in zip(chosen, box_cxcywh[chosen].tolist(), strict=True)
    ]


_MIN_SEEDS = 16
_BULK_MASS, _MAX_BULK = 0.98, 6000
_NUM_COMPARED = 512
_NEAR_IOU = 0.75


def _bulk(lattice: Lattice) -> Lattice:
    """The likeliest points that hold almost all of the mass, likeliest first; the rest cannot become a place."""
    likeliest = lattice.mass.topk(min(_MAX_BULK, len(lattice.mass)))
    count = int((likeliest.values.cumsum(0) < _BULK_MASS).sum()) + 1
    return lattice.taking(likeliest.indices[:count])


def _seeds(bulk: Lattice, count: int) -> Int[Tensor, " s"]:
    """Up to `count` points that do not overlap, those with most mass near them first.

    Only near the likeliest points the mass is counted, the others are too many; they follow by their own.
    """
    near_mass = bulk.probabilities(bulk.box_cxcywh[:_NUM_COMPARED])
    others = torch.arange(len(near_mass), len(bulk.mass), device=near_mass.device)
    left = torch.cat([near_mass.argsort(descending=True, stable=True), others])
    seeds: list[Tensor] = []
    while len(seeds) < count and len(left):
        seeds.append(left[0])
        is_covered = overlaps(bulk.edges.T[left[:1]], bulk.edges[:, left], SAME_PLACE_IOU)[0]
        left = left[is_covered == 0]
    return torch.stack(seeds)


def _settled(bulk: Lattice, seeds: Int[Tensor, " s"]) -> Float[Tensor, "s 4"]:
    """The places round some points of the bulk."""
    weight = overlaps(bulk.edges.T[seeds], bulk.edges, _NEAR_IOU) * bulk.mass
    mean_position = weight @ bulk.position / weight.sum(-1, keepdim=True)
    box_cxcywh = box_of(mean_position, bulk.aspect.log().expand(len(seeds)))
    return torch.where(bulk.allows(box_cxcywh)[:, None], box_cxcywh, bulk.box_cxcywh[seeds])
