"""What the oracle says of boxes, and why."""

import math
from dataclasses import replace

import numpy as np
import pytest
from tests.evaluation.oracle.worlds import box_standing_at, drawn, flipped, hand_made, moved, scaled

from situate.data.scenes.kinds import KINDS
from situate.data.scenes.placing import visible_shares
from situate.data.scenes.things import Thing
from situate.evaluation.oracle.oracle import Oracle

WORLDS = drawn(8)
ORACLES = [Oracle(world, index) for world in WORLDS for index in range(len(world.things))]


def mirrored(box):
    cx, cy, w, h = box
    return 1 - cx, cy, w, h


def horizon_row(oracle: Oracle) -> float:
    """Row (a fraction of the picture) that the ground never reaches."""
    camera = oracle.world.camera
    return 0.5 - camera.focal_px * math.tan(camera.pitch_rad) / camera.height_px


def test_the_truth_is_plausible_and_has_no_size_error():
    for oracle in ORACLES:
        verdict = oracle.plausible(oracle.true_box_cxcywh)
        assert verdict.reasons == ()
        assert verdict.size_ratio == pytest.approx(1, abs=1e-6)
        assert verdict.surface_share == 1
        assert verdict.thing is not None
        np.testing.assert_allclose(verdict.thing.position_m, oracle.thing.position_m, atol=1e-5)
        assert math.cos(verdict.thing.yaw_rad - oracle.thing.yaw_rad) == pytest.approx(1)


def test_what_is_seen_of_the_truth_agrees_with_the_generator():
    for oracle in ORACLES:
        shares = visible_shares(oracle.world.camera, oracle.world.things)
        verdict = oracle.plausible(oracle.true_box_cxcywh)
        assert verdict.visible_share == pytest.approx(shares[oracle.index], abs=1e-5)


@pytest.mark.parametrize(
    ("box_of", "reasons"),
    [
        (lambda oracle: box_standing_at(oracle, (-1.5, 8.0)), ()),  # elsewhere on the road, its size there
        (lambda oracle: scaled(oracle.true_box_cxcywh, 0.81), ()),  # a bit small is allowed
        (lambda oracle: scaled(oracle.true_box_cxcywh, 0.79), ("size",)),
        (lambda oracle: scaled(oracle.true_box_cxcywh, 1.24), ()),
        (lambda oracle: scaled(oracle.true_box_cxcywh, 1.26), ("size",)),
        (lambda oracle: box_standing_at(oracle, (3.0, 8.0)), ("surface",)),  # on the grass
        (lambda oracle: box_standing_at(oracle, (0.95, 8.0)), ("surface",)),  # half of it
        (lambda oracle: box_standing_at(oracle, (0.74, 8.0)), ()),  # all but a sliver is on the road
        (lambda oracle: moved(oracle.true_box_cxcywh, down=-8), ("ground",)),  # in the sky
        (lambda oracle: box_standing_at(oracle, (-2.0, 4.3)), ("overlap",)),  # runs into the crate's side
        (lambda oracle: box_standing_at(oracle, (-2.36, 5.5)), ("hidden",)),  # behind the crate
    ],
)
def test_each_fault_has_its_reason(box_of, reasons):
    oracle = Oracle(hand_made(Thing("crate", 1.1, 1.0, 0.0, (-2.0, 4.5), seed=2)), 0)
    assert oracle.plausible(box_of(oracle)).reasons == reasons


@pytest.mark.parametrize("seed", range(3))
def test_flipping_a_scene_flips_every_verdict(seed):
    generator = np.random.default_rng(seed)
    world = WORLDS[seed]
    for index in range(2):
        oracle, mirror = Oracle(world, index), Oracle(flipped(world), index)
        assert mirror.true_box_cxcywh == pytest.approx(mirrored(oracle.true_box_cxcywh))
        boxes = [
            moved(oracle.true_box_cxcywh, *generator.normal(0, 1.5, 2).tolist()) for _ in range(8)
        ] + oracle.draw_true_boxes(generator, 4)
        for own, other in zip(oracle.judged(boxes), mirror.judged([mirrored(box) for box in boxes]), strict=True):
            assert other.reasons == own.reasons
            assert other.size_ratio == pytest.approx(own.size_ratio, rel=1e-6, nan_ok=True)
            assert other.visible_share == pytest.approx(own.visible_share, abs=0.03)


@pytest.mark.parametrize("heights_down", [-1, 1])
def test_a_box_moved_by_its_own_height_is_as_much_too_large_or_small_as_the_horizon_says(heights_down):
    # What stands upright on flat ground is as high as its foot lies below the horizon, whatever its distance.
    posts = [oracle for oracle in ORACLES if oracle.thing.kind in ("post", "sign", "barrel", "cone")]
    assert posts
    for oracle in posts:
        _, cy, _, h = oracle.true_box_cxcywh
        foot, horizon = cy + h / 2, horizon_row(oracle)
        verdict = oracle.plausible(moved(oracle.true_box_cxcywh, down=heights_down))
        if foot + heights_down * h <= horizon:
            assert verdict.reasons == ("ground",)
            continue
        expected = (foot - horizon) / (foot + heights_down * h - horizon)
        if expected < 4:  # farther away its foot is hardly below the horizon
            assert verdict.size_ratio == pytest.approx(expected, rel=0.12)
            assert ("size" in verdict.reasons) == (not 0.8 <= verdict.size_ratio <= 1.25)


def test_a_box_moved_towards_the_horizon_is_ever_more_too_large():
    oracle = Oracle(hand_made(), 0)
    ratios = [oracle.size_ratio(moved(oracle.true_box_cxcywh, down=-step / 4)) for step in range(5)]
    assert (np.diff(ratios) > 0).all()


def test_a_kind_that_stands_along_the_road_may_not_be_put_where_it_would_be_seen_from_another_side(monkeypatch):
    monkeypatch.setitem(KINDS, "barrier", replace(KINDS["barrier"], turn="along"))
    barrier = Thing("barrier", 0.9, 1.2, 0.0, (-1.2, 6.0), seed=1)
    oracle = Oracle(hand_made(thing=barrier), 0)
    assert oracle.plausible(oracle.true_box_cxcywh).reasons == ()
    # The foreground shows its broad side; at the right edge of a wide road it would be seen at an angle.
    wide = replace(oracle.world, ground=replace(oracle.world.ground, centre_m=(-1.0, 0.0)))
    near = Oracle(wide, 0)
    assert "turn" in near.plausible(box_standing_at(near, (2.5, 2.6))).reasons


def test_a_body_is_turned_with_the_line_of_sight():
    oracle = Oracle(hand_made(thing=Thing("crate", 0.8, 0.8, 0.3, (-0.8, 6.0), seed=1)), 0)
    verdict = oracle.plausible(box_standing_at(oracle, (0.3, 5.0)))
    assert verdict.thing is not None
    shown = [thing.yaw_rad - math.atan2(*reversed(thing.position_m)) for thing in (oracle.thing, verdict.thing)]
    assert shown[1] == pytest.approx(shown[0])
