"""What ground and far scenery are painted with."""

import numpy as np

from situate.data.scenes.materials import Paint
from situate.data.scenes.textures import columns, drawn_colour, fractal_noise, hsv, mixed, shaded, stripes


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
    noise = 0.7 * fractal_noise(generator, shape, 0.85) + 0.7 * fractal_noise(generator, shape, 0.2)
    if generator.random() < 0.2:
        earth = drawn_colour(generator, (0.06, 0.11), (0.25, 0.5), (0.45, 0.65))
        return Paint(shaded(earth, noise, 0.14))
    asphalt = drawn_colour(generator, (0.5, 1.15), (0.0, 0.08), (0.28, 0.52))
    lines = np.zeros(shape)
    lines[: int(shape[0] * generator.uniform(0.35, 0.6)), 78:82] = generator.choice([0, 1], p=[0.2, 0.8])
    lines[:, [4, 5, 6, -7, -6, -5]] = generator.choice([0, 1], p=[0.3, 0.7])
    line = hsv(0.12, 0.05, 0.88) if generator.random() < 0.5 else hsv(0.13, 0.8, 0.85)
    wear = np.clip(0.85 + 0.2 * noise, 0, 1)
    return Paint(mixed(shaded(asphalt, noise, 0.13), line, lines * wear).astype(np.float32))


def paint_scenery(generator: np.random.Generator) -> Paint:
    """Draw a far wall with windows, or a hedge."""
    shape = (64, 128)
    if generator.random() < 0.5:
        leaves = drawn_colour(generator, (0.2, 0.36), (0.35, 0.7), (0.2, 0.45))
        return Paint(shaded(leaves, fractal_noise(generator, shape, 0.6), 0.35))
    wall = drawn_colour(generator, (0.0, 0.15), (0.05, 0.4), (0.45, 0.85))
    windows = stripes(shape, 3, share=0.5) * columns(shape, float(generator.integers(4, 9)), share=0.45)
    texture = mixed(shaded(wall, fractal_noise(generator, shape, 0.6), 0.08), (0.06, 0.08, 0.1), windows)
    return Paint(texture.astype(np.float32))
