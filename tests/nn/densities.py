"""Placement densities with random parameters."""

import torch
from torch import Tensor

from situate.nn.distribution import NUM_PARAMETERS, PlacementDistribution, distribution_from

WHOLE_XYXY = (0.0, 0.0, 1.0, 1.0)


def random_density(
    side: int, content_xyxy: tuple[float, float, float, float] = WHOLE_XYXY, *, seed: int = 0, spread: float = 1.0
) -> PlacementDistribution:
    generator = torch.Generator().manual_seed(seed)
    parameters = spread * torch.randn(1, NUM_PARAMETERS, side, side, generator=generator)
    return distribution_from(parameters, torch.tensor([content_xyxy]))


def repeated(distribution: PlacementDistribution, count: int) -> PlacementDistribution:
    """The same density for `count` positions."""
    fields = {name: value.expand(count, *value.shape[1:]) for name, value in vars(distribution).items()}
    return PlacementDistribution(**fields)


def log_prob_at(distribution: PlacementDistribution, position: Tensor) -> Tensor:
    return repeated(distribution, len(position)).log_prob(position)
