"""The density of one picture under constraints, on a fixed lattice (docs/placement.md).

The lattice has 4 x 4 offsets a cell and 32 heights. A constraint keeps or drops whole lattice points; the constrained
distribution is what is left, renormalised: piecewise uniform, each point standing for the block round it.
"""

import math
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from situate.errors import PlacementError
from situate.geometry.boxes import cxcywh_to_xyxy
from situate.geometry.canvas import Letterbox, box_of
from situate.geometry.constraints import BoxFilter, nothing_left
from situate.nn import truncated
from situate.nn.distribution import PlacementDistribution
from situate.nn.overlap import overlaps
from situate.records.constraints import PlacementConstraints

OFFSETS_PER_CELL, NUM_HEIGHTS = 4, 32
SAME_PLACE_IOU = 0.5
"""Boxes that overlap this much are one place: for `probability`, and for non-maximum suppression."""
_NUM_REDRAWS = 8
_PAIRS_AT_ONCE = 2**19
"""Of boxes that are compared; more no longer lie in the cache."""


@dataclass(frozen=True)
class Lattice:
    """A distribution over boxes of one picture, as blocks with masses.

    Attributes:
        position: Middle of each block: anchor x, anchor y, log height on the canvas.
        half_extent: Half the block's extent along each of them.
        box_cxcywh: The middle as a box on the canvas; if it is not allowed, the nearest place in the block that is.
        mass: Probability of each block, > 0, sums to 1.
        cell: The density's cell that each block lies in, rows first.
        grid_hw: Rows and columns of those cells.
        letterbox: How the picture lies on the canvas.
        box_filter: What is demanded of a box.
        kept: Share of the density's mass that the constraints leave, > 0.
    """

    position: Float[Tensor, "n 3"]
    half_extent: Float[Tensor, "n 3"]
    box_cxcywh: Float[Tensor, "n 4"]
    mass: Float[Tensor, " n"]
    cell: Int[Tensor, " n"]
    grid_hw: tuple[int, int]
    letterbox: Letterbox
    box_filter: BoxFilter
    kept: float = 1.0

    @property
    def heatmap(self) -> Float[Tensor, "gh gw"]:
        """Probability of each cell, sums to 1."""
        rows, columns = self.grid_hw
        return self.mass.new_zeros(rows * columns).index_add(0, self.cell, self.mass).view(rows, columns)

    @property
    def aspect(self) -> Float[Tensor, ""]:
        """Width over height of the object, the same for all boxes."""
        return self.box_cxcywh[0, 2] / self.box_cxcywh[0, 3]

    @property
    def place(self) -> Float[Tensor, "n 3"]:
        """Anchor and log height of each block's box: the block's middle, or the nearest in it that is allowed."""
        cx, cy, _, height = self.box_cxcywh.unbind(-1)
        return torch.stack([cx, cy + height / 2, height.log()], dim=-1)

    def allows(self, box_cxcywh: Float[Tensor, "b 4"]) -> Bool[Tensor, " b"]:
        """Say which boxes on the canvas the constraints allow."""
        allowed = self.box_filter.allows(_in_px(box_cxcywh, self.letterbox))
        return torch.from_numpy(allowed).to(box_cxcywh.device)

    def taking(self, index: Int[Tensor, " m"]) -> "Lattice":
        """Return some of the blocks, with the masses they have."""
        parts = {
            name: getattr(self, name).index_select(0, index)
            for name in ("position", "half_extent", "box_cxcywh", "mass", "cell")
        }
        return replace(self, **parts)

    def log_prob(self, position: Float[Tensor, "b 3"]) -> Float[Tensor, " b"]:
        """Log density at positions: each block's mass over its volume; -inf where nothing is left."""
        log_density = self.mass.log() - (2 * self.half_extent).log().sum(-1)
        # A position on a border belongs to one of the blocks it touches; their densities may differ, their mass not.
        is_inside = ((position[:, None] - self.position).abs() <= self.half_extent * (1 + _ROUNDING)).all(-1)
        return torch.where(is_inside, log_density, -torch.inf).amax(-1)

    def log_density(self, box_cxcywh: Float[Tensor, " 4"]) -> float:
        """Log of the density without constraints at a box on the canvas; -inf where the constraints leave nothing.

        Unlike `log_prob` it does not rise because a constraint forbids other places.
        """
        cx, cy, _, height = box_cxcywh.to(self.position)
        position = torch.stack([cx, cy + height / 2, height.log()])
        return float(self.log_prob(position[None])[0]) + math.log(self.kept)

    def probability(self, box_cxcywh: Float[Tensor, " 4"]) -> float:
        """Mass within IoU >= 0.5 of a box on the canvas."""
        return float(self.probabilities(box_cxcywh[None])[0])

    def probabilities(self, box_cxcywh: Float[Tensor, "b 4"]) -> Float[Tensor, " b"]:
        """Mass within IoU >= 0.5 of each of several boxes on the canvas."""
        corners = cxcywh_to_xyxy(box_cxcywh.to(self.box_cxcywh))
        several = max(1, _PAIRS_AT_ONCE // len(self.mass))
        return torch.cat([overlaps(some, self.edges, SAME_PLACE_IOU) @ self.mass for some in corners.split(several)])

    @cached_property
    def edges(self) -> Float[Tensor, "4 n"]:
        """Left, top, right and bottom of all blocks' boxes."""
        return cxcywh_to_xyxy(self.box_cxcywh).T.contiguous()

    def sample(self, k: int, generator: torch.Generator) -> Float[Tensor, "{k} 3"]:
        """Draw `k` positions: a block by its mass, then a place in it that the constraints allow.

        Where several draws in a block were not allowed, its own box is taken, which is.

        Args:
            k: How many.
            generator: Source of randomness, on the CPU.
        """
        drawn = torch.multinomial(self.mass.cpu(), k, replacement=True, generator=generator).to(self.mass.device)
        position, half_extent = self.place[drawn], self.half_extent[drawn]
        is_drawn = torch.zeros(k, dtype=torch.bool, device=position.device)
        for _ in range(_NUM_REDRAWS):
            offset = 2 * torch.rand(k, 3, generator=generator).to(position) - 1
            tried = torch.where(is_drawn[:, None], position, self.position[drawn] + offset * half_extent)
            is_drawn = is_drawn | self.allows(box_of(tried, self.aspect.log().expand(k)))
            position = torch.where(is_drawn[:, None], tried, position)
        return position


def lattice_of(
    distribution: PlacementDistribution,
    log_aspect: Float[Tensor, " 1"],
    letterbox: Letterbox,
    constraints: PlacementConstraints | None = None,
) -> Lattice:
    """Lay the density of the first picture on the lattice and keep what the constraints allow.

    Args:
        distribution: The density.
        log_aspect: log(width / height) of the cut-out.
        letterbox: How the picture lies on the canvas.
        constraints: What is demanded; by default that a box lies at least half inside the picture.

    Raises:
        PlacementError: If nothing is left; the message names the constraint that emptied it.
    """
    box_filter = BoxFilter(constraints or PlacementConstraints(), (letterbox.width_px, letterbox.height_px))
    blocks = _moved(_blocks(distribution, log_aspect, letterbox, box_filter))
    allowed = box_filter.allowed_by(_in_px(blocks.box_cxcywh, letterbox))
    kept = np.logical_and.reduce(list(allowed.values()))
    left = blocks.taking(torch.from_numpy(np.flatnonzero(kept)).to(blocks.mass.device))
    if not len(left.mass):
        raise PlacementError(nothing_left(allowed, blocks.mass.cpu().numpy()))
    kept = float(left.mass.sum())
    return replace(left, mass=left.mass / kept, kept=kept)


_ROUNDING = 1e-4


def _blocks(
    distribution: PlacementDistribution, log_aspect: Float[Tensor, " 1"], letterbox: Letterbox, box_filter: BoxFilter
) -> Lattice:
    """All blocks of the first picture that have any mass, with their exact masses."""
    heatmap = distribution.heatmap[0]
    cells = heatmap.flatten().nonzero()[:, 0]
    parts = (distribution.low, distribution.high, distribution.location, distribution.scale)
    low, high, location, scale = (part[0].flatten(0, 1)[cells].double() for part in parts)
    counts = (OFFSETS_PER_CELL, OFFSETS_PER_CELL, NUM_HEIGHTS)
    steps = [
        _steps(low[:, axis], high[:, axis], location[:, axis], scale[:, axis], count)
        for axis, count in enumerate(counts)
    ]
    middles, shares = zip(*steps, strict=True)
    mass_xy = heatmap.flatten()[cells].double()[:, None, None] * shares[0][:, :, None] * shares[1][:, None, :]
    mass = (mass_xy.float()[..., None] * shares[2].float()[:, None, None, :]).flatten()
    x, y, log_height = (one.float() for one in middles)
    grid = (x[:, :, None, None], y[:, None, :, None], log_height[:, None, None, :])
    position = torch.stack(torch.broadcast_tensors(*grid), dim=-1).view(-1, 3)
    half_extent = ((high - low) / 2 / torch.tensor(counts).to(low)).float()
    per_cell = math.prod(counts)
    blocks = Lattice(
        position,
        half_extent[:, None].expand(-1, per_cell, -1).reshape(-1, 3),
        box_of(position, log_aspect.to(position).expand(len(position))),
        mass,
        cells[:, None].expand(-1, per_cell).reshape(-1),
        (heatmap.shape[0], heatmap.shape[1]),
        letterbox,
        box_filter,
    )
    return blocks if bool(mass.all()) else blocks.taking(mass.nonzero()[:, 0])


def _steps(
    low: Float[Tensor, " n"],
    high: Float[Tensor, " n"],
    location: Float[Tensor, " n"],
    scale: Float[Tensor, " n"],
    count: int,
) -> tuple[Float[Tensor, "n {count}"], Float[Tensor, "n {count}"]]:
    """Cut each interval into `count` even steps: their middles, and their shares of the interval's mass."""
    edges = low[:, None] + (high - low)[:, None] * torch.arange(count + 1).to(low) / count
    starts, stops = edges[:, :-1], edges[:, 1:]
    log_mass = truncated.log_mass(starts, stops, location[:, None].expand_as(starts), scale[:, None].expand_as(starts))
    total = truncated.log_mass(low, high, location, scale)
    return (starts + stops) / 2, (log_mass - total[:, None]).exp()


def _moved(blocks: Lattice) -> Lattice:
    """Move boxes within their blocks to where height and anchor are allowed; constraints may be finer than blocks."""
    demanded, letterbox = blocks.box_filter.constraints, blocks.letterbox
    if demanded.min_height is None and demanded.max_height is None and demanded.allow is None:
        return blocks
    place = blocks.position.clone()
    lowest, highest = place[:, 2] - blocks.half_extent[:, 2], place[:, 2] + blocks.half_extent[:, 2]
    for extent, limit in ((demanded.min_height, torch.maximum), (demanded.max_height, torch.minimum)):
        if extent is not None:
            log_height = math.log(extent.in_px(letterbox.height_px) / letterbox.side_px)
            place[:, 2] = limit(place[:, 2], torch.full_like(place[:, 2], log_height))
    place[:, 2] = torch.minimum(torch.maximum(place[:, 2], lowest), highest)
    if demanded.allow is not None:
        anchors, first, inverse = np.unique(
            place[:, :2].cpu().double().numpy(), axis=0, return_index=True, return_inverse=True
        )
        corner = np.array(letterbox.content_xyxy[:2])
        half_px = blocks.half_extent[:, :2].cpu().double().numpy()[first] * letterbox.side_px
        moved = blocks.box_filter.anchors((anchors - corner) * letterbox.side_px, half_px)
        place[:, :2] = torch.from_numpy(moved / letterbox.side_px + corner)[inverse.reshape(-1)].to(place)
    return replace(blocks, box_cxcywh=box_of(place, blocks.aspect.log().expand(len(place))))


def _in_px(box_cxcywh: Float[Tensor, "n 4"], letterbox: Letterbox) -> Float[np.ndarray, "n 4"]:
    """Boxes on the canvas to corners in pixels of the picture; each kind lies together in memory, which is faster."""
    left, top, _, _ = letterbox.content_xyxy
    cx, cy, width, height = (part.cpu().double().numpy() * letterbox.side_px for part in box_cxcywh.unbind(-1))
    cx -= left * letterbox.side_px
    cy -= top * letterbox.side_px
    width /= 2
    height /= 2
    return np.stack([cx - width, cy - height, cx + width, cy + height]).T
