"""The other things of a world: do they leave room for one more, and can everything still be seen?"""

from dataclasses import dataclass

import cv2
import numpy as np
from jaxtyping import Bool, Float, Int, Int32

from situate.data.places.poses import CHUNK, Poses, outlines_px, pose_of
from situate.data.scenes.camera import Camera
from situate.data.scenes.convex import gaps
from situate.data.scenes.placing import ON_TOP_M, OUTLINE_SCALE
from situate.data.scenes.things import Thing
from situate.data.scenes.world import World


@dataclass(frozen=True)
class _Body:
    """One of the others as the camera sees it; outlines are `OUTLINE_SCALE` times the picture's size.

    Attributes:
        thing: It.
        is_watched: Whether enough of it must be seen; what is fixed in a world may be hidden.
        outline: Its outline.
        free: The part of it that none of the others covers.
        corners: Its extent: left, top, right, bottom, the last two inclusive.
    """

    thing: Thing
    is_watched: bool
    outline: Bool[np.ndarray, "h w"]
    free: Bool[np.ndarray, "h w"]
    corners: Int[np.ndarray, " 4"]


class Company:
    """Everything in a world but one thing."""

    def __init__(self, world: World, index: int) -> None:
        """Look at the others of thing number `index`."""
        self._camera = world.camera
        others = [thing for number, thing in enumerate(world.things) if number != index]
        bodies = [*others, *world.props]
        hulls = [_hull(world.camera, outlines_px(world.camera, body, pose_of(body))[0]) for body in bodies]
        outlines = [self._outline(hull) for hull in hulls]
        self._bodies = [
            _Body(
                thing=body,
                is_watched=number < len(others),
                outline=outlines[number],
                free=outlines[number]
                & ~self._union([outlines[k] for k, nearer in enumerate(bodies) if _hides(nearer, body)]),
                corners=_corners(hulls[number]),
            )
            for number, body in enumerate(bodies)
        ]

    def leaves_room(self, thing: Thing, poses: Poses, gap_m: float) -> Bool[np.ndarray, " k"]:
        """Say where the footprint keeps `gap_m` from all others; one may stand on another."""
        footprints = thing.footprint_at_m(poses.places_m, poses.yaws_rad)
        is_free = np.ones(len(poses), bool)
        for other in (body.thing for body in self._bodies):
            apart_m = gaps(other.placed_footprint_m, footprints)
            is_near = apart_m < thing.footprint_margin_m + other.footprint_margin_m + gap_m
            tops_m = poses.bases_m + thing.height_m
            is_beside = (poses.bases_m < other.top_m - ON_TOP_M) & (other.base_m < tops_m - ON_TOP_M)
            is_free &= ~(is_near & is_beside)
        return is_free

    def visible_share(self, thing: Thing) -> float:
        """Return how much of the outline of a placed thing is inside the picture and not covered."""
        points_px = outlines_px(self._camera, thing, pose_of(thing))[0]
        outline = self._outline(_hull(self._camera, points_px))
        if not outline.any():
            return 0.0
        covered = self._union([body.outline for body in self._bodies if _hides(body.thing, thing)])
        return _inside_share(self._camera, points_px) * _share_left(outline, covered)

    def stays_visible(self, thing: Thing, poses: Poses, min_visible: float) -> Bool[np.ndarray, " k"]:
        """Say where this thing and all others would be seen to at least `min_visible` of their outlines.

        The poses must lie wholly inside the picture.
        """
        stays = np.ones(len(poses), bool)
        for start in range(0, len(poses), CHUNK):
            part = np.arange(start, min(start + CHUNK, len(poses)))
            points_px = outlines_px(self._camera, thing, poses[part])
            for number, points in zip(part, points_px, strict=True):
                stays[number] = self._is_seen(poses.thing_at(thing, int(number)), points, min_visible)
        return stays

    def _is_seen(self, placed: Thing, points_px: Float[np.ndarray, "n 2"], min_visible: float) -> bool:
        hull = _hull(self._camera, points_px)
        corners = _corners(hull)
        left, top, right, bottom = corners.tolist()
        near = [body for body in self._bodies if _meet(corners, body.corners)]
        if not near:
            return True
        # Only the rectangle round the thing can change.
        part = slice(top, bottom + 1), slice(left, right + 1)
        outline = _filled(hull - (left, top), (bottom + 1 - top, right + 1 - left))
        covered = np.zeros_like(outline)
        for body in near:
            if _hides(body.thing, placed):
                covered |= body.outline[part]
        if _share_left(outline, covered) < min_visible:
            return False
        return all(
            _num_left(body, part, outline) >= min_visible * max(int(body.outline.sum()), 1)
            for body in near
            if body.is_watched and _hides(placed, body.thing)
        )

    def _outline(self, hull: Int32[np.ndarray, "n 1 2"]) -> Bool[np.ndarray, "h w"]:
        return _filled(hull, (self._camera.height_px * OUTLINE_SCALE, self._camera.width_px * OUTLINE_SCALE))

    def _union(self, outlines: list[np.ndarray]) -> Bool[np.ndarray, "h w"]:
        union = np.zeros((self._camera.height_px * OUTLINE_SCALE, self._camera.width_px * OUTLINE_SCALE), bool)
        for outline in outlines:
            union |= outline
        return union


