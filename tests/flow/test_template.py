"""The noise template: unit Gaussian, and the same wherever one looks at it from."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from situate.flow.template import NoiseTemplate

FIRST_VALUES = [-0.6709611, -1.5313566, 2.6449432]
TEMPLATE = NoiseTemplate(seed=7, height_px=240, width_px=320)


def correlation(first: torch.Tensor, second: torch.Tensor) -> float:
    return torch.corrcoef(torch.stack([first.flatten(), second.flatten()]))[0, 1].item()


@pytest.mark.parametrize("level", [-1, 0, 2])
def test_the_noise_is_a_unit_gaussian_without_correlations(level):
    noise = TEMPLATE.crop(level, 0, 0, (160, 160), 5)[0]
    assert noise.mean().item() == pytest.approx(0, abs=0.015)
    assert noise.var().item() == pytest.approx(1, abs=0.02)
    # Of a Gaussian: fourth moment 3, and 4.55 % beyond two standard deviations.
    assert noise.pow(4).mean().item() == pytest.approx(3, abs=0.15)
    assert (noise.abs() > 2).float().mean().item() == pytest.approx(0.0455, abs=0.004)
    pairs = {
        "columns": (noise[:, :, 1:], noise[:, :, :-1]),
        "rows": (noise[:, 1:], noise[:, :-1]),
        "channels": (noise[1:], noise[:-1]),
        "diagonals": (noise[:, 1:, 1:], noise[:, :-1, :-1]),
    }
    assert {name: found for name, pair in pairs.items() if abs(found := correlation(*pair)) > 0.015} == {}


def test_levels_and_seeds_are_independent():
    noise = TEMPLATE.crop(0, 0, 0, (96, 96), 3)
    others = [TEMPLATE.crop(1, 0, 0, (96, 96), 3), NoiseTemplate(8, 240, 320).crop(0, 0, 0, (96, 96), 3)]
    assert max(abs(correlation(noise, other)) for other in others) < 0.03


@given(st.integers(-60, 60), st.integers(-60, 60), st.integers(-2, 4))
def test_two_windows_of_one_level_agree_where_they_overlap(row, column, level):
    whole = TEMPLATE.crop(level, -64, -64, (160, 160), 2)
    part = TEMPLATE.crop(level, row, column, (20, 24), 2)
    assert torch.equal(part, whole[:, :, row + 64 : row + 84, column + 64 : column + 88])


def test_the_noise_depends_on_nothing_but_seed_level_and_place():
    other_size = NoiseTemplate(seed=7, height_px=11, width_px=5000)
    assert torch.equal(TEMPLATE.crop(1, 3, 4, (8, 8), 5), other_size.crop(1, 3, 4, (8, 8), 5))
    # A channel does not depend on how many there are.
    assert torch.equal(TEMPLATE.crop(1, 3, 4, (8, 8), 5)[:, :2], TEMPLATE.crop(1, 3, 4, (8, 8), 2))


def test_the_noise_never_changes_between_versions():
    found = NoiseTemplate(0, 64, 64).crop(0, 0, 0, (1, 3), 1).flatten().tolist()
    assert found == pytest.approx(FIRST_VALUES, abs=1e-6)


def test_the_template_has_the_backgrounds_size_halved_at_each_level():
    assert TEMPLATE.size_at(0) == (240, 320)
    assert TEMPLATE.size_at(2) == (60, 80)
    assert TEMPLATE.size_at(-1) == (480, 640)
    assert TEMPLATE.whole(3, 5).shape == (1, 5, 30, 40)
    assert NoiseTemplate(0, 16, 4000).size_at(6) == (1, 62)
