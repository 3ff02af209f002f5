"""Worlds drawn from a known distribution: camera, ground, light and objects that obey the rules of their kinds."""

from collections import Counter
from dataclasses import dataclass
from typing import Literal

import numpy as np

from situate.data.scenes.camera import Camera
from situate.data.scenes.cast import Cast
from situate.data.scenes.catalogue import CARRIERS
from situate.data.scenes.ground import Ground
from situate.data.scenes.kinds import KINDS
from situate.data.scenes.light import Light
from situate.data.scenes.meadow import draw_meadow
from situate.data.scenes.placing import arrange, draw_size
from situate.data.scenes.plan import DrawPlan
from situate.data.scenes.room import draw_room
from situate.data.scenes.rules import Kind
from situate.data.scenes.stage import Block
from situate.data.scenes.street import draw_street
from situate.data.scenes.things import Thing
from situate.data.scenes.yard import draw_yard
from situate.errors import DataError

NUM_OBJECTS = (3, 6)
MAX_REDRAWS = 2000
ASPECTS = ((4, 3), (4, 3), (4, 3), (4, 3), (1, 1), (3, 4), (16, 9))

Setting = Literal["primitives", "street", "yard", "room"]
PLANS: dict[Setting, DrawPlan] = {
    "primitives": draw_meadow,
    "street": draw_street,
    "yard": draw_yard,
    "room": draw_room,
}


@dataclass(frozen=True)
class World:
    """All that is needed to render one scene; `seed` draws the paints of ground and scenery, and the samples.

    Attributes:
        camera: Of the background and the composite.
        ground: What things stand on.
        light: What shines, and how the camera develops it.
        things: The objects that can be taken away.
        seed: Of paints and samples.
        props: Fixed things.
        blocks: Fixed scenery.
        setting: Which of the worlds it is.
    """

    camera: Camera
    ground: Ground
    light: Light
    things: tuple[Thing, ...]
    seed: int
    props: tuple[Thing, ...] = ()
    blocks: tuple[Block, ...] = ()
    setting: Setting = "primitives"


def draw_world(
    generator: np.random.Generator,
    size_px: int,
    setting: Setting = "primitives",
    cast: Cast | None = None,
    redrawn: Counter[str] | None = None,
) -> World:
    """Draw a world whose picture has `size_px` pixels along its longer side.

    A plan, a choice of kinds or sizes for which there is no room is drawn again, and counted in `redrawn`.

    Raises:
        DataError: If the cast has nothing that may stand in such a world, or only what never fits.
    """
    width_px, height_px = _picture_size(generator, size_px)
    seed = int(generator.integers(2**31))
    cast = cast or Cast()
    for _ in range(MAX_REDRAWS):
        plan = PLANS[setting](generator, cast, width_px, height_px)
        if plan is not None:
            sized = _draw_sizes(generator, setting, cast, plan.ground)
            things = arrange(generator, plan.camera, plan.ground, sized, plan.props)
            if things is not None:
                return World(plan.camera, plan.ground, plan.light, things, seed, plan.props, plan.blocks, setting)
        if redrawn is not None:
            redrawn[setting] += 1
    raise DataError(
        f"no world {setting!r} was found in {MAX_REDRAWS} draws; let --assets hold models of more kinds for it"
    )


def kinds_of(setting: Setting, cast: Cast, ground: Ground) -> list[Kind]:
    """Return the kinds that may come: their zones are there and somebody can play them."""
    is_fixed = {kind.name for kind in CARRIERS}
    return [
        kind
        for name, kind in KINDS.items()
        if set(kind.zones) & set(ground.zones)
        and (kind.body is not None if setting == "primitives" else name in cast.by_kind and name not in is_fixed)
    ]


def _draw_sizes(generator: np.random.Generator, setting: Setting, cast: Cast, ground: Ground) -> list[Thing]:
    kinds = kinds_of(setting, cast, ground)
    if not kinds:
        raise DataError(f"no model may stand in a world {setting!r}; name its kind in models.csv, see docs/scenes.md")
    num_objects = int(generator.integers(NUM_OBJECTS[0], NUM_OBJECTS[1] + 1))
    shares = np.array([kind.share for kind in kinds])
    chosen = [kinds[int(index)] for index in generator.choice(len(kinds), num_objects, p=shares / shares.sum())]
    return [draw_size(generator, kind) if kind.body is not None else cast.draw(generator, kind.name) for kind in chosen]


def _picture_size(generator: np.random.Generator, size_px: int) -> tuple[int, int]:
    width, height = ASPECTS[int(generator.integers(len(ASPECTS)))]
    longest = max(width, height)
    return round(size_px * width / longest), round(size_px * height / longest)
