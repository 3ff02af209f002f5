"""Ranked places: the lattice keeps the density's mass, and no place is named twice."""

from dataclasses import replace
from itertools import combinations

import pytest
import torch
from tests.nn.densities import random_density

from situate.errors import PlacementError
from situate.geometry.boxes import cxcywh_to_xyxy, fraction_inside, iou
from situate.geometry.canvas import Letterbox
from situate.nn.candidates import top_k
from situate.nn.lattice import Lattice, lattice_of

LETTERBOX = Letterbox(400, 300)
CONTENT_XYXY = LETTERBOX.content_xyxy
WHOLE = Letterbox(100, 100)


def lattice_for(log_aspect: float = 0.0, *, seed: int = 0, spread: float = 1.0) -> Lattice:
    density = random_density(4, CONTENT_XYXY, seed=seed, spread=spread)
    return lattice_of(density, torch.tensor([log_aspect]), LETTERBOX)


@pytest.mark.parametrize("log_aspect", [-1.5, 0.0, 1.5])
def test_the_lattices_mass_is_one_and_its_boxes_lie_half_inside(log_aspect):
    lattice = lattice_for(log_aspect)
    assert lattice.mass.sum().item() == pytest.approx(1, abs=1e-4)
    assert bool((lattice.mass > 0).all())
    inside = fraction_inside(cxcywh_to_xyxy(lattice.box_cxcywh), torch.tensor(CONTENT_XYXY))
    assert inside.min() >= 0.5 - 1e-6
    aspect = lattice.box_cxcywh[:, 2] / lattice.box_cxcywh[:, 3]
    torch.testing.assert_close(aspect.log(), torch.full_like(aspect, log_aspect), atol=1e-4, rtol=0)


def test_the_lattices_mass_is_that_of_the_density():
    # A small object is inside everywhere but near the top, so only the condition on being inside changes the masses.
    density = random_density(4, seed=1)
    lattice = lattice_of(density, torch.tensor([0.0]), WHOLE)
    position = density.sample(40_000, 1.0, torch.Generator().manual_seed(0))[0]
    height = position[:, 2].exp()
    box = torch.stack([position[:, 0], position[:, 1] - height / 2, height, height], dim=1)
    is_kept = fraction_inside(cxcywh_to_xyxy(box), torch.tensor((0.0, 0.0, 1.0, 1.0))) >= 0.5
    found = (position[is_kept, 0] < 0.5).float().mean().item()
    assert lattice.mass[lattice.position[:, 0] < 0.5].sum().item() == pytest.approx(found, abs=0.03)


@pytest.mark.parametrize("seed", range(3))
def test_no_two_places_overlap_and_the_likelier_comes_first(seed):
    candidates = top_k(lattice_for(seed=seed), 6)
    assert len(candidates) == 6
    probabilities = [candidate.probability for candidate in candidates]
    assert probabilities == sorted(probabilities, reverse=True)
    assert probabilities[-1] > 0
    assert probabilities[0] <= 1
    corners = [cxcywh_to_xyxy(torch.tensor(candidate.box_cxcywh)) for candidate in candidates]
    assert max(iou(*pair).item() for pair in combinations(corners, 2)) < 0.5
    assert fraction_inside(torch.stack(corners), torch.tensor(CONTENT_XYXY)).min() >= 0.5 - 1e-6


def test_a_places_probability_counts_the_whole_lattice_also_of_a_diffuse_density():
    density = random_density(16, spread=0.3)
    lattice = lattice_of(density, torch.tensor([0.0]), WHOLE)
    corners = cxcywh_to_xyxy(lattice.box_cxcywh)
    for candidate in top_k(lattice, 3):
        near = iou(corners, cxcywh_to_xyxy(torch.tensor(candidate.box_cxcywh))) >= 0.5
        assert candidate.probability == pytest.approx(lattice.mass[near].sum().item(), rel=1e-4)


def test_more_places_begin_with_the_same_ones():
    lattice = lattice_for()
    assert top_k(lattice, 3)[:1] == top_k(lattice, 1)


def test_one_sharp_place_holds_all_probability():
    position = torch.tensor([[0.5, 0.6, -1.0], [0.5, 0.605, -1.0], [0.1, 0.3, -3.0]])
    boxes = torch.tensor([[0.5, 0.42, 0.37, 0.37], [0.5, 0.425, 0.37, 0.37], [0.1, 0.28, 0.05, 0.05]])
    lattice = replace(
        lattice_of(random_density(4), torch.tensor([0.0]), WHOLE).taking(torch.arange(3)),
        position=position,
        box_cxcywh=boxes,
        mass=torch.tensor([0.5, 0.49, 0.01]),
    )
    found = top_k(lattice, 3)
    assert found[0].probability == pytest.approx(0.99)
    assert found[0].box_cxcywh[0] == pytest.approx(0.5)


def test_an_object_too_wide_for_any_place_is_refused_with_the_remedy():
    with pytest.raises(PlacementError, match=r"no place is left.*--box"):
        lattice_for(log_aspect=6.0)
