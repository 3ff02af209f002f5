"""The true distribution: integrated, and drawn."""

import math

import numpy as np
import pytest
from tests.evaluation.oracle.draws import drawn_anchors_px
from tests.evaluation.oracle.worlds import drawn, flipped, hand_made

from situate.data.places.company import Company
from situate.data.places.distribution import GRID_SIDE, cells_of
from situate.data.places.poses import Poses, anchors_of, boxes_px, ground_under, pose_of, poses_at
from situate.data.scenes.placing import GAP_M, MIN_VISIBLE, overlap, visible_shares
from situate.data.scenes.things import Thing
from situate.evaluation.oracle.oracle import Oracle

WORLDS = drawn(3)


def test_the_marginal_sums_to_one_and_holds_the_truth():
    for world in WORLDS:
        oracle = Oracle(world, 0)
        cells = oracle.truth.cell_prob
        assert cells.shape == (GRID_SIDE, GRID_SIDE)
        assert cells.sum() == pytest.approx(1)
        assert cells.ravel()[oracle.cells_of([oracle.true_box_cxcywh])[0]] > 0
        assert 0 < oracle.truth.entropy < 2 * math.log(GRID_SIDE)


def test_every_place_of_the_true_distribution_is_plausible():
    for world in WORLDS:
        oracle = Oracle(world, 0)
        verdicts = oracle.judged(oracle.draw_true_boxes(np.random.default_rng(0), 60))
        assert [verdict.reasons for verdict in verdicts if not verdict.is_plausible] == []
        assert [verdict.size_ratio for verdict in verdicts] == pytest.approx([1.0] * 60, abs=1e-5)


@pytest.mark.parametrize("seed", [0, 2])
def test_flipping_a_scene_flips_the_distribution(seed):
    own, other = Oracle(WORLDS[seed], 0).truth.cell_prob, Oracle(flipped(WORLDS[seed]), 0).truth.cell_prob
    assert np.abs(other[:, ::-1] - own).sum() / 2 < 0.01


def agreement(world, index: int, num_draws: int, seed: int) -> tuple[float, float, int]:
    """Chi-squared of rejection draws against the integral, its degrees of freedom, and how many draws were kept."""
    anchors = drawn_anchors_px(world, index, np.random.default_rng(seed), num_draws)
    counts = np.bincount(cells_of(world, anchors), minlength=GRID_SIDE**2)
    expected = Oracle(world, index).truth.cell_prob.ravel() * len(anchors)
    is_large = expected >= 5
    # All thin cells together are one more.
    pairs = [
        *zip(counts[is_large], expected[is_large], strict=True),
        (counts[~is_large].sum(), expected[~is_large].sum()),
    ]
    chi_squared = sum((count - mean) ** 2 / max(mean, 1.0) for count, mean in pairs)
    return chi_squared, len(pairs) - 1, len(anchors)


@pytest.mark.parametrize("index", [0, 1])
def test_the_integral_agrees_with_rejection_draws(index):
    chi_squared, freedom, num_kept = agreement(WORLDS[0], index, 3000, seed=7)
    assert num_kept > 60
    # 3.5 standard deviations; the integral's own error is far below that of so few draws.
    assert chi_squared < freedom + 3.5 * math.sqrt(2 * freedom)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(2))
@pytest.mark.timeout(900)
def test_the_integral_agrees_with_a_hundred_thousand_rejection_draws(seed):
    chi_squared, freedom, num_kept = agreement(WORLDS[seed], 0, 100_000, seed=seed)
    assert num_kept > 2000
    # With so many draws the integral's own error of about a percent a cell is seen, too.
    assert chi_squared < freedom + 3.5 * math.sqrt(2 * freedom) + num_kept * 0.01**2 * freedom


def test_an_object_on_an_empty_road_is_uniform_on_the_ground():
    # A closed form: between 4 and 8 m nothing but the zone limits a cone, so equal areas have equal mass.
    oracle = Oracle(hand_made(thing=Thing("cone", 1.0, 0.5, 0.0, (-0.8, 6.0), seed=1)), 0)
    x, y = oracle.truth.poses.places_m.T
    masses = [
        float(oracle.truth.mass[(np.abs(x - left - 0.5) < 0.5) & (np.abs(y - near - 1) < 1)].sum())
        for left in (-2.0, -1.0)
        for near in (4.0, 6.0)
    ]
    assert masses == pytest.approx([np.mean(masses)] * 4, rel=0.06)
    assert min(masses) > 0.01


def test_the_jacobian_is_the_area_that_a_pixel_shows():
    camera = hand_made().camera
    point = np.array([[40.0, 70.0]])
    _, area = ground_under(camera, point, 0.3)
    step = 1e-3
    corners = np.array([[0, 0], [step, 0], [0, step]]) + point
    (x, y), (xa, ya), (xb, yb) = ground_under(camera, corners, 0.3)[0]
    assert area[0] == pytest.approx(abs((xa - x) * (yb - y) - (xb - x) * (ya - y)) / step**2, rel=1e-4)
    seen = camera.project(np.array([[x, y, 0.3]]))
    np.testing.assert_allclose(seen, point)


def test_there_is_no_ground_above_the_horizon():
    places, area = ground_under(hand_made().camera, np.array([[64.0, 1.0]]), 0.0)
    assert np.isnan(places).all()
    assert np.isnan(area).all()


def test_poses_lead_to_anchors_and_back():
    world = WORLDS[0]
    for thing in world.things:
        anchors = anchors_of(boxes_px(world.camera, thing, pose_of(thing)))
        poses, is_found = poses_at(
            world.camera, thing, anchors, 0.0, lambda places, t=thing: np.full(len(places), t.yaw_rad)
        )
        assert is_found.all()
        np.testing.assert_allclose(poses.places_m[0], thing.position_m, atol=1e-5)


def test_a_large_body_close_to_the_lens_is_found_from_its_anchor():
    # Its front moves much faster than its middle there: steps of what is missing would run away.
    world = hand_made(thing=Thing("tent", 2.0, 2.6, 0.4, (0.3, 3.0), seed=1))
    oracle = Oracle(world, 0)
    verdict = oracle.plausible(oracle.true_box_cxcywh)
    assert verdict.thing is not None
    np.testing.assert_allclose(verdict.thing.position_m, (0.3, 3.0), atol=1e-4)


def test_room_and_sight_agree_with_the_generator_s_own_rules():
    generator = np.random.default_rng(0)
    answers = []
    for world in WORLDS:
        thing, company = world.things[0], Company(world, 0)
        others = list(world.things[1:])
        places = np.array(thing.position_m) + generator.normal(0, 0.7, (40, 2))
        poses = Poses(places, generator.uniform(0, 6.3, 40), np.zeros(40))
        bodies = thing.points_at_m(poses.places_m, poses.yaws_rad)
        inside = np.array([_is_inside(world.camera, body) for body in bodies])
        poses = poses[inside]
        room = company.leaves_room(thing, poses, GAP_M)
        sight = company.stays_visible(thing, poses, MIN_VISIBLE)
        for number in range(len(poses)):
            things = [poses.thing_at(thing, number), *others]
            assert room[number] == (not overlap(things))
            assert sight[number] == (visible_shares(world.camera, things).min() >= MIN_VISIBLE)
            answers.append((bool(room[number]), bool(sight[number])))
    assert len(set(answers)) >= 3


def _is_inside(camera, body_m: np.ndarray) -> bool:
    points_px = camera.project(body_m)
    return bool((points_px >= 0).all() and (points_px <= (camera.width_px, camera.height_px)).all())
