"""The placement network's answer (method step T2b): an exact density over positions.

A position is (anchor x, anchor y, log height): the bottom-centre point as fractions of the square canvas, and the log
of height over canvas side. The density is a categorical over grid cells times, per cell, three logistic distributions
truncated to the part of the cell that is picture and to `LOG_HEIGHT_RANGE`.
"""

import math
from dataclasses import dataclass, fields, replace

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from situate.nn import truncated

LOG_HEIGHT_RANGE = (math.log(0.02), math.log(1.25))
"""An object is between 2 % and 125 % of the canvas high."""
MIN_SCALE_CELLS, MIN_SCALE_LOG_HEIGHT = 0.05, 0.02
NUM_PARAMETERS = 7
"""Network outputs per cell: one logit, and location and scale of x, y and log height."""


@dataclass(frozen=True)
class CellShare:
    """Log-probability terms of positions: `total` is the log density over (x, y, log height)."""

    cell: Float[Tensor, "b *k"]
    offset: Float[Tensor, "b *k"]
    log_height: Float[Tensor, "b *k"]

    @property
    def total(self) -> Float[Tensor, "b *k"]:
        """Log density in canvas units."""
        return self.cell + self.offset + self.log_height


@dataclass(frozen=True)
class PlacementDistribution:
    """A density over positions for each picture of a batch.

    Attributes:
        cell_log_prob: Log probability of each cell; -inf in the padding.
        location: Locations of x, y (canvas fractions) and log height.
        scale: Their scales, > 0.
        low_xy: Lower bounds of x and y in each cell.
        high_xy: Upper bounds.
    """

    cell_log_prob: Float[Tensor, "b gh gw"]
    location: Float[Tensor, "b gh gw 3"]
    scale: Float[Tensor, "b gh gw 3"]
    low_xy: Float[Tensor, "b gh gw 2"]
    high_xy: Float[Tensor, "b gh gw 2"]

    @property
    def heatmap(self) -> Float[Tensor, "b gh gw"]:
        """Probability of each cell, sums to 1."""
        return self.cell_log_prob.exp()

    @property
    def low(self) -> Float[Tensor, "b gh gw 3"]:
        """Lower bounds of x, y and log height."""
        return torch.cat([self.low_xy, torch.full_like(self.low_xy[..., :1], LOG_HEIGHT_RANGE[0])], dim=-1)

    @property
    def high(self) -> Float[Tensor, "b gh gw 3"]:
        """Upper bounds of x, y and log height."""
        return torch.cat([self.high_xy, torch.full_like(self.high_xy[..., :1], LOG_HEIGHT_RANGE[1])], dim=-1)

    def resized(self, factor: float) -> "PlacementDistribution":
        """Return the density of objects `factor` times as tall, at the same anchors; heights stay in their range."""
        return replace(self, location=self.location + self.location.new_tensor([0.0, 0.0, math.log(factor)]))

    def cell_of(self, position: Float[Tensor, "b *k 3"]) -> tuple[Int[Tensor, "b *k"], Int[Tensor, "b *k"]]:
        """Row and column of the cell that holds each anchor."""
        _, rows, columns = self.cell_log_prob.shape
        row = (position[..., 1] * rows).long().clamp(0, rows - 1)
        column = (position[..., 0] * columns).long().clamp(0, columns - 1)
        return row, column

    def log_prob_terms(self, position: Float[Tensor, "b *k 3"]) -> CellShare:
        """Log density at positions in each picture, split into its factors; they are first moved into the support."""
        row, column = self.cell_of(position)
        batch = self._picture_of(position)
        low, high = self.low[batch, row, column], self.high[batch, row, column]
        inside = torch.minimum(torch.maximum(position, low), high)
        per_axis = truncated.log_density(
            inside, low, high, self.location[batch, row, column], self.scale[batch, row, column]
        )
        return CellShare(self.cell_log_prob[batch, row, column], per_axis[..., :2].sum(-1), per_axis[..., 2])

    def log_prob(self, position: Float[Tensor, "b *k 3"]) -> Float[Tensor, "b *k"]:
        """Log density at positions in each picture; exactly -inf outside the support."""
        row, column = self.cell_of(position)
        batch = self._picture_of(position)
        low, high = self.low[batch, row, column], self.high[batch, row, column]
        is_inside = ((position >= low) & (position <= high)).all(-1)
        return torch.where(is_inside, self.log_prob_terms(position).total, -torch.inf)

    def part(self, index: Bool[Tensor, " b"] | Int[Tensor, " n"]) -> "PlacementDistribution":
        """The densities of some of the pictures."""
        return PlacementDistribution(**{field.name: getattr(self, field.name)[index] for field in fields(self)})

    def _picture_of(self, position: Float[Tensor, "b *k 3"]) -> Int[Tensor, "b *k"]:
        """Number of the picture that each position is in, to index with."""
        shape = (-1, *(1 for _ in position.shape[1:-1]))
        return torch.arange(len(position), device=position.device).view(shape).expand(position.shape[:-1])

    def mode(self) -> Float[Tensor, "b 3"]:
        """The likeliest x, y and log height of the likeliest cell."""
        flat = self.cell_log_prob.flatten(1).argmax(1)
        batch = torch.arange(len(flat), device=flat.device)
        location, low, high = (part.flatten(1, 2)[batch, flat] for part in (self.location, self.low, self.high))
        return torch.minimum(torch.maximum(location, low), high)

    def sample(self, k: int, temperature: float, generator: torch.Generator) -> Float[Tensor, "b {k} 3"]:
        """Draw `k` positions a picture.

        Args:
            k: How many.
            temperature: 1 draws from the density; towards 0 only the likeliest cells are left. Scales cell logits only.
            generator: Source of randomness, on the CPU.
        """
        logits = (self.cell_log_prob / temperature).flatten(1)
        flat = torch.multinomial(logits.softmax(-1).cpu(), k, replacement=True, generator=generator).to(logits.device)
        batch = torch.arange(len(flat), device=flat.device)[:, None]
        low, high, location, scale = (
            part.flatten(1, 2)[batch, flat] for part in (self.low, self.high, self.location, self.scale)
        )
        level = torch.rand(low.shape, generator=generator).to(low)
        return truncated.quantile(level, low, high, location, scale)


