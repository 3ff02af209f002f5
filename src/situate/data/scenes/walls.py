"""What walls, house fronts and hedges are painted with, by the name of the paint."""

from collections.abc import Callable

import numpy as np

from situate.data.scenes.materials import Paint
from situate.data.scenes.textures import (
    Colour,
    Texture,
    columns,
    drawn_colour,
    fractal_noise,
    frame,
    hsv,
    mixed,
    shaded,
    stripes,
)

BAY_SHAPE = (96, 96)
"""Texels of one bay of a front: one floor high, one window wide."""


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


def paint_facade(generator: np.random.Generator) -> Paint:
    """Draw one bay of an upper floor: plaster or brick round a window with a sill."""
    wall = _masonry(generator)
    width, height = generator.uniform(0.3, 0.55), generator.uniform(0.45, 0.62)
    wall = _with_window(generator, wall, (0.5 - width / 2, 0.5 + width / 2), (0.25, 0.25 + height))
    sill = _patch((0.45 - width / 2, 0.55 + width / 2), (0.2, 0.25))
    ledge = _patch((0.0, 1.0), (0.0, 0.03)) * generator.choice([0, 1])
    return Paint(mixed(wall, hsv(0.1, 0.05, 0.75), np.maximum(sill, ledge)).astype(np.float32))


def paint_shop(generator: np.random.Generator) -> Paint:
    """Draw one bay of a ground floor: a shop window under a sign, or a door."""
    wall = _masonry(generator)
    if generator.random() < 0.6:
        shop = _with_window(generator, wall, (0.08, 0.92), (0.14, 0.72))
        sign = drawn_colour(generator, (0.0, 1.0), (0.3, 0.8), (0.3, 0.8))
        return Paint(mixed(shop, sign, _patch((0.05, 0.95), (0.76, 0.92))).astype(np.float32))
    wall = _with_window(generator, wall, (0.62, 0.9), (0.35, 0.75))
    door = drawn_colour(generator, (0.0, 1.0), (0.2, 0.7), (0.2, 0.6))
    wall = mixed(wall, hsv(0.1, 0.05, 0.8), _patch((0.12, 0.5), (0.0, 0.76)))
    return Paint(mixed(wall, door, _patch((0.15, 0.47), (0.0, 0.73))).astype(np.float32))


def paint_house(generator: np.random.Generator) -> Paint:
    """Draw one bay of a house: plaster, brick or boards, with a window or a garden door."""
    wall = _masonry(generator)
    bottom = 0.04 if generator.random() < 0.35 else 0.33
    return Paint(_with_window(generator, wall, (0.27, 0.73), (bottom, 0.78)).astype(np.float32))


def paint_roof(generator: np.random.Generator) -> Paint:
    """Draw rows of tiles, or a plain ledge."""
    shape = (64, 64)
    tiles = drawn_colour(generator, (0.0, 0.08), (0.1, 0.6), (0.25, 0.6))
    noise = 0.8 * fractal_noise(generator, shape, 0.8) - 1.5 * stripes(shape, 8, share=0.2)
    return Paint(shaded(tiles, noise, 0.15))


def paint_hedge(generator: np.random.Generator) -> Paint:
    """Draw leaves, light on dark."""
    shape = (160, 160)
    leaf = drawn_colour(generator, (0.22, 0.33), (0.45, 0.75), (0.3, 0.55))
    clumps = fractal_noise(generator, shape, 0.55) + 0.8 * fractal_noise(generator, shape, 0.95)
    return Paint(shaded(mixed(np.asarray(leaf) * 0.2, leaf, 0.55 + 0.4 * clumps), clumps, 0.2))


def paint_fence(generator: np.random.Generator) -> Paint:
    """Draw upright boards with gaps between them."""
    shape = (96, 96)
    wood = drawn_colour(generator, (0.05, 0.12), (0.1, 0.6), (0.4, 0.85))
    shade = np.repeat(generator.normal(0, 1, 8), 12)[None] + np.zeros(shape)
    boards = shaded(wood, shade + 0.6 * fractal_noise(generator, shape, 0.7), 0.12)
    return Paint(mixed(boards, (0.02, 0.02, 0.015), columns(shape, 8, share=0.1)).astype(np.float32))


