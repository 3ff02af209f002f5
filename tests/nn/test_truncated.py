"""The truncated logistic against numerical integrals, far into its tails."""

import pytest
import torch

from situate.nn import truncated

# Each row: low, high, location, scale.
CASES = [
    (0.0, 1.0, 0.5, 0.3),  # in the middle
    (0.0, 1.0, 0.5, 0.02),  # a narrow peak inside
    (0.0, 1.0, 0.2, 50.0),  # all but uniform
    (0.0, 1.0, 9.0, 0.1),  # the peak lies 80 scales above
    (0.0, 1.0, -9.0, 0.1),  # and below
    (-4.0, 0.2, 40.0, 0.05),  # 800 scales away: every sigmoid underflows
]


def tensors(case: tuple[float, ...]) -> list[torch.Tensor]:
    return [torch.tensor(value, dtype=torch.float64) for value in case]


@pytest.mark.parametrize("case", CASES)
def test_density_integrates_to_one(case):
    low, high, location, scale = tensors(case)
    edges = torch.linspace(0, 1, 400_001, dtype=torch.float64) * (high - low) + low
    middles = (edges[1:] + edges[:-1]) / 2
    ends = [value.expand_as(middles) for value in (low, high, location, scale)]
    density = truncated.log_density(middles, *ends).exp()
    assert (density.sum() * (high - low) / len(middles)).item() == pytest.approx(1, abs=1e-4)


@pytest.mark.parametrize("case", CASES[:3])
def test_mass_is_the_integral_of_the_untruncated_density(case):
    low, high, location, scale = tensors(case)
    value = torch.linspace(low.item(), high.item(), 200_001, dtype=torch.float64)
    z = (value - location) / scale
    density = torch.sigmoid(z) * torch.sigmoid(-z) / scale
    wanted = torch.trapezoid(density, value)
    assert truncated.log_mass(low, high, location, scale).exp().item() == pytest.approx(wanted.item(), rel=1e-6)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("case", CASES)
def test_quantile_is_the_inverse_of_the_mass(case, dtype):
    ends = [value.to(dtype) for value in tensors(case)]
    level = torch.linspace(0.01, 0.99, 25, dtype=dtype)
    low, high, location, scale = (value.expand_as(level) for value in ends)
    value = truncated.quantile(level, low, high, location, scale)
    below = truncated.log_mass(low, value, location, scale) - truncated.log_mass(low, high, location, scale)
    torch.testing.assert_close(below.exp(), level, atol=2e-3 if dtype == torch.float32 else 1e-9, rtol=0)


@pytest.mark.parametrize("case", CASES)
def test_quantiles_of_zero_and_one_are_the_ends(case):
    low, high, location, scale = (value.expand(2) for value in tensors(case))
    found = truncated.quantile(torch.tensor([0.0, 1.0], dtype=torch.float64), low, high, location, scale)
    assert found.tolist() == pytest.approx([case[0], case[1]], abs=1e-9)


def test_gradients_stay_finite_in_the_tails():
    low, high = torch.zeros(2), torch.ones(2)
    location = torch.tensor([90.0, -90.0], requires_grad=True)
    scale = torch.tensor([0.1, 0.1], requires_grad=True)
    truncated.log_density(torch.full((2,), 0.5), low, high, location, scale).sum().backward()
    for gradient in (location.grad, scale.grad):
        assert gradient is not None
        assert torch.isfinite(gradient).all()
