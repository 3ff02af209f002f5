from collections import Counter
from dataclasses import replace

import numpy as np
import pytest

from situate.data.scenes import world as module
from situate.data.scenes.block import MIXED, scene_of
from situate.data.scenes.camera import Camera
from situate.data.scenes.cast import Cast, read_cast
from situate.data.scenes.config import SceneConfig
from situate.data.scenes.convex import depth_inside
from situate.data.scenes.ground import Ground, Surface, Wall, band
from situate.data.scenes.meadow import road_ground
from situate.data.scenes.placing import GAP_M, MIN_VISIBLE, is_allowed, is_well_seen, overlap, place, visible_shares
from situate.data.scenes.triple import render_triples
from situate.data.scenes.world import draw_world
from situate.errors import ConfigError, DataError

SEEDS = range(2)
CAMERA = Camera(height_m=1.7, pitch_rad=0.2, fov_deg=60.0, width_px=128, height_px=96)


@pytest.fixture(autouse=True, scope="module")
def few_objects():
    """Boxes are of few kinds, so that many of them seldom fit into one scene."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "NUM_OBJECTS", (2, 3))
        yield


@pytest.fixture(scope="module")
def worlds(cast):
    return [draw_world(np.random.default_rng(seed), 96, setting, cast) for setting in MIXED for seed in SEEDS]


def things_of(worlds, *kinds):
    return [(world, thing) for world in worlds for thing in world.things if not kinds or thing.kind in kinds]


def test_every_thing_stands_where_the_rules_allow(worlds):
    for world, thing in things_of(worlds):
        places, yaws = np.array([thing.position_m]), np.array([thing.yaw_rad])
        assert is_allowed(world.camera, world.ground, thing, places, yaws).all()
        assert is_well_seen(world.camera, thing.placed_points_m[None]).all()


def test_nothing_meets_and_everything_is_seen_among_what_is_fixed(worlds):
    for world in worlds:
        everything = [*world.things, *world.props]
        assert not overlap(everything)
        assert visible_shares(world.camera, everything)[: len(world.things)].min() >= MIN_VISIBLE


def test_heights_are_near_those_of_the_models_and_proportions_are_kept(worlds):
    logs = []
    for _, thing in things_of(worlds):
        scale = thing.height_m / thing.model.height_m
        assert thing.width_m / thing.model.width_m == pytest.approx(scale)
        assert thing.depth_m / thing.model.depth_m == pytest.approx(scale)
        logs.append(np.log(scale))
    assert 0.015 < np.std(logs) < 0.1


def test_bodies_stand_on_their_surface_and_fill_their_footprint(worlds):
    for _, thing in things_of(worlds):
        points = thing.placed_points_m
        assert points[:, 2].min() == pytest.approx(thing.base_m, abs=0.02)
        assert points[:, 2].max() == pytest.approx(thing.top_m, abs=0.02)
        np.testing.assert_allclose(points[:, :2].min(0), thing.placed_footprint_m.min(0), atol=0.02)
        np.testing.assert_allclose(points[:, :2].max(0), thing.placed_footprint_m.max(0), atol=0.02)


def placed_on(cast, ground, kind, num=6):
    generator = np.random.default_rng(0)
    found = [place(generator, CAMERA, ground, cast.draw(generator, kind)) for _ in range(num)]
    return [thing for thing in found if thing is not None]


def test_small_things_stand_wholly_on_the_furniture_that_carries_them(cast):
    tops = [((-0.4, 2.5), 0.74), ((1.2, 3.0), 0.5)]
    surfaces = [Surface("table", band(at, 0.2, (-0.6, 0.6), (-0.5, 0.5)), height_m) for at, height_m in tops]
    found = placed_on(cast, Ground(tuple(surfaces)), "bottle", 20)
    assert {thing.base_m for thing in found} == {0.74, 0.5}
    for thing in found:
        own = next(surface for surface in surfaces if surface.height_m == thing.base_m)
        assert depth_inside(own.polygon_m, thing.placed_footprint_m[None])[0] >= 0
        assert thing.placed_points_m[:, 2].min() == pytest.approx(thing.base_m, abs=0.02)


def test_sofas_have_their_back_to_a_wall(cast):
    floor = Surface("floor", band((0.0, 0.0), 0.3, (-3.0, 3.0), (-1.0, 6.0)))
    wall = Wall((6.0 * np.sin(0.3), 6.0 * np.cos(0.3)), 0.3 + np.pi)
    found = placed_on(cast, Ground((floor,), walls=(wall,)), "sofa")
    assert found
    for sofa in found:
        back = sofa.placed_footprint_m[2:]  # the corners that are not in front
        away = (back - wall.point_m) @ wall.facing
        np.testing.assert_allclose(away, away[0], atol=1e-6)
        assert 0.02 <= away[0] <= 0.25


def test_cars_stand_along_the_road_and_benches_look_at_it(cast):
    ground = road_ground((-1.0, 5.0), 0.4, 7.0, 3.0)
    along, right = ground.direction, np.array([ground.direction[1], -ground.direction[0]])
    cars, benches = placed_on(cast, ground, "car"), placed_on(cast, ground, "park-bench")
    assert cars
    assert benches
    for car in cars:
        assert abs(np.array([np.sin(car.yaw_rad), -np.cos(car.yaw_rad)]) @ along) > np.cos(np.radians(15))
    for bench in benches:
        front = np.array([np.sin(bench.yaw_rad), -np.cos(bench.yaw_rad)])
        assert (front @ right) * ((np.subtract(ground.centre_m, bench.position_m)) @ right) > 0


def test_what_is_fixed_is_never_met(cast):
    floor = Surface("floor", band((0.0, 0.0), 0.0, (-3.0, 3.0), (0.0, 7.0)))
    generator = np.random.default_rng(0)
    table = replace(cast.draw(generator, "table"), position_m=(0.0, 4.0))
    chair = cast.draw(generator, "chair")
    chairs = [place(generator, CAMERA, Ground((floor,)), chair, [table]) for _ in range(30)]
    assert not any(overlap([chair, table]) for chair in chairs if chair is not None)
    assert any(chair is not None for chair in chairs)


def test_the_camera_stands_inside_its_room(worlds):
    for world in worlds:
        if world.setting == "room":
            assert world.ground.is_inside("floor", np.zeros((1, 2)), 0.25).all()


def test_a_scene_is_drawn_again_from_its_config_and_name(assets):
    config = SceneConfig(world="mixed", assets=assets, size_px=64, seed=2)
    groups = [f"scene00000{number:03d}" for number in range(3)]
    first = [scene_of(config, group) for group in groups]
    assert first == [scene_of(config, group) for group in groups]
    assert len({world.setting for world, _ in first}) > 1


def test_the_folder_of_models_is_not_written_into_a_data_set(assets):
    config = SceneConfig(world="room", assets=assets)
    assert "assets" not in config.model_dump()
    assert str(assets) not in config.model_dump_json()


def test_models_for_training_and_for_testing_are_parted(assets):
    everything, train, test = (read_cast(assets, part).by_kind for part in ("all", "train", "test"))
    for kind in set(everything) - {"tree", "street-lamp"}:
        models = {model.key for model in everything[kind]}
        kept = [{model.key for model in part.get(kind, ())} for part in (train, test)]
        assert kept[0] | kept[1] == models
        assert not kept[0] & kept[1]
    assert train["tree"] == test["tree"] == everything["tree"]


def test_worlds_that_fail_are_counted(cast, monkeypatch):
    real, asked = module.arrange, []

    def arrange_at_the_third_time(*given):
        asked.append(given)
        return real(*given) if len(asked) > 2 else None

    monkeypatch.setattr(module, "arrange", arrange_at_the_third_time)
    redrawn = Counter()
    world = draw_world(np.random.default_rng(0), 96, "street", cast, redrawn)
    assert world.things
    assert redrawn["street"] == len(asked) - 1 >= 2


def test_a_cast_without_anybody_is_refused():
    with pytest.raises(DataError, match="no model may stand in a world 'street'"):
        draw_world(np.random.default_rng(0), 96, "street", Cast())


def test_worlds_of_models_need_a_folder():
    with pytest.raises(ConfigError, match="--assets"):
        SceneConfig.checked(world="yard")


def test_worlds_of_models_become_triples(renderer, cast):
    for setting in MIXED:
        world, skipped = draw_world(np.random.default_rng(1), 48, setting, cast), Counter()
        triples = render_triples(renderer, world, "scene", range(2), skipped)
        assert len(triples) + sum(skipped.values()) == 2
        for triple in triples:
            outside = triple.effect == 0
            np.testing.assert_array_equal(triple.composite[outside], triple.background[outside])
            assert (triple.visible_alpha <= triple.amodal_alpha).all()
            assert 20 < triple.background.mean() < 220
            assert triple.truth["world"] == setting
            assert triple.truth["things"][triple.truth["object"]]["model"].startswith(triple.kind)


def test_gap_is_kept_between_rectangles_however_they_are_turned(worlds):
    assert GAP_M > 0
    for world in worlds:
        for index, first in enumerate(world.things):
            for second in world.things[:index]:
                apart = np.linalg.norm(first.placed_footprint_m[:, None] - second.placed_footprint_m[None], axis=-1)
                is_beside = first.base_m < second.top_m and second.base_m < first.top_m
                assert not is_beside or apart.min() >= GAP_M
