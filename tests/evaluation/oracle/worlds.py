"""Worlds for the tests of the oracle: one laid out by hand, some drawn, and their mirror images."""

from dataclasses import replace

import numpy as np

from situate.data.places.poses import boxes_px, pose_of
from situate.data.scenes.camera import Camera
from situate.data.scenes.ground import Ground, Surface, Wall, band
from situate.data.scenes.light import draw_light
from situate.data.scenes.things import Thing
from situate.data.scenes.world import World, draw_world
from situate.evaluation.oracle.oracle import Oracle

ROAD_WIDTH_M = 4.0
FAR_M = 60.0


def hand_made(*others: Thing, thing: Thing | None = None) -> World:
    """A straight road on the left of a meadow, seen from 2 m above; thing 0 is a cone on the road."""
    camera = Camera(height_m=2.0, pitch_rad=0.25, fov_deg=55.0, width_px=128, height_px=96)
    surfaces = (
        Surface("grass", band((0.0, 0.0), 0.0, (-FAR_M, FAR_M), (-FAR_M, FAR_M))),
        Surface("road", band((-1.0, 0.0), 0.0, (-ROAD_WIDTH_M / 2, ROAD_WIDTH_M / 2), (-FAR_M, FAR_M))),
    )
    cone = Thing("cone", 0.8, 0.45, 0.0, (-0.8, 6.0), seed=1)
    light = draw_light(np.random.default_rng(0))
    return World(camera, Ground(surfaces, centre_m=(-1.0, 0.0)), light, (thing or cone, *others), seed=3)


def drawn(num: int, *, first_seed: int = 0) -> list[World]:
    """Primitive worlds as the generator draws them."""
    return [draw_world(np.random.default_rng(seed), 128) for seed in range(first_seed, first_seed + num)]


def flipped(world: World) -> World:
    """The world in a mirror: x becomes -x."""
    ground = replace(
        world.ground,
        surfaces=tuple(
            replace(surface, corners_m=tuple((-x, y) for x, y in reversed(surface.corners_m)))
            for surface in world.ground.surfaces
        ),
        centre_m=(-world.ground.centre_m[0], world.ground.centre_m[1]),
        heading_rad=-world.ground.heading_rad,
        walls=tuple(Wall((-wall.point_m[0], wall.point_m[1]), -wall.facing_rad) for wall in world.ground.walls),
    )
    things = tuple(
        replace(thing, position_m=(-thing.position_m[0], thing.position_m[1]), yaw_rad=-thing.yaw_rad)
        for thing in world.things
    )
    return replace(world, ground=ground, things=things)


def box_standing_at(oracle: Oracle, place_m: tuple[float, float]) -> tuple[float, float, float, float]:
    """The true box of the object if it stood elsewhere, not turned."""
    camera = oracle.world.camera
    left, top, right, bottom = boxes_px(camera, oracle.thing, pose_of(replace(oracle.thing, position_m=place_m)))[0]
    width, height = camera.width_px, camera.height_px
    return (left + right) / 2 / width, (top + bottom) / 2 / height, (right - left) / width, (bottom - top) / height


def moved(box: tuple[float, float, float, float], across: float = 0.0, down: float = 0.0):
    """The box moved by so many of its own widths and heights."""
    cx, cy, w, h = box
    return cx + across * w, cy + down * h, w, h


def scaled(box: tuple[float, float, float, float], factor: float):
    """The box made larger, its anchor kept."""
    cx, cy, w, h = box
    return cx, cy + h / 2 - factor * h / 2, factor * w, factor * h