def distribution_from(
    parameters: Float[Tensor, "b p gh gw"], content_xyxy: Float[Tensor, "b 4"]
) -> PlacementDistribution:
    """Turn a network's raw outputs into a density.

    Args:
        parameters: `NUM_PARAMETERS` channels per cell, any real numbers.
        content_xyxy: The part of the canvas that is picture; everything else gets probability 0.
    """
    values = parameters.float().permute(0, 2, 3, 1)
    _, rows, columns, _ = values.shape
    low_xy, high_xy, is_picture = _cell_bounds(rows, columns, _thickened(content_xyxy.float()))
    logits = values[..., 0].masked_fill(~is_picture, -torch.inf)
    cell_log_prob = logits.flatten(1).log_softmax(-1).view_as(logits)
    pitch = values.new_tensor([1 / columns, 1 / rows])
    centre_xy = (low_xy + high_xy) / 2
    location_xy = centre_xy + pitch * values[..., 1:3]
    middle, half = sum(LOG_HEIGHT_RANGE) / 2, (LOG_HEIGHT_RANGE[1] - LOG_HEIGHT_RANGE[0]) / 2
    location_height = middle + half * values[..., 3:4]
    scale_xy = pitch * (MIN_SCALE_CELLS + torch.nn.functional.softplus(values[..., 4:6]))
    scale_height = MIN_SCALE_LOG_HEIGHT + 0.5 * torch.nn.functional.softplus(values[..., 6:7])
    return PlacementDistribution(
        cell_log_prob=cell_log_prob,
        location=torch.cat([location_xy, location_height], dim=-1),
        scale=torch.cat([scale_xy, scale_height], dim=-1),
        low_xy=low_xy,
        high_xy=high_xy,
    )


def _thickened(content_xyxy: Float[Tensor, "b 4"]) -> Float[Tensor, "b 4"]:
    """Widen a picture thinner than a few times `_MIN_EXTENT`, so that at least one cell holds some of it."""
    low, high = content_xyxy.chunk(2, dim=-1)
    middle, half = (low + high) / 2, ((high - low) / 2).clamp(min=2 * _MIN_EXTENT)
    is_thin = high - low < 4 * _MIN_EXTENT
    return torch.cat([torch.where(is_thin, middle - half, low), torch.where(is_thin, middle + half, high)], dim=-1)


def _cell_bounds(
    rows: int, columns: int, content_xyxy: Float[Tensor, "b 4"]
) -> tuple[Float[Tensor, "b gh gw 2"], Float[Tensor, "b gh gw 2"], Bool[Tensor, "b gh gw"]]:
    """Each cell's intersection with the picture; cells without one keep their own bounds and are marked False."""
    device = content_xyxy.device
    y, x = torch.meshgrid(
        torch.arange(rows, device=device) / rows, torch.arange(columns, device=device) / columns, indexing="ij"
    )
    cell_low = torch.stack([x, y], dim=-1)[None]
    cell_high = cell_low + cell_low.new_tensor([1 / columns, 1 / rows])
    low = torch.maximum(cell_low, content_xyxy[:, None, None, :2])
    high = torch.minimum(cell_high, content_xyxy[:, None, None, 2:])
    is_picture = (high - low > _MIN_EXTENT).all(-1)
    return (
        torch.where(is_picture[..., None], low, cell_low),
        torch.where(is_picture[..., None], high, cell_high),
        is_picture,
    )


_MIN_EXTENT = 1e-4
