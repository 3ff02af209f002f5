"""The rules by which objects are placed: uniform over the places that the rules allow, by rejection.

The places of a world's objects, given everything else, are uniform over the arrangements in which every object stands
wholly in its kind's zone, between `MIN_DISTANCE_M` and `MAX_DISTANCE_M` from the camera, is seen whole and neither too
small nor too large, no two footprints come closer than `GAP_M`, and every object is seen to at least `MIN_VISIBLE` of
its outline. Directions are uniform. Footprints are circles round the base; outlines are convex hulls.
"""

from collections.abc import Sequence
from dataclasses import replace

import cv2
import numpy as np
from jaxtyping import Bool, Float

from situate.data.scenes.camera import Camera
from situate.data.scenes.ground import Ground
from situate.data.scenes.kinds import KINDS, Kind
from situate.data.scenes.things import Thing

MIN_DISTANCE_M, MAX_DISTANCE_M = 2.0, 12.0
MIN_HEIGHT_SHARE = 10 / 128
MAX_HEIGHT_SHARE = 0.6
MIN_VISIBLE = 0.65
GAP_M = 0.1
OUTLINE_SCALE = 2
ARRANGE_TRIES, PLACE_TRIES, DRAWS, LOOKS = 30, 20, 512, 24


def arrange(
    generator: np.random.Generator, camera: Camera, ground: Ground, kinds: Sequence[Kind]
) -> tuple[Thing, ...] | None:
    """Draw sizes and a joint arrangement of objects of these kinds; None if none was found."""
    sized = [draw_size(generator, kind) for kind in kinds]
    for _ in range(ARRANGE_TRIES):
        things = []
        for thing in sized:
            placed = place(generator, camera, ground, thing)
            if placed is None:
                return None
            things.append(placed)
        if not overlap(things) and visible_shares(camera, things).min() >= MIN_VISIBLE:
            return tuple(things)
    return None


def draw_size(generator: np.random.Generator, kind: Kind) -> Thing:
    """Draw an object of a kind, not yet placed."""
    height_m = float(generator.uniform(*kind.height_m))
    width_m = height_m * float(generator.uniform(*kind.width_per_height))
    return Thing(kind.name, height_m, width_m, 0.0, (0.0, 0.0), int(generator.integers(2**31)))


def place(generator: np.random.Generator, camera: Camera, ground: Ground, thing: Thing) -> Thing | None:
    """Draw a place and a direction as if the object were alone; None if the view has hardly any room for it."""
    half_view_m = np.tan(np.radians(camera.fov_deg) / 2) * MAX_DISTANCE_M
    for _ in range(PLACE_TRIES):
        places = generator.uniform((-half_view_m, 0), (half_view_m, MAX_DISTANCE_M), (DRAWS, 2))
        yaws = generator.uniform(0, 2 * np.pi, DRAWS)
        allowed = np.flatnonzero(is_allowed(camera, ground, thing, places))[:LOOKS]
        seen = allowed[is_well_seen(camera, thing.points_at_m(places[allowed], yaws[allowed]))]
        if len(seen):
            x, y = places[seen[0]]
            return replace(thing, position_m=(float(x), float(y)), yaw_rad=float(yaws[seen[0]]))
    return None


def is_allowed(
    camera: Camera, ground: Ground, thing: Thing, places_m: Float[np.ndarray, "k 2"]
) -> Bool[np.ndarray, " k"]:
    """Say at which places the footprint lies in the kind's zone, in range, with its centre in the picture."""
    distance_m = np.hypot(places_m[:, 0], places_m[:, 1])
    in_range = (distance_m >= MIN_DISTANCE_M) & (distance_m <= MAX_DISTANCE_M)
    in_zone = ground.is_inside(KINDS[thing.kind].zone, places_m, thing.footprint_radius_m)
    centre_px = camera.project(np.column_stack([places_m, np.zeros(len(places_m))]))
    size_px = np.array([camera.width_px, camera.height_px])
    return in_range & in_zone & ((centre_px > 0) & (centre_px < size_px)).all(1)


def is_well_seen(camera: Camera, points_m: Float[np.ndarray, "k n 3"]) -> Bool[np.ndarray, " k"]:
    """Say of k bodies which are whole in the picture and of a good height there."""
    num_bodies, num_points = points_m.shape[:2]
    points_px = camera.project(points_m.reshape(-1, 3)).reshape(num_bodies, num_points, 2)
    points_px = np.where(np.isnan(points_px), -np.inf, points_px)
    low, high = points_px.min(1), points_px.max(1)
    size_px = np.array([camera.width_px, camera.height_px])
    is_whole = ((low >= 1) & (high <= size_px - 1)).all(1)
    low_px, high_px = MIN_HEIGHT_SHARE * size_px.max(), MAX_HEIGHT_SHARE * camera.height_px
    seen_px = high[:, 1] - np.maximum(low[:, 1], -1)
    return is_whole & (seen_px >= low_px) & (seen_px <= high_px)


def overlap(things: Sequence[Thing]) -> bool:
    """Say whether the footprints of any two objects come closer than `GAP_M`."""
    places = np.array([thing.position_m for thing in things])
    radii = np.array([thing.footprint_radius_m for thing in things])
    apart = np.linalg.norm(places[:, None] - places[None], axis=-1)
    np.fill_diagonal(apart, np.inf)
    return bool((apart < radii[:, None] + radii[None] + GAP_M).any())


def visible_shares(camera: Camera, things: Sequence[Thing]) -> Float[np.ndarray, " n"]:
    """Return how much of each outline is not covered by the outlines of nearer objects."""
    shape = (camera.height_px * OUTLINE_SCALE, camera.width_px * OUTLINE_SCALE)
    covered, shares = np.zeros(shape, bool), np.ones(len(things))
    for index in np.argsort([np.hypot(*thing.position_m) for thing in things]):
        points_px = camera.project(things[index].placed_points_m) * OUTLINE_SCALE
        hull = cv2.convexHull(np.rint(points_px).astype(np.int32))
        outline = np.asarray(cv2.fillConvexPoly(np.zeros(shape, np.uint8), hull, (1,))) > 0
        shares[index] = 1 - float((outline & covered).sum()) / max(int(outline.sum()), 1)
        covered |= outline
    return shares
