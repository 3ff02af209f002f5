"""The constrained density: it sums to 1, allows nothing that is forbidden, and says what emptied it."""

import math

import numpy as np
import pytest
import torch
from tests.nn.densities import log_prob_at, random_density

from situate.errors import PlacementError
from situate.geometry.boxes import cxcywh_to_xyxy, iou
from situate.geometry.canvas import Letterbox, box_of
from situate.nn.candidates import top_k
from situate.nn.distribution import LOG_HEIGHT_RANGE
from situate.nn.lattice import Lattice, lattice_of
from situate.records.constraints import Extent, PlacementConstraints

LETTERBOX = Letterbox(80, 60)
LEFT_HALF = np.arange(80)[None].repeat(60, axis=0) < 40


def lattice(seed: int = 0, side: int = 4, **demanded) -> Lattice:
    density = random_density(side, LETTERBOX.content_xyxy, seed=seed)
    return lattice_of(density, torch.tensor([0.2]), LETTERBOX, PlacementConstraints(**demanded))


def uniform_positions(count: int, seed: int = 0) -> torch.Tensor:
    draws = torch.rand(count, 3, generator=torch.Generator().manual_seed(seed))
    low, high = LOG_HEIGHT_RANGE
    return draws * torch.tensor([1.0, 1.0, high - low]) + torch.tensor([0.0, 0.0, low])


@pytest.mark.parametrize(
    "demanded",
    [
        {},
        {"allow": LEFT_HALF},
        {"min_height": Extent(0.2), "max_height": Extent(30.0, "px")},
        {"away_from_xywh_px": ((0.0, 0.0, 40.0, 60.0),), "min_distance_px": 3.0},
    ],
)
def test_the_constrained_density_integrates_to_one(demanded: dict):
    volume = LOG_HEIGHT_RANGE[1] - LOG_HEIGHT_RANGE[0]
    log_prob = torch.cat([lattice(**demanded).log_prob(uniform_positions(2000, seed)) for seed in range(20)])
    assert float(log_prob.exp().mean()) * volume == pytest.approx(1, abs=0.08)


def test_without_constraints_it_is_the_density_itself_up_to_its_steps():
    density = random_density(4, LETTERBOX.content_xyxy)
    position = density.sample(400, 1.0, torch.Generator().manual_seed(0))[0]
    free = lattice_of(density, torch.tensor([0.2]), LETTERBOX, PlacementConstraints(min_inside=0.0))
    difference = free.log_prob(position) - log_prob_at(density, position)
    assert float(difference.abs().mean()) < 0.2
    assert abs(float(difference.mean())) < 0.05


def test_outside_the_constraints_the_density_is_zero():
    found = lattice(allow=LEFT_HALF).log_prob(torch.tensor([[0.9, 0.6, -1.0], [0.2, 0.6, -1.0]]))
    assert found[0] == -math.inf
    assert found[1] > -math.inf


@pytest.mark.parametrize(
    "demanded",
    [
        {"allow": LEFT_HALF},
        {"avoid": LEFT_HALF},
        {"max_height": Extent(0.3), "min_inside": 1.0},
        {"away_from_xywh_px": ((20.0, 20.0, 20.0, 20.0),), "min_distance_px": 4.0},
    ],
)
def test_samples_and_places_are_allowed(demanded: dict):
    constrained = lattice(side=8, **demanded)
    position = constrained.sample(300, torch.Generator().manual_seed(1))
    assert bool(constrained.allows(box_of(position, torch.full((300,), 0.2))).all())
    places = torch.tensor([candidate.box_cxcywh for candidate in top_k(constrained, 5)])
    assert bool(constrained.allows(places).all())
    assert len(places) >= 3
    assert not bool(constrained.allows(lattice(side=8).box_cxcywh).all()), "the constraint forbids something"


def test_samples_follow_the_masses():
    constrained = lattice(allow=LEFT_HALF)
    position = constrained.sample(20_000, torch.Generator().manual_seed(2))
    expected = float(constrained.mass[constrained.position[:, 1] < 0.5].sum())
    assert float((position[:, 1] < 0.5).float().mean()) == pytest.approx(expected, abs=0.015)


