"""What a world is before its objects: where the camera stands, what is around it, which kinds may come."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from situate.data.scenes.camera import Camera
from situate.data.scenes.cast import Cast
from situate.data.scenes.ground import Ground
from situate.data.scenes.light import Light
from situate.data.scenes.stage import Block
from situate.data.scenes.things import Thing


@dataclass(frozen=True)
class Plan:
    """A world without its objects; `props` are things that stay."""

    camera: Camera
    ground: Ground
    light: Light
    blocks: tuple[Block, ...] = ()
    props: tuple[Thing, ...] = ()


DrawPlan = Callable[[np.random.Generator, Cast, int, int], Plan | None]
"""Draws a plan for a picture of so many pixels (width, height); None where its fixed furniture finds no room."""
