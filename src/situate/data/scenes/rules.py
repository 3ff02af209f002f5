"""What a kind is: where it may stand, how it may be turned, and what it looks like."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

from situate.data.scenes.meshes import Mesh

Zone = str
"""Name of a part of the world that kinds may stand on, such as "road" or "table"."""

Turn = Literal["any", "along", "wall", "road"]
"""any way round; along the road, either way; its back to a wall; its front to the road. See `turning.py`."""

Body = Callable[[float, float], Sequence[Mesh]]


@dataclass(frozen=True)
class Kind:
    """One kind of object and its rules; it is either a primitive with a `body`, or played by `models` of a catalogue.

    Attributes:
        name: Class name of the triple.
        zones: What it may stand on.
        turn: How it may be turned.
        models: Names of catalogue models, the last part of their key.
        body: Makes the meshes for a height and a width in metres, standing on z = 0.
        height_m: Range of heights of a primitive, drawn uniformly.
        width_per_height: Range of a primitive's width divided by its height, drawn uniformly.
        share: How often it comes, compared with the other kinds of a world.
    """

    name: str
    zones: tuple[Zone, ...]
    turn: Turn = "any"
    models: tuple[str, ...] = ()
    body: Body | None = None
    height_m: tuple[float, float] = (0.0, 0.0)
    width_per_height: tuple[float, float] = (1.0, 1.0)
    share: float = 1.0
