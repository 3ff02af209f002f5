"""What the ground and floors are painted with, by the name of the paint."""

from collections.abc import Callable

import numpy as np

from situate.data.scenes.materials import Paint
from situate.data.scenes.textures import (
    checker,
    columns,
    drawn_colour,
    fractal_noise,
    frame,
    hsv,
    mixed,
    shaded,
    stripes,
)


def paint_grass(generator: np.random.Generator) -> Paint:
    """Draw a meadow: patches of two greens, fine blades."""
    shape = (320, 320)
    first = drawn_colour(generator, (0.19, 0.3), (0.4, 0.7), (0.3, 0.5))
    second = drawn_colour(generator, (0.12, 0.28), (0.35, 0.65), (0.35, 0.6))
    patches = mixed(first, second, 0.5 + 0.4 * fractal_noise(generator, shape, 0.15))
    return Paint(shaded(patches, fractal_noise(generator, shape, 0.9), 0.22))


def paint_pavement(generator: np.random.Generator) -> Paint:
    """Draw paving slabs with joints, 4 by 4 to a tile."""
    shape = (160, 160)
    colour = drawn_colour(generator, (0.02, 0.14), (0.02, 0.25), (0.55, 0.78))
    slabs = np.kron(generator.normal(0, 0.5, (4, 4)), np.ones((40, 40)))
    joints = np.maximum(stripes(shape, 4, share=0.07), columns(shape, 4, share=0.07))
    texture = shaded(colour, slabs + 0.6 * fractal_noise(generator, shape, 0.7), 0.08)
    return Paint(mixed(texture, (0.05, 0.05, 0.045), 0.75 * joints).astype(np.float32))


def paint_road(generator: np.random.Generator) -> Paint:
    """Draw 8 m of road, u across and v along: asphalt with lane marking, or a bare track of earth."""
    shape = (256, 160)
    if generator.random() < 0.2:
        noise = 0.7 * fractal_noise(generator, shape, 0.85) + 0.7 * fractal_noise(generator, shape, 0.2)
        earth = drawn_colour(generator, (0.06, 0.11), (0.25, 0.5), (0.45, 0.65))
        return Paint(shaded(earth, noise, 0.14))
    return paint_asphalt(generator)


def paint_asphalt(generator: np.random.Generator) -> Paint:
    """Draw 8 m of asphalt, u across and v along, with lane marking."""
    shape = (256, 160)
    noise = 0.7 * fractal_noise(generator, shape, 0.85) + 0.7 * fractal_noise(generator, shape, 0.2)
    asphalt = drawn_colour(generator, (0.5, 1.15), (0.0, 0.08), (0.28, 0.52))
    lines = np.zeros(shape)
    lines[: int(shape[0] * generator.uniform(0.35, 0.6)), 78:82] = generator.choice([0, 1], p=[0.2, 0.8])
    lines[:, [4, 5, 6, -7, -6, -5]] = generator.choice([0, 1], p=[0.3, 0.7])
    line = hsv(0.12, 0.05, 0.88) if generator.random() < 0.5 else hsv(0.13, 0.8, 0.85)
    wear = np.clip(0.85 + 0.2 * noise, 0, 1)
    return Paint(mixed(shaded(asphalt, noise, 0.13), line, lines * wear).astype(np.float32))


def paint_kerb(generator: np.random.Generator) -> Paint:
    """Draw a row of kerb stones, one to a tile."""
    shape = (64, 32)
    stone = shaded(hsv(0.1, 0.04, generator.uniform(0.6, 0.8)), fractal_noise(generator, shape, 0.8), 0.12)
    return Paint(mixed(stone, (0.06, 0.06, 0.06), stripes(shape, 1, share=0.05)).astype(np.float32))


def paint_path(generator: np.random.Generator) -> Paint:
    """Draw gravel, or stepping slabs with joints."""
    if generator.random() < 0.5:
        return paint_pavement(generator)
    shape = (160, 160)
    colour = drawn_colour(generator, (0.06, 0.12), (0.08, 0.3), (0.55, 0.8))
    return Paint(shaded(colour, fractal_noise(generator, shape, 0.95), 0.25))


def paint_planks(generator: np.random.Generator) -> Paint:
    """Draw boards along v: every board has its own shade, joints are dark."""
    shape, num = (192, 192), int(generator.integers(5, 9))
    grain = np.repeat(fractal_noise(generator, (12, shape[1]), 0.7), shape[0] // 12, 0)
    board = np.minimum(np.arange(shape[1]) * num // shape[1], num - 1)
    shade = generator.normal(0, 1, num)[board][None] + np.zeros(shape)
    colour = drawn_colour(generator, (0.055, 0.1), (0.25, 0.6), (0.4, 0.82))
    wood = shaded(colour, 0.7 * shade + 0.5 * grain + 0.3 * fractal_noise(generator, shape, 0.6), 0.12)
    return Paint(mixed(wood, (0.03, 0.02, 0.015), 0.8 * columns(shape, num, share=0.04)).astype(np.float32))


def paint_floor(generator: np.random.Generator) -> Paint:
    """Draw a floor: boards, tiles or carpet."""
    choice = generator.random()
    if choice < 0.5:
        return paint_planks(generator)
    shape = (160, 160)
    noise = fractal_noise(generator, shape, 0.9)
    if choice < 0.75:
        first = drawn_colour(generator, (0.02, 0.14), (0.0, 0.25), (0.6, 0.9))
        second = np.asarray(first) * generator.choice([1.0, 0.8, 0.35])
        tiles = shaded(mixed(first, second, checker(shape, 2, 2)), noise, 0.05)
        joints = np.maximum(stripes(shape, 2, share=0.03), columns(shape, 2, share=0.03))
        return Paint(mixed(tiles, (0.15, 0.14, 0.13), joints).astype(np.float32))
    carpet = drawn_colour(generator, (0.0, 1.0), (0.05, 0.4), (0.35, 0.75))
    return Paint(shaded(carpet, noise, 0.16))


def paint_rug(generator: np.random.Generator) -> Paint:
    """Draw a rug: a border and a pattern."""
    shape = (128, 128)
    first, second = (drawn_colour(generator, (0.0, 1.0), (0.2, 0.75), (0.3, 0.8)) for _ in range(2))
    num_v, num_u = (int(num) for num in generator.integers(3, 9, 2))
    pattern = checker(shape, num_v, num_u) * generator.choice([0.0, 0.6, 1.0])
    field = mixed(first, second, pattern)
    border = np.clip(frame(shape, 0.08) - frame(shape, 0.03), 0, 1)
    return Paint(shaded(mixed(field, second, border), fractal_noise(generator, shape, 0.9), 0.15))


def paint_water(generator: np.random.Generator) -> Paint:
    """Draw still water, a little glossy."""
    shape = (128, 128)
    colour = drawn_colour(generator, (0.46, 0.58), (0.25, 0.65), (0.3, 0.7))
    return Paint(shaded(colour, fractal_noise(generator, shape, 0.35), 0.12), gloss=0.7)


SURFACE_PAINTS: dict[str, Callable[[np.random.Generator], Paint]] = {
    "grass": paint_grass,
    "road": paint_road,
    "asphalt": paint_asphalt,
    "pavement": paint_pavement,
    "kerb": paint_kerb,
    "path": paint_path,
    "planks": paint_planks,
    "floor": paint_floor,
    "rug": paint_rug,
    "water": paint_water,
}