def paint_wall(generator: np.random.Generator) -> Paint:
    """Draw an inner wall: paint with a soft unevenness, or striped paper."""
    shape = (128, 128)
    colour = drawn_colour(generator, (0.0, 1.0), (0.0, 0.22), (0.72, 0.94))
    noise = fractal_noise(generator, shape, 0.35) + 0.4 * fractal_noise(generator, shape, 0.9)
    if generator.random() < 0.3:
        paper = np.asarray(colour) * generator.uniform(0.75, 0.9)
        return Paint(shaded(mixed(colour, paper, columns(shape, 8)), noise, 0.02))
    return Paint(shaded(colour, noise, 0.025))


def paint_trim(generator: np.random.Generator) -> Paint:
    """Draw the paint of skirtings and window frames: nearly white, or wood."""
    light, wood = hsv(0.1, 0.03, generator.uniform(0.8, 0.95)), hsv(0.08, 0.5, generator.uniform(0.35, 0.6))
    return Paint(shaded(wood if generator.random() < 0.25 else light, fractal_noise(generator, (32, 32), 0.6), 0.04))


def paint_ceiling(generator: np.random.Generator) -> Paint:
    """Draw white with a trace of unevenness."""
    return Paint(shaded((0.75, 0.75, 0.73), fractal_noise(generator, (64, 64), 0.5), 0.02))


def paint_picture(generator: np.random.Generator) -> Paint:
    """Draw an abstract picture in a frame."""
    shape = (96, 96)
    first, second, third = (drawn_colour(generator, (0.0, 1.0), (0.1, 0.8), (0.2, 0.9)) for _ in range(3))
    shapes = mixed(first, second, 2 * fractal_noise(generator, shape, 0.0))
    shapes = mixed(shapes, third, 3 * fractal_noise(generator, shape, 0.1) - 1.5)
    rim: Colour = hsv(0.1, 0.3, generator.uniform(0.05, 0.6))
    return Paint(np.clip(mixed(shapes, rim, frame(shape, 0.06)), 0.01, 0.9).astype(np.float32))


def _masonry(generator: np.random.Generator) -> Texture:
    noise = fractal_noise(generator, BAY_SHAPE, 0.7)
    if generator.random() < 0.6:
        plaster = drawn_colour(generator, (0.0, 0.16), (0.02, 0.38), (0.55, 0.9))
        return shaded(plaster, 0.6 * noise + 0.6 * fractal_noise(generator, BAY_SHAPE, 0.2), 0.06)
    brick = drawn_colour(generator, (0.0, 0.07), (0.3, 0.65), (0.4, 0.7))
    joints = np.maximum(stripes(BAY_SHAPE, 24, share=0.25), 0.5 * columns(BAY_SHAPE, 10, share=0.12))
    return mixed(shaded(brick, noise, 0.16), (0.35, 0.33, 0.3), 0.7 * joints).astype(np.float32)


def _with_window(
    generator: np.random.Generator, wall: np.ndarray, u: tuple[float, float], v: tuple[float, float]
) -> np.ndarray:
    rim = hsv(0.1, 0.04, generator.uniform(0.75, 0.95)) if generator.random() < 0.7 else hsv(0.08, 0.5, 0.3)
    glass = mixed((0.02, 0.03, 0.04), (0.16, 0.2, 0.24), 0.5 + 0.4 * fractal_noise(generator, BAY_SHAPE, 0.1))
    inner = _patch((u[0] + 0.025, u[1] - 0.025), (v[0] + 0.025, v[1] - 0.025))
    middle = (u[0] + u[1]) / 2
    bar = _patch((middle - 0.012, middle + 0.012), v)
    return np.where((inner * (1 - bar))[..., None] > 0, glass, mixed(wall, rim, _patch(u, v)))


def _patch(u: tuple[float, float], v: tuple[float, float]) -> np.ndarray:
    """Return 1 in a rectangle of a bay, from fractions of its width and height (v up)."""
    rows, cols = np.mgrid[0 : BAY_SHAPE[0], 0 : BAY_SHAPE[1]] / np.array(BAY_SHAPE)[:, None, None]
    return ((cols >= u[0]) & (cols < u[1]) & (rows >= v[0]) & (rows < v[1])).astype(np.float64)


WALL_PAINTS: dict[str, Callable[[np.random.Generator], Paint]] = {
    "scenery": paint_scenery,
    "facade": paint_facade,
    "shop": paint_shop,
    "house": paint_house,
    "roof": paint_roof,
    "hedge": paint_hedge,
    "fence": paint_fence,
    "wall": paint_wall,
    "trim": paint_trim,
    "ceiling": paint_ceiling,
    "picture": paint_picture,
}
