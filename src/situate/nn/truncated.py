"""The logistic distribution truncated to an interval: density, mass and inverse in closed form."""

import torch
import torch.nn.functional as F  # noqa: N812
from jaxtyping import Float
from torch import Tensor


def log_mass(
    low: Float[Tensor, "*n"], high: Float[Tensor, "*n"], location: Float[Tensor, "*n"], scale: Float[Tensor, "*n"]
) -> Float[Tensor, "*n"]:
    """Log of the logistic distribution's mass in [low, high], stable in both tails.

    With a = (low - location) / scale and b likewise: sigmoid(b) - sigmoid(a) = sigmoid(b) sigmoid(-a) (1 - exp(a - b)).
    """
    a, b = (low - location) / scale, (high - location) / scale
    width = (b - a).clamp(min=torch.finfo(a.dtype).tiny)
    return F.logsigmoid(b) + F.logsigmoid(-a) + torch.log(-torch.expm1(-width))


def log_density(
    value: Float[Tensor, "*n"],
    low: Float[Tensor, "*n"],
    high: Float[Tensor, "*n"],
    location: Float[Tensor, "*n"],
    scale: Float[Tensor, "*n"],
) -> Float[Tensor, "*n"]:
    """Log density at `value` of the logistic distribution truncated to [low, high]; `value` must lie inside."""
    z = (value - location) / scale
    return F.logsigmoid(z) + F.logsigmoid(-z) - scale.log() - log_mass(low, high, location, scale)


def quantile(
    level: Float[Tensor, "*n"],
    low: Float[Tensor, "*n"],
    high: Float[Tensor, "*n"],
    location: Float[Tensor, "*n"],
    scale: Float[Tensor, "*n"],
) -> Float[Tensor, "*n"]:
    """Value below which `level` (in [0, 1]) of the truncated mass lies, stable in both tails.

    The right tail is mirrored onto the left one, where small masses keep their digits as logs.
    """
    a, b = (low - location) / scale, (high - location) / scale
    is_right = a + b > 0
    start, end = torch.where(is_right, -b, a), torch.where(is_right, -a, b)
    share = torch.where(is_right, 1 - level, level)
    log_below = torch.logaddexp(F.logsigmoid(start) + torch.log1p(-share), F.logsigmoid(end) + share.log())
    z = log_below - torch.log(-torch.expm1(log_below))
    return torch.minimum(torch.maximum(location + scale * torch.where(is_right, -z, z), low), high)
