"""The rules by which objects are placed: uniform over the places that the rules allow, by rejection.

The places and directions of a world's objects, given everything else, have the density of `turning.draw_yaws` times a
constant over the arrangements in which every object stands wholly in one surface of its kind's zones, suits its kind's
turn, stands within `Ground.distance_m` of the camera, is seen whole and neither too small nor too large, no two come
closer than `GAP_M`, and every object is seen to at least `MIN_VISIBLE` of its outline. Footprints are circles round the
base of primitives and rectangles of models; outlines are convex hulls. What is fixed counts as an object that has its
place.
"""

from collections.abc import Sequence
from dataclasses import replace

import cv2
import numpy as np
from jaxtyping import Bool, Float

from situate.data.scenes.camera import Camera
from situate.data.scenes.convex import gaps
from situate.data.scenes.ground import Ground
from situate.data.scenes.kinds import KINDS
from situate.data.scenes.rules import Kind
from situate.data.scenes.things import Thing
from situate.data.scenes.turning import draw_yaws, suits

MIN_DISTANCE_M, MAX_DISTANCE_M = 2.0, 12.0
MIN_HEIGHT_SHARE = 10 / 128
MAX_HEIGHT_SHARE = 0.6
MIN_VISIBLE = 0.65
GAP_M = 0.1
OUTLINE_SCALE = 2
ON_TOP_M = 0.02
"""A thing stands on another where its base is at most so far below the other's top."""

ARRANGE_TRIES, PLACE_TRIES, DRAWS, LOOKS = 30, 20, 512, 24


def arrange(
    generator: np.random.Generator, camera: Camera, ground: Ground, sized: Sequence[Thing], props: Sequence[Thing] = ()
) -> tuple[Thing, ...] | None:
    """Draw a joint arrangement of objects of these sizes among what is fixed; None if none was found.

    Every object is drawn free of what is fixed; an arrangement is given up as soon as two objects meet.
    """
    for _ in range(ARRANGE_TRIES):
        things: list[Thing] = []
        for thing in sized:
            placed = place(generator, camera, ground, thing, props)
            if placed is None:
                return None
            if any(_meet(placed, other) for other in things):
                break
            things.append(placed)
        if len(things) == len(sized) and is_visible(camera, things, props):
            return tuple(things)
    return None


def is_visible(camera: Camera, things: Sequence[Thing], props: Sequence[Thing] = ()) -> bool:
    """Say whether enough of every one of `things` is seen."""
    return bool((visible_shares(camera, [*things, *props])[: len(things)] >= MIN_VISIBLE).all())


def draw_size(generator: np.random.Generator, kind: Kind) -> Thing:
    """Draw a primitive object of a kind, not yet placed."""
    height_m = float(generator.uniform(*kind.height_m))
    width_m = height_m * float(generator.uniform(*kind.width_per_height))
    return Thing(kind.name, height_m, width_m, 0.0, (0.0, 0.0), int(generator.integers(2**31)))


def place(
    generator: np.random.Generator, camera: Camera, ground: Ground, thing: Thing, props: Sequence[Thing] = ()
) -> Thing | None:
    """Draw a place and a direction as if the object were alone with `props`; None if there is hardly any room."""
    kind = KINDS[thing.kind]
    low, high = _search_bounds_m(camera, ground, kind)
    if (low >= high).any():
        return None
    for _ in range(PLACE_TRIES):
        places = generator.uniform(low, high, (DRAWS, 2))
        yaws = draw_yaws(generator, ground, kind, DRAWS)
        allowed = np.flatnonzero(is_allowed(camera, ground, thing, places, yaws))
        bases = ground.heights_m(kind.zones, places[allowed])
        free = _is_free(thing, thing.footprint_at_m(places[allowed], yaws[allowed]), bases, props)
        allowed, bases = allowed[free][:LOOKS], bases[free][:LOOKS]
        seen = np.flatnonzero(is_well_seen(camera, thing.points_at_m(places[allowed], yaws[allowed], bases)))
        if len(seen):
            first = allowed[seen[0]]
            x, y = places[first]
            return replace(
                thing, position_m=(float(x), float(y)), yaw_rad=float(yaws[first]), base_m=float(bases[seen[0]])
            )
    return None


