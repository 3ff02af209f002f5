"""Samplers: from noise (sigma 1) to image (sigma 0) in few steps."""

from collections.abc import Callable
from itertools import pairwise

import torch
from jaxtyping import Float
from torch import Tensor

VelocityField = Callable[[Tensor, Tensor], Tensor]
"""`velocity_field(x_sigma "b c h w", sigma " b") -> velocity "b c h w"`."""

TEMPERATURE = 0.2
"""What composing multiplies its noise template with."""
SHIFT = 3.0
"""How much longer steps stay at high noise levels, where they decide most."""


def generate(
    velocity_field: VelocityField, noise: Float[Tensor, "b c h w"], num_steps: int
) -> Float[Tensor, "b c h w"]:
    """Walk from a noise template to the image that composing shows, in `num_steps` Euler steps.

    The template is taken at `TEMPERATURE`: samples of the full-size noise spread round their mean as widely as the
    light of the place is unknown, and somebody who wants one picture is better served near the mean.

    Raises:
        ValueError: If `num_steps` < 1.

    Source:
        Reduced-temperature sampling: Kingma and Dhariwal, Glow (2018), section 6; here for a flow-matching walk.
    """
    return euler(velocity_field, TEMPERATURE * noise, sigmas_for(num_steps))


def sigmas_for(num_steps: int) -> Float[Tensor, " {num_steps}+1"]:
    """Noise levels 1 ... 0, `num_steps` + 1 of them, closer together near 1.

    Raises:
        ValueError: If `num_steps` < 1.

    Source:
        Esser et al., Scaling Rectified Flow Transformers (2024), equation 23, with the shift of their section 5.3.2.
    """
    if num_steps < 1:
        raise ValueError(f"{num_steps} steps were asked for; at least 1 is needed")
    even = torch.linspace(1, 0, num_steps + 1)
    return SHIFT * even / (1 + (SHIFT - 1) * even)


def euler(
    velocity_field: VelocityField, noise: Float[Tensor, "b c h w"], sigmas: Float[Tensor, " steps"]
) -> Float[Tensor, "b c h w"]:
    """Walk from noise to image with Euler steps, first order."""
    x_sigma = noise
    for sigma, sigma_next in pairwise(sigmas):
        x_sigma = x_sigma + (sigma_next - sigma) * velocity_field(x_sigma, sigma.expand(len(x_sigma)))
    return x_sigma
