"""What objects are painted with: colours and patterns typical of each kind."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float32

from situate.data.scenes.textures import (
    Colour,
    Texture,
    checker,
    columns,
    drawn_colour,
    fractal_noise,
    frame,
    mixed,
    shaded,
    stripes,
)

OBJECT_TEXTURE = (64, 64)
ANY_HUE = (0.0, 1.0)


@dataclass(frozen=True)
class Paint:
    """What covers a mesh.

    Attributes:
        texture: Linear reflectance.
        gloss: How glossy the surface is; 0 is matt.
        opacity: How much light it stops, in [0, 1]: one number or one per texel; None is all of it.
    """

    texture: Texture
    gloss: float = 0.0
    opacity: float | Float32[np.ndarray, "oh ow"] | None = None


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
    return {
        "body": _worn(generator, mixed(orange, _white(generator), bands), 0.08, 0.3),
        "trim": _worn(generator, foot),
    }


def _crate(generator: Generator) -> Paints:
    if generator.random() < 0.3:
        card = drawn_colour(generator, (0.07, 0.1), (0.3, 0.5), (0.6, 0.8))
        tape = columns(OBJECT_TEXTURE, 1, share=0.12)
        return {"body": _worn(generator, mixed(card, (0.5, 0.4, 0.25), np.roll(tape, 28, 1)), 0.06)}
    wood = _wood(generator, int(generator.integers(3, 6)))
    rail = 0.55 * np.asarray(wood.mean((0, 1)))
    return {"body": Paint(mixed(wood, rail, frame(OBJECT_TEXTURE, 0.1)).astype(np.float32))}


def _barrel(generator: Generator) -> Paints:
    colour, gloss = _pick(generator, _bright(generator), (0.02, 0.1, 0.35), (0.5, 0.05, 0.03)), 0.5
    if generator.random() < 0.4:
        bands = stripes(OBJECT_TEXTURE, generator.uniform(1.5, 2.5), share=0.4)
        return {
            "body": _worn(generator, mixed(colour, _white(generator), bands), 0.12, gloss),
            "trim": _worn(generator, colour),
        }
    return {
        "body": _worn(generator, colour, 0.2, gloss),
        "trim": _worn(generator, _pick(generator, colour, _dark(generator))),
    }


def _tyres(generator: Generator) -> Paints:
    rubber = drawn_colour(generator, ANY_HUE, (0.0, 0.15), (0.14, 0.26))
    tread = columns(OBJECT_TEXTURE, 20)
    if generator.random() < 0.25:
        rubber = _pick(generator, _white(generator), (0.5, 0.04, 0.03))
    return {"body": _worn(generator, mixed(rubber, 0.6 * np.asarray(rubber), tread), 0.15)}


def _barrier(generator: Generator) -> Paints:
    red = _pick(generator, (0.55, 0.02, 0.02), (0.8, 0.2, 0.02))
    bars = stripes(OBJECT_TEXTURE, 0.8, slant=float(generator.choice([-1, 1])) * generator.uniform(2.5, 4.5))
    return {
        "body": _worn(generator, mixed(_white(generator), red, bars), 0.06),
        "trim": _worn(generator, _dark(generator)),
    }


def _ball(generator: Generator) -> Paints:
    first, second = _bright(generator), _pick(generator, _white(generator), _bright(generator))
    segments = int(generator.integers(2, 5))
    patterns = (
        columns(OBJECT_TEXTURE, segments),
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
    pattern = generator.choice([0, 1]) * columns(OBJECT_TEXTURE, float(generator.integers(3, 6)))
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
