import numpy as np
import pytest

from situate.data.scenes.camera import Camera
from situate.data.scenes.kinds import KINDS
from situate.data.scenes.meadow import road_ground
from situate.data.scenes.placing import (
    MAX_DISTANCE_M,
    MAX_HEIGHT_SHARE,
    MIN_DISTANCE_M,
    MIN_HEIGHT_SHARE,
    MIN_VISIBLE,
    draw_size,
    overlap,
    place,
    visible_shares,
)
from situate.data.scenes.world import draw_world

ROAD_M = 3.0
WORLDS = [draw_world(np.random.default_rng(seed), 128) for seed in range(12)]
THINGS = [(world, thing) for world in WORLDS for thing in world.things]


def test_same_generator_gives_the_same_world():
    assert draw_world(np.random.default_rng(3), 128) == WORLDS[3]
    assert draw_world(np.random.default_rng(4), 128) != WORLDS[3]


def test_every_object_stands_wholly_in_the_zone_of_its_kind():
    for world, thing in THINGS:
        place_m = np.array([thing.position_m])
        (own,) = KINDS[thing.kind].zones
        others = [zone for zone in ("road", "grass", "pavement") if zone != own]
        assert world.ground.is_inside(own, place_m, thing.footprint_radius_m).all()
        assert not any(world.ground.is_inside(zone, place_m).any() for zone in others)


def test_every_object_keeps_the_stated_sizes_distances_and_limits():
    for world, thing in THINGS:
        kind, camera = KINDS[thing.kind], world.camera
        points_px = camera.project(thing.placed_points_m)
        size_px = np.array([camera.width_px, camera.height_px])
        assert kind.height_m[0] <= thing.height_m <= kind.height_m[1]
        assert kind.width_per_height[0] <= thing.width_m / thing.height_m <= kind.width_per_height[1]
        assert MIN_DISTANCE_M <= np.hypot(*thing.position_m) <= MAX_DISTANCE_M
        assert (points_px >= 0).all()
        assert (points_px <= size_px).all()
        assert MIN_HEIGHT_SHARE * size_px.max() <= np.ptp(points_px[:, 1]) <= MAX_HEIGHT_SHARE * camera.height_px


def test_footprints_never_touch_and_outlines_stay_visible():
    for world in WORLDS:
        assert not overlap(world.things)
        assert visible_shares(world.camera, world.things).min() >= MIN_VISIBLE


def test_places_are_uniform_over_the_allowed_ground():
    # A wide road seen from high above: a small cone's place must be uniform across it, and grow with distance squared
    # along it where nothing else limits it.
    camera = Camera(height_m=4.0, pitch_rad=0.45, fov_deg=58.0, width_px=128, height_px=96)
    ground = road_ground(centre_m=(0.0, 5.0), heading_rad=0.0, road_width_m=ROAD_M, pavement_width_m=0.0)
    generator = np.random.default_rng(0)
    cone = draw_size(generator, KINDS["cone"])
    placed = [place(generator, camera, ground, cone) for _ in range(800)]
    lateral_m = np.array([thing.position_m[0] for thing in placed if thing is not None])
    yaw_rad = np.array([thing.yaw_rad for thing in placed if thing is not None])
    half_m = ROAD_M / 2 - cone.footprint_radius_m
    for values, low, high in ((lateral_m, -half_m, half_m), (yaw_rad, 0.0, 2 * np.pi)):
        counts = np.histogram(values, 8, (low, high))[0]
        assert counts.sum() == len(placed)
        assert ((counts - 100) ** 2 / 100).sum() < 24.3  # chi-squared, 7 degrees of freedom, p = 0.001


def test_a_view_without_room_gives_no_place():
    camera = Camera(height_m=2.0, pitch_rad=0.2, fov_deg=50.0, width_px=64, height_px=48)
    ground = road_ground(centre_m=(0.0, 5.0), heading_rad=0.0, road_width_m=0.2, pavement_width_m=0.0)
    crate = draw_size(np.random.default_rng(0), KINDS["crate"])
    assert place(np.random.default_rng(0), camera, ground, crate) is None


PRIMITIVE_KINDS = [kind for kind in KINDS.values() if kind.body is not None]


@pytest.mark.parametrize("kind", PRIMITIVE_KINDS, ids=lambda kind: kind.name)
def test_a_body_has_the_height_and_width_it_was_asked_for(kind):
    vertices = np.concatenate([mesh.vertices_m for mesh in kind.body(1.0, 0.8)])
    assert vertices[:, 2].min() == pytest.approx(0, abs=1e-6)
    assert vertices[:, 2].max() == pytest.approx(1.0, abs=0.02)
    assert np.ptp(vertices[:, 0]) == pytest.approx(0.8, abs=0.1)


def test_normals_of_bodies_are_unit_vectors_that_point_the_way_the_triangles_face():
    for kind in PRIMITIVE_KINDS:
        for mesh in kind.body(1.0, 0.8):
            corners = mesh.vertices_m[mesh.faces]
            facing = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
            is_real = np.linalg.norm(facing, axis=1) > 1e-7
            agreement = (facing * mesh.normals[mesh.faces].mean(1)).sum(1)
            np.testing.assert_allclose(np.linalg.norm(mesh.normals, axis=1), 1, atol=1e-4)
            assert (agreement[is_real] > 0).all()
