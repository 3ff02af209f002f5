"""The straight path: its closed form and its ends."""

import pytest
import torch

from situate.flow.path import MIN_SIGMA, draw_sigma, sample_path, velocity_of


def pair() -> tuple[torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(0)
    return torch.randn(3, 2, 4, 4, generator=generator), torch.rand(3, 2, 4, 4, generator=generator) * 2 - 1


def test_the_path_is_straight_from_image_to_noise():
    noise, image = pair()
    sigma = torch.tensor([0.0, 0.25, 1.0])
    x_sigma, velocity = sample_path(noise, image, sigma)
    assert torch.equal(x_sigma[0], image[0])
    torch.testing.assert_close(x_sigma[1], 0.75 * image[1] + 0.25 * noise[1])
    assert torch.equal(x_sigma[2], noise[2])
    assert torch.equal(velocity, noise - image)


@pytest.mark.parametrize("sigma", [-0.01, 1.01, 7.0])
def test_sigma_outside_its_range_is_refused_with_its_value(sigma):
    noise, image = pair()
    with pytest.raises(ValueError, match=r"must lie in \[0, 1\]"):
        sample_path(noise, image, torch.tensor([0.5, sigma, 0.5]))


def test_velocity_of_the_true_image_is_the_paths_velocity():
    noise, image = pair()
    sigma = torch.tensor([0.05, 0.5, 1.0])
    x_sigma, velocity = sample_path(noise, image, sigma)
    torch.testing.assert_close(velocity_of(x_sigma, image, sigma), velocity, atol=1e-4, rtol=1e-4)


def test_velocity_stays_finite_at_sigma_zero():
    noise, image = pair()
    velocity = velocity_of(noise, image, torch.zeros(3))
    torch.testing.assert_close(velocity, (noise - image) / MIN_SIGMA)


def test_training_draws_lie_in_range_and_lean_towards_noise():
    sigma = draw_sigma(4000, torch.Generator().manual_seed(0))
    assert sigma.min() >= 0
    assert sigma.max() <= 1
    # A fifth uniform (mean 1/2), a fifth 1 - u^2 (mean 2/3), three fifths 1.
    assert sigma.mean().item() == pytest.approx(5 / 6, abs=0.02)
    assert (sigma == 1).float().mean().item() == pytest.approx(0.6, abs=0.03)


def test_draws_are_a_function_of_the_generator_alone():
    first, second = (draw_sigma(5, torch.Generator().manual_seed(3)) for _ in range(2))
    assert torch.equal(first, second)
