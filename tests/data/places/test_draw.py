"""Draws of places: they come from the true distribution, of own things and of those of other worlds."""

from dataclasses import replace

import numpy as np
import pytest
from tests.evaluation.oracle.worlds import drawn, hand_made

from situate.data.places.company import Company
from situate.data.places.distribution import GRID_SIDE, cells_of, true_distribution
from situate.data.places.draw import PlaceDraw
from situate.data.places.poses import boxes_px, fractions_of, pose_of
from situate.data.places.sides import SIDE_TOLERANCE_RAD, Side, side_of
from situate.data.scenes.kinds import KINDS
from situate.data.scenes.things import Thing
from situate.data.scenes.world import World, draw_world

NUM, AT_ONCE = 2000, 40
WORLDS = drawn(3)


def far_from_truth(world: World, index: int, thing: Thing, side: Side, num: int = NUM) -> tuple[float, float]:
    """Total variation over the cells between draws and the integral, and what chance alone makes of it."""
    company = Company(world, index)
    truth = true_distribution(world, thing, side, company).cell_prob.ravel()
    draw, generator = PlaceDraw(world), np.random.default_rng(5)
    # As the builder draws them: a few at a time, and the rest of what was accepted is dropped.
    parts = [draw.boxes_cxcywh(generator, thing, side, company, AT_ONCE) for _ in range(num // AT_ONCE)]
    assert {len(part) for part in parts} == {AT_ONCE}
    boxes = np.concatenate(parts)
    size_px = np.array([world.camera.width_px, world.camera.height_px])
    anchors_px = (boxes[:, :2] + boxes[:, 2:] * (0, 0.5)) * size_px
    counts = np.bincount(cells_of(world, anchors_px), minlength=GRID_SIDE**2)
    by_chance = np.sqrt(truth * (1 - truth) / len(boxes) * 2 / np.pi).sum() / 2
    return float(np.abs(counts / len(boxes) - truth).sum() / 2), float(by_chance)


@pytest.mark.parametrize(
    ("world", "of_world"),
    [
        (0, 0),  # its own thing
        (0, 1),  # things of other worlds
        (1, 2),
    ],
)
def test_draws_have_the_true_distribution(world, of_world):
    thing = WORLDS[of_world].things[0]
    found, by_chance = far_from_truth(WORLDS[world], 0, thing, side_of(WORLDS[world].ground, thing))
    # The integral's cells are a percent or two wrong themselves.
    assert found < by_chance + 0.025


@pytest.mark.parametrize("kind", ["car", "park-bench"])
def test_draws_of_kinds_with_a_rule_have_the_true_distribution(cast, kind):
    worlds = (draw_world(np.random.default_rng(seed), 96, "street", cast) for seed in range(30))
    home = next(world for world in worlds if any(thing.kind == kind for thing in world.things))
    thing = next(thing for thing in home.things if thing.kind == kind)
    index = home.things.index(thing)
    found, by_chance = far_from_truth(home, index, thing, side_of(home.ground, thing), 1000)
    assert found < by_chance + 0.04


def test_the_boxes_of_draws_are_those_of_the_thing_standing_there():
    world, thing = WORLDS[0], WORLDS[1].things[0]
    side = side_of(world.ground, thing, is_at_home=False)
    company = Company(world, 0)
    boxes = PlaceDraw(world).boxes_cxcywh(np.random.default_rng(0), thing, side, company, 40)
    truth = true_distribution(world, thing, side, company)
    known = fractions_of(world.camera, truth.boxes_px)
    for box in boxes:
        nearest = known[np.abs(known[:, :2] + known[:, 2:] * (0, 0.5) - (box[:2] + box[2:] * (0, 0.5))).sum(1).argmin()]
        np.testing.assert_allclose(box[2:], nearest[2:], rtol=0.06)


def test_the_same_generator_draws_the_same_whatever_was_drawn_before():
    world, thing = WORLDS[0], WORLDS[0].things[0]
    side, company, draw = side_of(world.ground, thing), Company(world, 0), PlaceDraw(world)
    draw.boxes_cxcywh(np.random.default_rng(1), world.things[1], side_of(world.ground, world.things[1]), company, 5)
    again = draw.boxes_cxcywh(np.random.default_rng(0), thing, side, company, 20)
    np.testing.assert_array_equal(
        PlaceDraw(world).boxes_cxcywh(np.random.default_rng(0), thing, side, company, 20), again
    )


@pytest.mark.parametrize(
    "thing",
    [
        Thing("cone", 90.0, 0.5, 0.0, (0.0, 6.0), seed=1),  # nowhere small enough in the picture
        Thing("planter", 0.8, 0.5, 0.0, (0.0, 6.0), seed=1),  # there is no pavement
    ],
)
def test_what_fits_nowhere_has_no_places(thing):
    world = hand_made()
    boxes = PlaceDraw(world).boxes_cxcywh(
        np.random.default_rng(0), thing, side_of(world.ground, thing), Company(world, 0), 8
    )
    assert boxes.shape == (0, 4)


def test_a_side_is_kept_in_another_world(monkeypatch):
    monkeypatch.setitem(KINDS, "cone", replace(KINDS["cone"], turn="along"))
    thing, ground = Thing("cone", 0.8, 0.45, 1.2, (3.0, 5.0), seed=1), hand_made().ground
    own, foreign = side_of(ground, thing), side_of(ground, thing, is_at_home=False)
    assert own.turn_rad == foreign.turn_rad == pytest.approx(1.2 - np.arctan2(5.0, 3.0))
    assert own.directions_rad is not None
    assert foreign.directions_rad is not None
    assert 1.2 in own.directions_rad
    assert 1.2 not in foreign.directions_rad
    shares = foreign.shares_at(np.array([[3.0, 5.0]]))
    away = (foreign.directions_rad - 1.2 + np.pi) % (2 * np.pi) - np.pi
    assert shares[0] == (np.abs(away) <= SIDE_TOLERANCE_RAD).mean()


def test_fractions_of_a_box_are_its_centre_and_size():
    camera = hand_made().camera
    np.testing.assert_allclose(fractions_of(camera, np.array([[32.0, 24.0, 96.0, 48.0]])), [[0.5, 0.375, 0.5, 0.25]])
    assert boxes_px(camera, hand_made().things[0], pose_of(hand_made().things[0])).shape == (1, 4)
