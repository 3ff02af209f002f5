"""Samplers against closed forms."""

import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from situate.flow.sampling import TEMPERATURE, euler, generate, sigmas_for

inner_levels = st.lists(st.floats(0.01, 0.99), max_size=6, unique=True)


@given(levels=inner_levels)
def test_a_constant_velocity_lands_on_the_image_for_any_grid(levels):
    generator = torch.Generator().manual_seed(0)
    noise, image = torch.randn(2, 3, 4, 4, generator=generator), torch.randn(2, 3, 4, 4, generator=generator)
    sigmas = torch.tensor([1.0, *sorted(levels, reverse=True), 0.0])
    found = euler(lambda x_sigma, sigma: noise - image, noise, sigmas)
    torch.testing.assert_close(found, image, atol=1e-5, rtol=1e-5)


def test_twice_the_steps_halve_the_error():
    # dx/dsigma = x, from x(1) = e, ends at x(0) = 1.
    start = torch.full((1, 1, 1, 1), math.e, dtype=torch.float64)

    def error(num_steps: int) -> float:
        sigmas = torch.linspace(1, 0, num_steps + 1, dtype=torch.float64)
        return abs(euler(lambda x_sigma, sigma: x_sigma, start, sigmas).item() - 1)

    assert error(16) / error(32) == pytest.approx(2, rel=0.1)


def test_the_model_is_told_the_noise_level_of_each_sample():
    seen = []

    def velocity_field(x_sigma, sigma):
        seen.append(sigma.tolist())
        return torch.zeros_like(x_sigma)

    euler(velocity_field, torch.zeros(2, 1, 1, 1), torch.tensor([1.0, 0.5, 0.0]))
    assert seen == [[1, 1], [0.5, 0.5]]


def test_composing_starts_from_the_template_at_its_temperature():
    seen = []

    def velocity_field(x_sigma, sigma):
        seen.append(x_sigma.clone())
        return x_sigma

    template = torch.randn(1, 2, 4, 4, generator=torch.Generator().manual_seed(0))
    generate(velocity_field, template, 2)
    torch.testing.assert_close(seen[0], TEMPERATURE * template)
    assert len(seen) == 2


def test_steps_go_from_noise_to_image_and_stay_long_at_noise():
    torch.testing.assert_close(sigmas_for(4), torch.tensor([1, 0.9, 0.75, 0.5, 0]))
    assert sigmas_for(1).tolist() == [1, 0]


def test_at_least_one_step_is_needed():
    with pytest.raises(ValueError, match="at least 1"):
        sigmas_for(0)
