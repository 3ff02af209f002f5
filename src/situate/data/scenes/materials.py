"""What things are painted with: colours and patterns typical of each kind and of the ground."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from situate.data.scenes.textures import (
    Colour,
    Texture,
    checker,
    drawn_colour,
    fractal_noise,
    frame,
    hsv,
    mixed,
    shaded,
    stripes,
)

OBJECT_TEXTURE = (64, 64)
ANY_HUE = (0.0, 1.0)


@dataclass(frozen=True)
class Paint:
    """A texture in linear reflectance, and how glossy the surface is (0 is matt)."""

    texture: Texture
    gloss: float = 0.0


Paints = dict[str, Paint]
Generator = np.random.Generator


def paint_kind(name: str, generator: Generator) -> Paints:
    """Draw the paints of an object of the kind `name`, by slot."""
    return _BY_KIND[name](generator)


def _worn(generator: Generator, colour: Colour | np.ndarray, contrast: float = 0.12, gloss: float = 0.0) -> Paint:
    noise = fractal_noise(generator, OBJECT_TEXTURE, 0.5)
    return Paint(shaded(colour, noise, contrast), gloss)


def _pick(generator: Generator, *choices: Colour) -> Colour:
    return choices[int(generator.integers(len(choices)))]


def _white(generator: Generator) -> Colour:
    return drawn_colour(generator, (0.08, 0.16), (0.0, 0.08), (0.86, 0.96))


def _dark(generator: Generator) -> Colour:
    return drawn_colour(generator, ANY_HUE, (0.0, 0.2), (0.12, 0.3))


def _bright(generator: Generator) -> Colour:
    return drawn_colour(generator, ANY_HUE, (0.65, 0.95), (0.6, 0.95))


def _wood(generator: Generator, num_planks: int) -> Texture:
    noise = fractal_noise(generator, OBJECT_TEXTURE, 0.4)
    grain = np.repeat(fractal_noise(generator, (OBJECT_TEXTURE[0], 4), 0.8), OBJECT_TEXTURE[1] // 4, 1)
    colour = drawn_colour(generator, (0.06, 0.11), (0.3, 0.65), (0.45, 0.8))
    wood = shaded(colour, 0.5 * noise + grain, 0.12)
    gaps = stripes(OBJECT_TEXTURE, num_planks, share=0.08)
    return mixed(wood, (0.03, 0.02, 0.015), 0.8 * gaps).astype(np.float32)


def _cone(generator: Generator) -> Paints:
    orange = drawn_colour(generator, (0.02, 0.065), (0.85, 1.0), (0.85, 1.0))
    bands = stripes(OBJECT_TEXTURE, generator.uniform(1.6, 3.2), share=0.4)
    foot = _pick(generator, orange, _dark(generator))
    return {"body": _worn(generator, mixed(orange, _white(generator), bands), 0.08, 0.3), "trim": _worn(generator, foot)}


def _crate(generator: Generator) -> Paints:
    if generator.random() < 0.3:
        card = drawn_colour(generator, (0.07, 0.1), (0.3, 0.5), (0.6, 0.8))
        tape = stripes(OBJECT_TEXTURE[::-1], 1, share=0.12).T
        return {"body": _worn(generator, mixed(card, (0.5, 0.4, 0.25), np.roll(tape, 28, 1)), 0.06)}
    wood = _wood(generator, int(generator.integers(3, 6)))
    rail = 0.55 * np.asarray(wood.mean((0, 1)))
    return {"body": Paint(mixed(wood, rail, frame(OBJECT_TEXTURE, 0.1)).astype(np.float32))}


def _barrel(generator: Generator) -> Paints:
    colour, gloss = _pick(generator, _bright(generator), (0.02, 0.1, 0.35), (0.5, 0.05, 0.03)), 0.5
    if generator.random() < 0.4:
        bands = stripes(OBJECT_TEXTURE, generator.uniform(1.5, 2.5), share=0.4)
        return {"body": _worn(generator, mixed(colour, _white(generator), bands), 0.12, gloss), "trim": _worn(generator, colour)}
    return {"body": _worn(generator, colour, 0.2, gloss), "trim": _worn(generator, _pick(generator, colour, _dark(generator)))}


def _tyres(generator: Generator) -> Paints:
    rubber = drawn_colour(generator, ANY_HUE, (0.0, 0.15), (0.14, 0.26))
    tread = stripes(OBJECT_TEXTURE[::-1], 20).T
    if generator.random() < 0.25:
        rubber = _pick(generator, _white(generator), (0.5, 0.04, 0.03))
    return {"body": _worn(generator, mixed(rubber, tuple(0.6 * c for c in rubber), tread), 0.15)}


def _barrier(generator: Generator) -> Paints:
    red = _pick(generator, (0.55, 0.02, 0.02), (0.8, 0.2, 0.02))
    bars = stripes(OBJECT_TEXTURE, 0.8, slant=float(generator.choice([-1, 1])) * generator.uniform(2.5, 4.5))
    return {"body": _worn(generator, mixed(_white(generator), red, bars), 0.06), "trim": _worn(generator, _dark(generator))}


def _ball(generator: Generator) -> Paints:
    first, second = _bright(generator), _pick(generator, _white(generator), _bright(generator))
    segments = int(generator.integers(2, 5))
    patterns = (
        stripes(OBJECT_TEXTURE[::-1], segments).T,
        checker(OBJECT_TEXTURE, 4, 2 * segments),
        stripes(OBJECT_TEXTURE, segments),
    )
    pattern = patterns[int(generator.integers(3))]
    return {"body": _worn(generator, mixed(first, second, pattern), 0.05, 0.4)}


def _post(generator: Generator) -> Paints:
    light = _white(generator)
    dark = _pick(generator, _dark(generator), (0.5, 0.03, 0.03), (0.55, 0.35, 0.02), (0.03, 0.08, 0.3))
    bands = stripes(OBJECT_TEXTURE, float(generator.integers(2, 5)), slant=float(generator.choice([0, 1])))
    return {"body": _worn(generator, mixed(light, dark, bands), 0.08, 0.2)}


def _tent(generator: Generator) -> Paints:
    cloth, second = _bright(generator), _pick(generator, _white(generator), _bright(generator))
    pattern = generator.choice([0, 1]) * stripes(OBJECT_TEXTURE[::-1], float(generator.integers(3, 6))).T
    door = np.zeros(OBJECT_TEXTURE)
    door[:40, 26:38] = generator.choice([0, 1])
    return {"body": _worn(generator, mixed(mixed(cloth, second, pattern), _dark(generator), door), 0.06)}


def _bench(generator: Generator) -> Paints:
    metal = _pick(generator, _dark(generator), (0.3, 0.3, 0.3), (0.03, 0.12, 0.05))
    return {"body": Paint(_wood(generator, 3)), "trim": _worn(generator, metal)}


def _sign(generator: Generator) -> Paints:
    ground = _pick(generator, (0.02, 0.07, 0.4), (0.02, 0.2, 0.06), (0.6, 0.4, 0.02), _white(generator))
    rim = _pick(generator, _white(generator), (0.55, 0.02, 0.02))
    face = mixed(ground, rim, frame(OBJECT_TEXTURE, 0.12))
    bars = stripes(OBJECT_TEXTURE, float(generator.integers(2, 4)), share=0.35) * (1 - frame(OBJECT_TEXTURE, 0.24))
    text = _dark(generator) if sum(ground) > 0.9 else _white(generator)
    return {"body": _worn(generator, mixed(face, text, bars), 0.04), "trim": _worn(generator, (0.35, 0.35, 0.36))}


def _planter(generator: Generator) -> Paints:
    leaves = drawn_colour(generator, (0.22, 0.34), (0.5, 0.8), (0.25, 0.5))
    flowers = (fractal_noise(generator, OBJECT_TEXTURE, 0.9) > 1.6) * float(generator.choice([0, 1]))
    pot = _pick(generator, drawn_colour(generator, (0.02, 0.06), (0.4, 0.65), (0.5, 0.75)), (0.4, 0.4, 0.38))
    noise = fractal_noise(generator, OBJECT_TEXTURE, 0.7)
    bush = shaded(mixed(leaves, _bright(generator), flowers), noise, 0.4)
    return {"body": Paint(bush), "trim": _worn(generator, pot)}


_BY_KIND: dict[str, Callable[[Generator], Paints]] = {
    "cone": _cone,
    "crate": _crate,
    "barrel": _barrel,
    "tyres": _tyres,
    "barrier": _barrier,
    "ball": _ball,
    "post": _post,
    "tent": _tent,
    "bench": _bench,
    "sign": _sign,
    "planter": _planter,
}


def paint_grass(generator: Generator) -> Paint:
    """Draw a meadow: patches of two greens, fine blades."""
    shape = (320, 320)
    first = drawn_colour(generator, (0.19, 0.3), (0.4, 0.7), (0.3, 0.5))
    second = drawn_colour(generator, (0.12, 0.28), (0.35, 0.65), (0.35, 0.6))
    patches = mixed(first, second, 0.5 + 0.4 * fractal_noise(generator, shape, 0.15))
    return Paint(shaded(patches, fractal_noise(generator, shape, 0.9), 0.22))


def paint_pavement(generator: Generator) -> Paint:
    """Draw paving slabs with joints, 4 by 4 to a tile."""
    shape = (160, 160)
    colour = drawn_colour(generator, (0.02, 0.14), (0.02, 0.25), (0.55, 0.78))
    slabs = np.kron(generator.normal(0, 0.5, (4, 4)), np.ones((40, 40)))
    joints = np.maximum(stripes(shape, 4, share=0.07), stripes(shape, 4, share=0.07).T)
    texture = shaded(colour, slabs + 0.6 * fractal_noise(generator, shape, 0.7), 0.08)
    return Paint(mixed(texture, (0.05, 0.05, 0.045), 0.75 * joints).astype(np.float32))


def paint_road(generator: Generator) -> Paint:
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
    line = _pick(generator, hsv(0.12, 0.05, 0.88), hsv(0.13, 0.8, 0.85))
    wear = np.clip(0.85 + 0.2 * noise, 0, 1)
    return Paint(mixed(shaded(asphalt, noise, 0.13), line, lines * wear).astype(np.float32))


def paint_scenery(generator: Generator) -> Paint:
    """Draw a far wall with windows, or a hedge."""
    shape = (64, 128)
    if generator.random() < 0.5:
        leaves = drawn_colour(generator, (0.2, 0.36), (0.35, 0.7), (0.2, 0.45))
        return Paint(shaded(leaves, fractal_noise(generator, shape, 0.6), 0.35))
    wall = drawn_colour(generator, (0.0, 0.15), (0.05, 0.4), (0.45, 0.85))
    windows = stripes(shape, 3, share=0.5) * stripes(shape[::-1], float(generator.integers(4, 9)), share=0.45).T
    texture = mixed(shaded(wall, fractal_noise(generator, shape, 0.6), 0.08), (0.06, 0.08, 0.1), windows)
    return Paint(texture.astype(np.float32))