def _hull(camera: Camera, points_px: Float[np.ndarray, "n 2"]) -> Int32[np.ndarray, "m 1 2"]:
    """Return the convex hull of points of the picture, `OUTLINE_SCALE` times enlarged; empty behind the camera."""
    points = points_px[~np.isnan(points_px).any(1)] * OUTLINE_SCALE
    if len(points) == 0:
        return np.zeros((0, 1, 2), np.int32)
    reach = 4 * OUTLINE_SCALE * max(camera.width_px, camera.height_px)
    return np.asarray(cv2.convexHull(np.rint(np.clip(points, -reach, reach)).astype(np.int32)), np.int32)


def _filled(hull: np.ndarray, shape: tuple[int, int]) -> Bool[np.ndarray, "h w"]:
    canvas = np.zeros(shape, np.uint8)
    return np.asarray(cv2.fillConvexPoly(canvas, hull.astype(np.int32), (1,))) > 0 if len(hull) else canvas > 0


def _corners(hull: np.ndarray) -> Int[np.ndarray, " 4"]:
    if len(hull) == 0:
        return np.array([0, 0, -1, -1])
    return np.concatenate([hull[:, 0].min(0), hull[:, 0].max(0)])


def _meet(first: np.ndarray, second: np.ndarray) -> bool:
    return bool((first[:2] <= second[2:]).all() and (second[:2] <= first[2:]).all())


def _hides(nearer: Thing, farther: Thing) -> bool:
    """Say whether a thing can stand before another; what carries something never covers it."""
    is_nearer = np.hypot(*nearer.position_m) < np.hypot(*farther.position_m)
    return bool(is_nearer) and farther.base_m < nearer.top_m - ON_TOP_M


def _share_left(outline: np.ndarray, covered: np.ndarray) -> float:
    return 1 - float((outline & covered).sum()) / max(int(outline.sum()), 1)


def _num_left(body: _Body, part: tuple[slice, slice], outline: np.ndarray) -> int:
    return int(body.free.sum()) - int((body.free[part] & outline).sum())


def _inside_share(camera: Camera, points_px: np.ndarray) -> float:
    hull = cv2.convexHull(points_px[~np.isnan(points_px).any(1)].astype(np.float32))
    corners = [(0, 0), (camera.width_px, 0), (camera.width_px, camera.height_px), (0, camera.height_px)]
    area = cv2.contourArea(hull)
    if area <= 0:
        return 0.0
    inside = cv2.intersectConvexConvex(hull, np.array(corners, np.float32).reshape(-1, 1, 2))[0]
    return float(np.clip(inside / area, 0, 1))
