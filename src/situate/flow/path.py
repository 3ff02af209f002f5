"""The straight path between image and noise, and the velocity along it."""

from typing import NamedTuple

import torch
from jaxtyping import Float
from torch import Tensor

MIN_SIGMA = 0.02
"""Below this noise level the velocity's denominator stays constant: the image is all but known."""


class PathSample(NamedTuple):
    """A point on the path, and the direction of the path there."""

    x_sigma: Float[Tensor, "b c h w"]
    velocity: Float[Tensor, "b c h w"]


def sample_path(
    noise: Float[Tensor, "b c h w"], image: Float[Tensor, "b c h w"], sigma: Float[Tensor, " b"]
) -> PathSample:
    """Interpolate between noise and image.

    Args:
        noise: Start of the path, unit Gaussian.
        image: End of the path, in [-1, 1].
        sigma: Noise level in [0, 1]; 1 is noise.

    Returns:
        `x_sigma = (1 - sigma) image + sigma noise` and `velocity = noise - image`.

    Raises:
        ValueError: If `sigma` leaves [0, 1].

    Source:
        Lipman et al., Flow Matching for Generative Modeling (2023), equation 22 with sigma_min = 0 and time reversed.
    """
    if sigma.min() < 0 or sigma.max() > 1:
        raise ValueError(f"sigma lies in [{sigma.min():.3g}, {sigma.max():.3g}]; it must lie in [0, 1]")
    level = sigma[:, None, None, None]
    return PathSample((1 - level) * image + level * noise, noise - image)


def velocity_of(
    x_sigma: Float[Tensor, "b c h w"], image: Float[Tensor, "b c h w"], sigma: Float[Tensor, " b"]
) -> Float[Tensor, "b c h w"]:
    """Velocity that leads from `image` through `x_sigma`: `(x_sigma - image) / max(sigma, MIN_SIGMA)`."""
    return (x_sigma - image) / sigma.clamp(min=MIN_SIGMA)[:, None, None, None]


def draw_sigma(count: int, generator: torch.Generator) -> Float[Tensor, "{count}"]:
    """Draw training noise levels: three fifths exactly 1, the rest half uniform, half from the high-noise end.

    Every walk starts at 1, and in a few steps the first one decides most: there the network predicts the mean.

    Source:
        The tilt towards noise follows Esser et al., Scaling Rectified Flow Transformers (2024), section 3.1; here it is
        the plain map `1 - u^2`, whose density grows towards sigma = 1, and the weight at 1 itself is this project's.
    """
    uniform = torch.rand(count, generator=generator, device=generator.device)
    chance = torch.rand(count, generator=generator, device=generator.device)
    tilted = torch.where(chance < 0.8, 1 - uniform.square(), uniform)
    return torch.where(chance < 0.6, torch.ones_like(uniform), tilted)
