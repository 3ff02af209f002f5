"""What a world's objects stand on and before: ground strips and far scenery, as meshes with their paints."""

import numpy as np

from situate.data.scenes.ground import Ground
from situate.data.scenes.materials import Paint
from situate.data.scenes.meshes import Mesh, box, moved, strip
from situate.data.scenes.surfaces import paint_grass, paint_pavement, paint_road, paint_scenery

REACH_M = 2500.0
ROAD_REACH_M = 400.0
GRASS_TILE_M = (7.0, 7.0)
ROAD_TILE_M = 8.0
PAVEMENT_TILE_M = (2.4, 2.4)
ROAD_HEIGHT_M, PAVEMENT_HEIGHT_M = 0.003, 0.005
SCENERY_DISTANCE_M = (32.0, 60.0)


def ground_meshes(ground: Ground) -> list[Mesh]:
    """Return the strips of the ground plan; the meadow lies under all of them."""
    centre, direction = np.asarray(ground.centre_m), ground.direction
    half, lawn = ground.road_width_m / 2, ground.road_width_m / 2 + ground.pavement_width_m
    meshes = [strip(np.zeros(2), np.array([0.0, 1.0]), (-REACH_M, REACH_M), REACH_M, 0.0, GRASS_TILE_M, "grass")]
    tile_m = (ground.road_width_m, ROAD_TILE_M)
    meshes.append(strip(centre, direction, (-half, half), ROAD_REACH_M, ROAD_HEIGHT_M, tile_m, "road"))
    if ground.pavement_width_m > 0:
        for lateral_m in ((-lawn, -half), (half, lawn)):
            band = strip(centre, direction, lateral_m, ROAD_REACH_M, PAVEMENT_HEIGHT_M, PAVEMENT_TILE_M, "pavement")
            meshes.append(band)
    return meshes


def scenery_meshes(generator: np.random.Generator) -> list[Mesh]:
    """Draw a row of far blocks (houses, hedges) that closes the view."""
    distance_m = float(generator.uniform(*SCENERY_DISTANCE_M))
    blocks, x = [], -distance_m * 1.3
    while x < distance_m * 1.3:
        width_m, height_m = float(generator.uniform(4, 14)), float(generator.uniform(1.5, 7.5))
        block = box((width_m, 4.0, height_m), slot=f"scenery{int(generator.integers(3))}")
        back_m = float(generator.uniform(0, 10))
        blocks.append(moved(block, float(generator.normal(0, 0.1)), (x + width_m / 2, distance_m + back_m, 0.0)))
        x += width_m * float(generator.uniform(0.9, 1.5))
    return blocks


def stage_paints(generator: np.random.Generator) -> dict[str, Paint]:
    """Draw the paints of ground and scenery, by slot."""
    ground = {"grass": paint_grass(generator), "road": paint_road(generator), "pavement": paint_pavement(generator)}
    return ground | {f"scenery{index}": paint_scenery(generator) for index in range(3)}
