"""The world `yard`: a lawn with a path and a pond or pool, in front of a house, between hedges or fences."""

from dataclasses import replace

import numpy as np

from situate.data.scenes.camera import CameraRanges, draw_camera
from situate.data.scenes.cast import Cast
from situate.data.scenes.ground import Ground, Point, Surface, Wall, band, disc, heading_vector
from situate.data.scenes.light import draw_light
from situate.data.scenes.meadow import far_blocks, meadow_surface
from situate.data.scenes.plan import Plan
from situate.data.scenes.stage import Block
from situate.data.scenes.street import TRUNK_SHARE
from situate.data.scenes.things import Thing

CAMERA = CameraRanges(height_m=(1.3, 2.8), fov_deg=(44.0, 62.0), horizon=(0.1, 0.36))
DISTANCE_M = (1.8, 15.0)
LAWN_TILE_M, PATH_TILE_M, TERRACE_TILE_M = (6.0, 6.0), (1.6, 1.6), (2.0, 2.0)
RIM_M = 0.25
BAY_M, FLOOR_M = 3.4, 2.9
HOUSE_DEPTH_M = 7.0
FAR_M = (45.0, 60.0)


def draw_yard(generator: np.random.Generator, cast: Cast, width_px: int, height_px: int) -> Plan:
    """Draw a yard; its house stands across the view, up to about 25 degrees turned."""
    light, camera = draw_light(generator), draw_camera(generator, width_px, height_px, CAMERA)
    heading = float(np.radians(np.clip(generator.normal(0, 12), -25, 25)))
    house_m, aside_m = float(generator.uniform(7.5, 13.5)), float(generator.uniform(-4, 4))
    width_m = int(generator.integers(3, 6)) * BAY_M
    half_m = float(generator.uniform(6.0, 9.0))
    surfaces = _surfaces(generator, heading, house_m, (aside_m - width_m / 2, aside_m + width_m / 2), half_m)
    wall = Wall(_point(heading, aside_m, house_m), heading + np.pi)
    ground = Ground(surfaces, _point(heading, 0.0, 0.0), heading, (wall,), DISTANCE_M)
    blocks = [*_house(generator, heading, (aside_m, house_m), width_m), *_borders(generator, heading, house_m, half_m)]
    props = _trees(generator, cast, heading, house_m)
    return Plan(camera, ground, light, (*blocks, *far_blocks(generator, FAR_M)), props)


def _point(heading_rad: float, lateral_m: float, along_m: float) -> Point:
    x, y = lateral_m * heading_vector(heading_rad + np.pi / 2) + along_m * heading_vector(heading_rad)
    return float(x), float(y)


def _surfaces(
    generator: np.random.Generator, heading: float, house_m: float, front_m: tuple[float, float], half_m: float
) -> tuple[Surface, ...]:
    terrace_m = house_m - float(generator.uniform(2.0, 3.5))
    path_m = float(generator.uniform(-0.7, 0.7)) * half_m
    path_half_m = float(generator.uniform(0.5, 0.9))
    lawn = band((0.0, 0.0), heading, (-half_m, half_m), (-3.0, house_m))
    terrace = band((0.0, 0.0), heading, front_m, (terrace_m, house_m))
    path = band((0.0, 0.0), heading, (path_m - path_half_m, path_m + path_half_m), (-3.0, terrace_m))
    surfaces = [
        meadow_surface("field"),
        Surface("lawn", lawn, 0.0, LAWN_TILE_M, heading, "grass"),
        Surface("path", path, 0.0, PATH_TILE_M, heading),
        Surface("terrace", terrace, 0.0, TERRACE_TILE_M, heading, "planks" if generator.random() < 0.4 else "pavement"),
    ]
    if generator.random() < 0.6:
        surfaces += _water(generator, heading, (path_m, path_half_m), terrace_m, half_m)
    return tuple(surfaces)


def _water(
    generator: np.random.Generator, heading: float, path_m: tuple[float, float], terrace_m: float, half_m: float
) -> list[Surface]:
    """Draw a pond or a pool on the wider side of the path, if there is room for one."""
    side = -1.0 if path_m[0] > 0 else 1.0
    radius_m, length_m = float(generator.uniform(0.9, 1.8)), float(generator.uniform(0.9, 1.6))
    low, high = path_m[0] + side * (path_m[1] + radius_m + RIM_M + 0.3), side * (half_m - radius_m - RIM_M - 0.2)
    near_m, far_m = 3.0 + length_m, terrace_m - length_m - RIM_M - 0.3
    if side * (high - low) < 0 or far_m < near_m:
        return []
    across_m = float(generator.uniform(min(low, high), max(low, high)))
    centre = _point(heading, across_m, float(generator.uniform(near_m, far_m)))
    if generator.random() < 0.5:
        rim, inner = (disc(centre, (radius_m + extra, length_m + extra), heading) for extra in (RIM_M, 0.0))
    else:
        sizes = [(radius_m + extra, length_m + extra) for extra in (RIM_M, 0.0)]
        rim, inner = (band(centre, heading, (-half, half), (-reach, reach)) for half, reach in sizes)
    return [
        Surface("rim", rim, 0.0, (1.0, 1.0), heading, "pavement1"),
        Surface("water", inner, 0.0, (3.0, 3.0), heading),
    ]


def _house(generator: np.random.Generator, heading: float, front_m: tuple[float, float], width_m: float) -> list[Block]:
    num_floors = int(generator.integers(1, 3))
    x, y = _point(heading, front_m[0], front_m[1] + HOUSE_DEPTH_M / 2)
    height_m = num_floors * FLOOR_M
    house = Block("house", (width_m, HOUSE_DEPTH_M, height_m), (x, y, 0.0), -heading, (BAY_M, FLOOR_M))
    roof = Block("roof", (width_m + 0.8, HOUSE_DEPTH_M + 0.9, 0.3), (x, y, height_m), -heading, (1.5, 1.5))
    return [house, roof]


def _borders(generator: np.random.Generator, heading: float, house_m: float, half_m: float) -> list[Block]:
    """Draw a hedge or a fence on both sides and behind the house."""
    slot, thickness_m = ("hedge", 0.8) if generator.random() < 0.6 else ("fence", 0.08)
    height_m = float(generator.uniform(0.9, 1.9))
    tile_m = (1.6, 1.6) if slot == "hedge" else (1.4, height_m)
    length_m = house_m + 12.0
    blocks = []
    for side in (-1, 1):
        x, y = _point(heading, side * (half_m + thickness_m / 2 + 0.05), length_m / 2 - 3.0)
        blocks.append(Block(slot, (thickness_m, length_m, height_m), (x, y, 0.0), -heading, tile_m))
    x, y = _point(heading, 0.0, house_m + HOUSE_DEPTH_M + 1.5)
    blocks.append(Block(slot, (2 * half_m + 20.0, thickness_m, height_m), (x, y, 0.0), -heading, tile_m))
    return blocks


def _trees(generator: np.random.Generator, cast: Cast, heading: float, house_m: float) -> tuple[Thing, ...]:
    """Draw trees behind the house and the hedge."""
    if "tree" not in cast.by_kind:
        return ()
    trees = []
    for _ in range(int(generator.integers(0, 4))):
        lateral_m, along_m = float(generator.uniform(-14, 14)), house_m + float(generator.uniform(10, 18))
        tree = replace(cast.draw(generator, "tree"), foot_share=TRUNK_SHARE)
        yaw_rad = float(generator.uniform(0, 2 * np.pi))
        trees.append(replace(tree, position_m=_point(heading, lateral_m, along_m), yaw_rad=yaw_rad))
    return tuple(trees)
