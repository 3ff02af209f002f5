"""Worlds drawn from a known distribution: camera, ground, light and objects that obey the rules of their kinds."""

from dataclasses import dataclass

import numpy as np

from situate.data.scenes.camera import Camera, draw_camera
from situate.data.scenes.ground import Ground, draw_ground
from situate.data.scenes.kinds import KINDS
from situate.data.scenes.light import Light, draw_light
from situate.data.scenes.placing import arrange
from situate.data.scenes.things import Thing

NUM_OBJECTS = (3, 6)
ASPECTS = ((4, 3), (4, 3), (4, 3), (4, 3), (1, 1), (3, 4), (16, 9))


@dataclass(frozen=True)
class World:
    """All that is needed to render one scene; `seed` draws the paints of ground and scenery, and the samples."""

    camera: Camera
    ground: Ground
    light: Light
    things: tuple[Thing, ...]
    seed: int


def draw_world(generator: np.random.Generator, size_px: int) -> World:
    """Draw a world whose picture has `size_px` pixels along its longer side; crowded or empty plans are drawn again."""
    width_px, height_px = _picture_size(generator, size_px)
    light, seed = draw_light(generator), int(generator.integers(2**31))
    while True:
        camera, ground = draw_camera(generator, width_px, height_px), draw_ground(generator)
        kinds = [kind for kind in KINDS.values() if kind.zone in ground.zones]
        num_objects = int(generator.integers(NUM_OBJECTS[0], NUM_OBJECTS[1] + 1))
        chosen = [kinds[int(index)] for index in generator.integers(len(kinds), size=num_objects)]
        things = arrange(generator, camera, ground, chosen)
        if things is not None:
            return World(camera, ground, light, things, seed)


def _picture_size(generator: np.random.Generator, size_px: int) -> tuple[int, int]:
    width, height = ASPECTS[int(generator.integers(len(ASPECTS)))]
    longest = max(width, height)
    return round(size_px * width / longest), round(size_px * height / longest)
