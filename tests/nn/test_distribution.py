"""The placement density is a density: it integrates to 1, and only where the picture is."""

import math

import pytest
import torch
from tests.nn.densities import log_prob_at, random_density, repeated

from situate.nn.distribution import LOG_HEIGHT_RANGE, NUM_PARAMETERS, distribution_from

LETTERBOX_XYXY = (0.0, 0.1875, 1.0, 0.8125)


def midpoints(low: float, high: float, count: int) -> torch.Tensor:
    return low + (torch.arange(count) + 0.5) / count * (high - low)


@pytest.mark.parametrize("content_xyxy", [(0.0, 0.0, 1.0, 1.0), LETTERBOX_XYXY])
def test_the_density_integrates_to_one_also_over_cells_cut_by_the_letterbox(content_xyxy):
    density = random_density(2, content_xyxy, spread=0.7)
    axes = [midpoints(0, 1, 64), midpoints(0, 1, 64), midpoints(*LOG_HEIGHT_RANGE, 48)]
    position = torch.stack(torch.meshgrid(*axes, indexing="ij"), dim=-1).reshape(-1, 3)
    volume = (LOG_HEIGHT_RANGE[1] - LOG_HEIGHT_RANGE[0]) / len(position)
    assert (log_prob_at(density, position).exp().sum() * volume).item() == pytest.approx(1, abs=0.01)


@pytest.mark.parametrize(
    "position",
    [
        (0.5, 0.1, -1.0),  # in the padding, inside a cell that is partly picture
        (0.5, 0.9, -1.0),  # the same below
        (-0.1, 0.5, -1.0),  # left of the canvas
        (0.5, 1.1, -1.0),  # under it
        (0.5, 0.5, LOG_HEIGHT_RANGE[0] - 0.01),  # too small
        (0.5, 0.5, LOG_HEIGHT_RANGE[1] + 0.01),  # too large
    ],
)
def test_outside_the_support_the_log_density_is_minus_infinity(position):
    assert log_prob_at(random_density(4, LETTERBOX_XYXY), torch.tensor([position])).item() == -math.inf


def test_cells_of_the_padding_have_probability_zero():
    heatmap = random_density(16, LETTERBOX_XYXY).heatmap[0]
    assert bool((heatmap[:3] == 0).all())
    assert bool((heatmap[13:] == 0).all())
    assert bool((heatmap[3:13] > 0).all())
    assert heatmap.sum().item() == pytest.approx(1, abs=1e-5)


@pytest.mark.parametrize("content_xyxy", [(0.0, 0.49, 1.0, 0.51), (0.497, 0.0, 0.503, 1.0)])
def test_a_strip_of_a_picture_still_has_a_density(content_xyxy):
    density = random_density(16, content_xyxy)
    assert density.heatmap.sum().item() == pytest.approx(1, abs=1e-5)
    assert torch.isfinite(density.log_prob(density.mode())).all()


@pytest.mark.parametrize("ratio", [64, 1000, 5000, 50_000])
def test_a_picture_of_any_aspect_ratio_has_a_cell_for_its_anchor(ratio):
    half = 0.5 / ratio
    for content_xyxy in ((0.0, 0.5 - half, 1.0, 0.5 + half), (0.5 - half, 0.0, 0.5 + half, 1.0)):
        heatmap = random_density(16, content_xyxy).heatmap
        assert heatmap.sum().item() == pytest.approx(1, abs=1e-4)


def test_the_terms_add_up_to_the_log_density():
    density = random_density(8)
    position = density.sample(50, 1.0, torch.Generator().manual_seed(0))[0]
    torch.testing.assert_close(
        repeated(density, 50).log_prob_terms(position).total, log_prob_at(density, position), atol=1e-5, rtol=1e-5
    )


def test_samples_lie_in_the_support_and_follow_the_heat_map():
    density = random_density(4, LETTERBOX_XYXY)
    count = 20_000
    position = density.sample(count, 1.0, torch.Generator().manual_seed(0))[0]
    assert torch.isfinite(log_prob_at(density, position)).all()
    row, column = repeated(density, count).cell_of(position)
    found = torch.bincount(row * 4 + column, minlength=16) / count
    wanted = density.heatmap.flatten()
    chi_square = count * ((found - wanted).square() / wanted.clamp(min=1e-9))[wanted > 0].sum().item()
    # 15 degrees of freedom at most: a value over 37.7 has a chance of one in a thousand.
    assert chi_square < 37.7


def test_samples_follow_the_density_within_a_cell():
    # One cell: the share of samples under each height is the integral of the density up to it.
    density = random_density(1, seed=4)
    log_height = density.sample(20_000, 1.0, torch.Generator().manual_seed(0))[0, :, 2]
    middles = midpoints(*LOG_HEIGHT_RANGE, 2000)
    position = torch.stack([torch.full_like(middles, 0.5), torch.full_like(middles, 0.5), middles], dim=1)
    weight = repeated(density, len(middles)).log_prob_terms(position).log_height.exp()
    below = weight.cumsum(0) / weight.sum()
    found = (log_height[:, None] < middles[None, ::100]).float().mean(0)
    torch.testing.assert_close(found, below[::100], atol=0.015, rtol=0)


def test_a_low_temperature_draws_the_likeliest_cell():
    density = random_density(4)
    position = density.sample(200, 1e-3, torch.Generator().manual_seed(0))[0]
    row, column = repeated(density, 200).cell_of(position)
    assert set((row * 4 + column).tolist()) == {int(density.heatmap.flatten().argmax())}


def test_the_same_generator_draws_the_same():
    first, second = (random_density(4).sample(5, 1.0, torch.Generator().manual_seed(1)) for _ in range(2))
    assert torch.equal(first, second)


def test_the_mode_lies_in_the_likeliest_cell_and_beats_every_sample_there():
    density = random_density(4, LETTERBOX_XYXY, seed=3)
    mode = density.mode()
    row, column = density.cell_of(mode)
    assert (row * 4 + column).item() == density.heatmap.flatten().argmax().item()
    position = density.sample(3000, 1e-3, torch.Generator().manual_seed(0))[0]
    assert log_prob_at(density, position).max() <= density.log_prob(mode)[0] + 1e-4


def test_a_density_depends_on_its_own_picture_alone():
    parameters = torch.randn(3, NUM_PARAMETERS, 4, 4, generator=torch.Generator().manual_seed(0))
    content = torch.tensor([(0.0, 0.0, 1.0, 1.0), LETTERBOX_XYXY, (0.25, 0.0, 0.75, 1.0)])
    together = distribution_from(parameters, content)
    alone = distribution_from(parameters[1:2], content[1:2])
    assert torch.equal(together.cell_log_prob[1:2], alone.cell_log_prob)
    assert torch.equal(together.mode()[1:2], alone.mode())