def _search_bounds_m(camera: Camera, ground: Ground, kind: Kind) -> tuple[np.ndarray, np.ndarray]:
    """Return the corners of a rectangle that holds every allowed place."""
    half_view_m = np.tan(np.radians(camera.fov_deg) / 2) * ground.distance_m[1]
    low, high = ground.bounds_m(kind.zones)
    return np.maximum(low, (-half_view_m, 0.0)), np.minimum(high, (half_view_m, ground.distance_m[1]))


def is_allowed(
    camera: Camera,
    ground: Ground,
    thing: Thing,
    places_m: Float[np.ndarray, "k 2"],
    yaws_rad: Float[np.ndarray, " k"] | None = None,
) -> Bool[np.ndarray, " k"]:
    """Say at which places the footprint lies in the kind's zones, in range, with its centre in the picture.

    `yaws_rad` are the directions it is turned to; by default its own.
    """
    kind = KINDS[thing.kind]
    yaws = np.full(len(places_m), thing.yaw_rad) if yaws_rad is None else yaws_rad
    distance_m = np.hypot(places_m[:, 0], places_m[:, 1])
    allowed = (distance_m >= ground.distance_m[0]) & (distance_m <= ground.distance_m[1])
    centre_px = camera.project(np.column_stack([places_m, ground.heights_m(kind.zones, places_m)]))
    size_px = np.array([camera.width_px, camera.height_px])
    allowed &= ((centre_px > 0) & (centre_px < size_px)).all(1)
    left = np.flatnonzero(allowed)
    outlines = thing.footprint_at_m(places_m[left], yaws[left])
    allowed[left] = ground.holds(kind.zones, outlines, thing.footprint_margin_m)
    allowed[left] &= suits(ground, kind, thing, places_m[left], yaws[left])
    return allowed


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
    """Say whether any two objects come closer than `GAP_M`, seen from above; one may stand on another."""
    return any(_meet(first, second) for index, first in enumerate(things) for second in things[:index])


def _is_free(thing: Thing, outlines_m: np.ndarray, bases_m: np.ndarray, props: Sequence[Thing]) -> np.ndarray:
    """Say which of its outlines, standing at these heights, keep `GAP_M` from everything fixed; as `_meet` does."""
    free = np.ones(len(outlines_m), bool)
    for prop in props:
        is_level = (bases_m < prop.top_m - ON_TOP_M) & (prop.base_m < bases_m + thing.height_m - ON_TOP_M)
        margin_m = thing.footprint_margin_m + prop.footprint_margin_m + GAP_M
        free &= ~is_level | (gaps(prop.placed_footprint_m, outlines_m) >= margin_m)
    return free


def _meet(first: Thing, second: Thing) -> bool:
    if first.base_m >= second.top_m - ON_TOP_M or second.base_m >= first.top_m - ON_TOP_M:
        return False
    reach_m = first.footprint_radius_m + second.footprint_radius_m + GAP_M
    if np.hypot(*np.subtract(first.position_m, second.position_m)) >= reach_m:
        return False
    apart_m = gaps(first.placed_footprint_m, second.placed_footprint_m[None])[0]
    return bool(apart_m < first.footprint_margin_m + second.footprint_margin_m + GAP_M)


def visible_shares(camera: Camera, things: Sequence[Thing]) -> Float[np.ndarray, " n"]:
    """Return how much of each outline is not covered by the outlines of nearer objects; what carries it never does."""
    shape = (camera.height_px * OUTLINE_SCALE, camera.width_px * OUTLINE_SCALE)
    outlines = [_outline(camera, thing, shape) for thing in things]
    distances_m = [float(np.hypot(*thing.position_m)) for thing in things]
    shares = np.ones(len(things))
    for index, thing in enumerate(things):
        covered = np.zeros(shape, bool)
        for other, nearer in enumerate(things):
            if distances_m[other] < distances_m[index] and thing.base_m < nearer.top_m - ON_TOP_M:
                covered |= outlines[other]
        shares[index] = 1 - float((outlines[index] & covered).sum()) / max(int(outlines[index].sum()), 1)
    return shares


def _outline(camera: Camera, thing: Thing, shape: tuple[int, int]) -> Bool[np.ndarray, "h w"]:
    points_px = camera.project(thing.placed_points_m) * OUTLINE_SCALE
    points_px = np.clip(points_px[~np.isnan(points_px).any(1)], -4 * max(shape), 4 * max(shape))
    if len(points_px) == 0:
        return np.zeros(shape, bool)
    hull = cv2.convexHull(np.rint(points_px).astype(np.int32))
    return np.asarray(cv2.fillConvexPoly(np.zeros(shape, np.uint8), hull, (1,))) > 0
