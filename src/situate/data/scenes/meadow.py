"""The world `primitives`: a straight road through a meadow, perhaps with pavements, and far blocks."""

import numpy as np

from situate.data.scenes.camera import draw_camera
from situate.data.scenes.cast import Cast
from situate.data.scenes.ground import Ground, Point, Surface, band
from situate.data.scenes.light import draw_light
from situate.data.scenes.plan import Plan
from situate.data.scenes.stage import Block

REACH_M, ROAD_REACH_M = 2500.0, 400.0
GRASS_TILE_M, ROAD_TILE_M, PAVEMENT_TILE_M = (7.0, 7.0), 8.0, (2.4, 2.4)
FAR_BLOCKS_M = (32.0, 60.0)


def draw_meadow(generator: np.random.Generator, cast: Cast, width_px: int, height_px: int) -> Plan:
    """Draw a camera, a ground, a light and far blocks; needs no models."""
    del cast
    light = draw_light(generator)
    camera = draw_camera(generator, width_px, height_px)
    return Plan(camera, draw_ground(generator), light, far_blocks(generator, FAR_BLOCKS_M))


def draw_ground(generator: np.random.Generator) -> Ground:
    """Draw a ground plan: three of four roads lead away from the camera, the others cross the view."""
    pavement_width_m = float(generator.uniform(1.5, 3.0)) if generator.random() < 0.4 else 0.0
    if generator.random() < 0.75:
        centre = (float(generator.uniform(-3.0, 3.0)), 5.0)
        heading = float(np.radians(generator.normal(0, 22)))
        width_m = float(generator.uniform(3.0, 6.5))
    else:
        centre = (0.0, float(generator.uniform(5.0, 9.0)))
        heading = float(np.radians(90 + generator.normal(0, 18)))
        width_m = float(generator.uniform(3.0, 5.5))
    return road_ground(centre, heading, width_m, pavement_width_m)


def road_ground(centre_m: Point, heading_rad: float, road_width_m: float, pavement_width_m: float) -> Ground:
    """Return a road through grass, from kerb to kerb, with a pavement on both sides unless its width is 0."""
    kerb_m, lawn_m, along_m = road_width_m / 2, road_width_m / 2 + pavement_width_m, (-ROAD_REACH_M, ROAD_REACH_M)
    surfaces = [meadow_surface("grass")]
    if pavement_width_m > 0:
        for lateral_m in ((-lawn_m, -kerb_m), (kerb_m, lawn_m)):
            corners = band(centre_m, heading_rad, lateral_m, along_m)
            surfaces.append(Surface("pavement", corners, 0.0, PAVEMENT_TILE_M, heading_rad))
    corners = band(centre_m, heading_rad, (-kerb_m, kerb_m), along_m)
    surfaces.append(Surface("road", corners, 0.0, (road_width_m, ROAD_TILE_M), heading_rad))
    return Ground(tuple(surfaces), centre_m, heading_rad)


def meadow_surface(zone: str) -> Surface:
    """Return grass as far as the eye reaches."""
    corners = ((-REACH_M, -REACH_M), (REACH_M, -REACH_M), (REACH_M, REACH_M), (-REACH_M, REACH_M))
    return Surface(zone, corners, 0.0, GRASS_TILE_M, paint="grass")


def far_blocks(generator: np.random.Generator, distance_m: tuple[float, float]) -> tuple[Block, ...]:
    """Draw a row of far blocks (houses, hedges) that closes the view."""
    away_m = float(generator.uniform(*distance_m))
    blocks, x = [], -away_m * 1.3
    while x < away_m * 1.3:
        width_m, height_m = float(generator.uniform(4, 14)), float(generator.uniform(1.5, 7.5))
        slot, back_m = f"scenery{int(generator.integers(3))}", float(generator.uniform(0, 10))
        yaw_rad = float(generator.normal(0, 0.1))
        blocks.append(Block(slot, (width_m, 4.0, height_m), (x + width_m / 2, away_m + back_m, 0.0), yaw_rad))
        x += width_m * float(generator.uniform(0.9, 1.5))
    return tuple(blocks)