def test_the_heat_map_sums_to_one_and_is_dark_where_nothing_is_allowed():
    heatmap = lattice(allow=LEFT_HALF).heatmap
    assert float(heatmap.sum()) == pytest.approx(1, abs=1e-4)
    assert float(heatmap[:, 2:].sum()) == 0
    assert float(heatmap[:, :2].sum()) > 0


def test_the_probability_of_a_box_is_the_mass_that_overlaps_it():
    free = lattice()
    boxes = free.box_cxcywh[free.mass.topk(5).indices]
    corners = cxcywh_to_xyxy(free.box_cxcywh)
    wanted = torch.stack([free.mass[iou(corners, box) >= 0.5].sum() for box in cxcywh_to_xyxy(boxes)])
    torch.testing.assert_close(free.probabilities(boxes), wanted, rtol=1e-4, atol=0)
    assert free.probability(boxes[0]) == pytest.approx(float(wanted[0]), rel=1e-4)
    assert free.probability(torch.tensor([5.0, 5.0, 0.1, 0.1])) == 0


@pytest.mark.parametrize("pairs_at_once", [1, 1000])
def test_probabilities_do_not_depend_on_how_many_are_found_at_once(pairs_at_once: int, monkeypatch):
    free = lattice()
    boxes = free.box_cxcywh[::997]
    wanted = free.probabilities(boxes)
    monkeypatch.setattr("situate.nn.lattice._PAIRS_AT_ONCE", pairs_at_once)
    torch.testing.assert_close(free.probabilities(boxes), wanted, rtol=1e-5, atol=0)


def test_each_cell_holds_its_mass_and_padding_has_no_blocks():
    density = random_density(8, LETTERBOX.content_xyxy)
    free = lattice_of(density, torch.tensor([0.2]), LETTERBOX, PlacementConstraints(min_inside=0.0))
    torch.testing.assert_close(free.heatmap, density.heatmap[0], rtol=1e-4, atol=1e-7)
    assert bool((density.heatmap[0].flatten()[free.cell] > 0).all())
    row, column = density.cell_of(free.position[None])
    assert torch.equal(row[0] * 8 + column[0], free.cell)


@pytest.mark.parametrize(
    ("demanded", "message"),
    [
        ({"allow": np.zeros((60, 80), bool)}, r"--allow allows none of \d+ lattice points; paint the mask white"),
        ({"avoid": np.ones((60, 80), bool)}, "--avoid allows none"),
        ({"min_height": Extent(5.0)}, "--min-size allows none .* smaller --min-size"),
        ({"away_from_xywh_px": ((0.0, 0.0, 80.0, 60.0),)}, "--away-from allows none"),
        ({"allow": LEFT_HALF, "avoid": LEFT_HALF}, r"each constraint allows some of the density \(.*--allow \d+"),
    ],
)
def test_the_error_names_the_constraint_that_emptied_it(demanded: dict, message: str):
    with pytest.raises(PlacementError, match=f"no place is left: .*{message}"):
        lattice(**demanded)


def test_a_size_may_be_fixed_though_the_lattice_has_no_such_height():
    fixed = lattice(min_height=Extent(0.31), max_height=Extent(0.31))
    assert len(fixed.mass) > 0
    heights = fixed.box_cxcywh[:, 3] * LETTERBOX.side_px
    torch.testing.assert_close(heights, torch.full_like(heights, 0.31 * 60), rtol=1e-4, atol=0)
    position = fixed.sample(50, torch.Generator().manual_seed(0))
    torch.testing.assert_close(position[:, 2].exp(), torch.full((50,), 0.31 * 60 / 80), rtol=1e-3, atol=0)


@pytest.mark.parametrize("row", [27, 33, 34, 41])
def test_a_stripe_of_one_pixel_is_enough_to_stand_on(row: int):
    allow = np.zeros((60, 80), bool)
    allow[row, 20:60] = True
    stripe = lattice(allow=allow)
    assert bool(stripe.allows(stripe.box_cxcywh).all())
    bottoms = (stripe.box_cxcywh[:, 1] + stripe.box_cxcywh[:, 3] / 2 - LETTERBOX.content_xyxy[1]) * 80
    assert float(bottoms.min()) > row - 1e-3
    assert float(bottoms.max()) < row + 1 + 1e-3
    places = torch.tensor([candidate.box_cxcywh for candidate in top_k(stripe, 3)])
    assert bool(stripe.allows(places).all())
