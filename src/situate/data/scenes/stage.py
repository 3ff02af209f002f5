"""What a world's objects stand on and before: surfaces and blocks as meshes, with the paints of their slots."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from situate.data.scenes.ground import Ground, heading_vector
from situate.data.scenes.materials import Paint, Paints
from situate.data.scenes.meshes import Mesh, flat, moved, tiled_box
from situate.data.scenes.surfaces import SURFACE_PAINTS
from situate.data.scenes.walls import WALL_PAINTS
from situate.seeds import seed_for

LAYER_M = 0.0015
"""Each surface of the ground lies so far above the one before it, so that the later one is seen."""

STAGE_PAINTS = SURFACE_PAINTS | WALL_PAINTS


@dataclass(frozen=True)
class Block:
    """A box of the scenery.

    Attributes:
        slot: Its paint, with a number if a world has several of one sort.
        size_m: Along its own x, y and z.
        position_m: The middle of its base.
        yaw_rad: Turn round the z axis, counter-clockwise.
        tile_m: Width and height of one texture tile; the whole texture on every side without it.
    """

    slot: str
    size_m: tuple[float, float, float]
    position_m: tuple[float, float, float]
    yaw_rad: float = 0.0
    tile_m: tuple[float, float] | None = None

    def mesh(self) -> Mesh:
        """Return the box where it stands."""
        x, _, z = self.size_m
        return moved(tiled_box(self.size_m, self.tile_m or (x, z), self.slot), self.yaw_rad, self.position_m)


def stage_meshes(ground: Ground, blocks: Sequence[Block]) -> list[Mesh]:
    """Return everything of a world that has no model."""
    meshes = [block.mesh() for block in blocks]
    for layer, surface in enumerate(ground.surfaces):
        if surface.tile_m is not None:
            height_m, direction = surface.height_m + layer * LAYER_M, heading_vector(surface.heading_rad)
            meshes.append(flat(surface.polygon_m, height_m, surface.tile_m, direction, surface.slot))
    return meshes


def stage_paints(meshes: Sequence[Mesh], seed: int) -> Paints:
    """Draw the paints of these meshes, by slot; each has a seed of its own."""
    return {slot: _painted(slot, seed) for slot in dict.fromkeys(mesh.slot for mesh in meshes)}


def _painted(slot: str, seed: int) -> Paint:
    return STAGE_PAINTS[slot.rstrip("0123456789")](np.random.default_rng(seed_for(seed, "paint", slot)))
