"""Nodes laid evenly over the picture, and the ground of one kind that is seen at each of them."""

from dataclasses import dataclass

import cv2
import numpy as np
from jaxtyping import Bool, Float

from situate.data.places.poses import ground_under
from situate.data.scenes.kinds import KINDS
from situate.data.scenes.world import World


@dataclass(frozen=True)
class Lattice:
    """Places on the ground that are seen at nodes, and where the middle of a footprint may be at all.

    A pixel where surfaces are seen behind one another (a table over a floor) has a node on each.

    Attributes:
        points_px: Where they are seen.
        places_m: Where they are.
        bases_m: The z of the surfaces that they are on.
        area_m2: How much ground a pixel shows there.
        node_px: How many pixels a node is wide and high.
    """

    points_px: Float[np.ndarray, "k 2"]
    places_m: Float[np.ndarray, "k 2"]
    bases_m: Float[np.ndarray, " k"]
    area_m2: Float[np.ndarray, " k"]
    node_px: tuple[float, float]


def lattice_of(world: World, kind: str, nodes_per_side: int, *, with_border: bool = False) -> Lattice:
    """Lay nodes over the picture and keep those where the middle of a kind's footprint may be at all.

    Args:
        world: It.
        kind: Decides the zones.
        nodes_per_side: So many nodes in a row, and so many rows.
        with_border: Keep the nodes round these, too: parts of them may see such ground.
    """
    camera = world.camera
    steps = (np.arange(nodes_per_side) + 0.5) / nodes_per_side
    columns, rows = np.meshgrid(steps * camera.width_px, steps * camera.height_px)
    points_px = np.stack([columns.ravel(), rows.ravel()], 1)
    parts = []
    for height_m in heights_of(world, kind):
        places_m, area_m2 = ground_under(camera, points_px, height_m)
        is_seen = np.isfinite(area_m2)
        is_kept = is_seen.copy()
        is_kept[is_seen] = is_ground(world, kind, places_m[is_seen], np.full(int(is_seen.sum()), height_m))
        if with_border:
            is_kept = _grown(is_kept.reshape(nodes_per_side, -1)).ravel() & is_seen
        seen = np.flatnonzero(is_kept)
        parts.append((points_px[seen], places_m[seen], np.full(len(seen), height_m), area_m2[seen]))
    points_px, places_m, bases_m, area_m2 = (np.concatenate(column) for column in zip(*parts, strict=True))
    node_px = camera.width_px / nodes_per_side, camera.height_px / nodes_per_side
    return Lattice(points_px, places_m, bases_m, area_m2, node_px)


def _grown(mask: Bool[np.ndarray, "h w"]) -> Bool[np.ndarray, "h w"]:
    return np.asarray(cv2.dilate(mask.astype(np.uint8), np.ones((3, 3), np.uint8))) > 0


def is_ground(
    world: World, kind: str, places_m: Float[np.ndarray, "k 2"], bases_m: Float[np.ndarray, " k"]
) -> Bool[np.ndarray, " k"]:
    """Say which places, on planes z = `bases_m`, are in range and on a surface of a kind's zones of that height."""
    zones, ground = KINDS[kind].zones, world.ground
    distance_m = np.hypot(places_m[:, 0], places_m[:, 1])
    is_on = (distance_m >= ground.distance_m[0]) & (distance_m <= ground.distance_m[1])
    is_on[is_on] = ground.heights_m(zones, places_m[is_on]) == bases_m[is_on]
    is_on[is_on] = ground.holds(zones, places_m[is_on][:, None], 0.0)
    return is_on


def heights_of(world: World, kind: str) -> list[float]:
    """Return the heights of the surfaces that a kind may stand on, the highest first; 0 if there is none."""
    zones = KINDS[kind].zones
    heights = {surface.height_m for surface in world.ground.surfaces if surface.zone in zones}
    return sorted(heights or {0.0}, reverse=True)
