"""Where a body stands and where it is seen: from poses to boxes, and back from the anchors of boxes to poses.

Pictures are measured in pixels from the top left; the world in metres, the camera over the origin, z up.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Bool, Float

from situate.data.scenes.camera import MIN_DEPTH_M, Camera
from situate.data.scenes.things import Thing

MAX_STEPS = 40
CLOSE_PX, SAME_PX = 1e-6, 0.05
"""Poses are improved until they are close, and count as found if their anchors are the same to the eye."""
STEP_PX, LONGEST_MOVE_PX = 1e-4, 40.0
FLAT = 1e-9
CHUNK = 2048


@dataclass(frozen=True)
class Poses:
    """k ways in which one thing could stand.

    Attributes:
        places_m: Where the middle of its footprint is; NaN where there is no ground.
        yaws_rad: How it is turned.
        bases_m: The z of what it stands on.
    """

    places_m: Float[np.ndarray, "k 2"]
    yaws_rad: Float[np.ndarray, " k"]
    bases_m: Float[np.ndarray, " k"]

    def __len__(self) -> int:
        """How many."""
        return len(self.places_m)

    def __getitem__(self, chosen: np.ndarray) -> "Poses":
        """Some of them, by index or mask."""
        return Poses(self.places_m[chosen], self.yaws_rad[chosen], self.bases_m[chosen])

    def thing_at(self, thing: Thing, index: int) -> Thing:
        """The thing standing in one of these ways."""
        x, y = (float(value) for value in self.places_m[index])
        return replace(thing, position_m=(x, y), yaw_rad=float(self.yaws_rad[index]), base_m=float(self.bases_m[index]))


YawsAt = Callable[[Float[np.ndarray, "k 2"]], Float[np.ndarray, " k"]]
"""How the thing is turned at each place."""


def pose_of(thing: Thing) -> Poses:
    """The one pose in which a placed thing stands."""
    return Poses(np.array([thing.position_m]), np.array([thing.yaw_rad]), np.array([thing.base_m]))


def ground_under(
    camera: Camera, points_px: Float[np.ndarray, "k 2"], base_m: float
) -> tuple[Float[np.ndarray, "k 2"], Float[np.ndarray, " k"]]:
    """Return which points of the plane z = `base_m` are seen at pixels, and how many m^2 of it a pixel shows there.

    The latter is the Jacobian from picture to ground: with f the focal length in pixels, H the height of the eye above
    the plane and t the depth of the point, it is t^3 / (H f^2). Both are NaN where no such ground is seen.
    """
    eye_m = camera.height_m - base_m
    across = (points_px[:, 0] - camera.width_px / 2) / camera.focal_px
    down = (points_px[:, 1] - camera.height_px / 2) / camera.focal_px
    cos, sin = np.cos(camera.pitch_rad), np.sin(camera.pitch_rad)
    sinking = sin + down * cos
    with np.errstate(divide="ignore", invalid="ignore"):
        depth_m = eye_m / sinking
        is_seen = (sinking > 0) & (depth_m > MIN_DEPTH_M) & (eye_m > 0)
        depth_m = np.where(is_seen, depth_m, np.nan)
        places_m = np.stack([depth_m * across, depth_m * (cos - down * sin)], 1)
        return places_m, depth_m**3 / (eye_m * camera.focal_px**2)


def outlines_px(camera: Camera, thing: Thing, poses: Poses) -> Float[np.ndarray, "k n 2"]:
    """Return where the corners of the body appear; NaN behind the camera."""
    points_m = thing.points_at_m(poses.places_m, poses.yaws_rad, poses.bases_m)
    return camera.project(points_m.reshape(-1, 3)).reshape(len(poses), -1, 2)


def boxes_px(camera: Camera, thing: Thing, poses: Poses) -> Float[np.ndarray, "k 4"]:
    """Return the boxes (left, top, right, bottom) round the body; NaN where any of it lies behind the camera."""
    boxes = np.full((len(poses), 4), np.nan)
    for start in range(0, len(poses), CHUNK):
        part = np.arange(start, min(start + CHUNK, len(poses)))
        outlines = outlines_px(camera, thing, poses[part])
        boxes[part] = np.concatenate([outlines.min(1), outlines.max(1)], 1)
    return boxes


def anchors_of(boxes: Float[np.ndarray, "k 4"]) -> Float[np.ndarray, "k 2"]:
    """Return the bottom centres of boxes given by their corners."""
    return np.stack([(boxes[:, 0] + boxes[:, 2]) / 2, boxes[:, 3]], 1)


def fractions_of(camera: Camera, boxes: Float[np.ndarray, "k 4"]) -> Float[np.ndarray, "k 4"]:
    """Turn boxes (left, top, right, bottom) in pixels into centres and sizes as fractions of the picture."""
    low, high = boxes[:, :2], boxes[:, 2:]
    size = np.array([camera.width_px, camera.height_px])
    return np.concatenate([(low + high) / 2 / size, (high - low) / size], 1)


def poses_at(
    camera: Camera, thing: Thing, anchors_px: Float[np.ndarray, "k 2"], base_m: float, yaws_at: YawsAt
) -> tuple[Poses, Bool[np.ndarray, " k"]]:
    """Find how the thing must stand on the plane z = `base_m` so that its box has these anchors.

    The middle of the footprint is seen a little above the anchor; by how much depends on where it stands. Newton's
    method finds it, with differences for derivatives.

    Returns:
        Poses, and which of them were found; the others are above the horizon or before the lens.
    """
    bases = np.full(len(anchors_px), base_m)

    def stand(contacts_px: Float[np.ndarray, "k 2"]) -> tuple[Poses, Float[np.ndarray, "k 2"]]:
        places_m = ground_under(camera, contacts_px, base_m)[0]
        poses = Poses(places_m, yaws_at(places_m), bases)
        return poses, anchors_of(boxes_px(camera, thing, poses))

    contacts_px = anchors_px.copy()
    poses, seen_px = stand(contacts_px)
    for _ in range(MAX_STEPS):
        missing_px = anchors_px - seen_px
        is_hopeless = np.isnan(poses.places_m[:, 0])
        if ((np.hypot(*missing_px.T) <= CLOSE_PX) | is_hopeless).all():
            break
        slopes = [(stand(contacts_px + shift)[1] - seen_px) / STEP_PX for shift in np.eye(2) * STEP_PX]
        moves_px = _solved(np.stack(slopes, 2), missing_px)
        contacts_px = np.where(np.isfinite(moves_px), contacts_px + moves_px, _farther(camera, contacts_px))
        poses, seen_px = stand(contacts_px)
    return poses, np.hypot(*(anchors_px - seen_px).T) < SAME_PX


def _solved(slopes: Float[np.ndarray, "k 2 2"], missing_px: Float[np.ndarray, "k 2"]) -> Float[np.ndarray, "k 2"]:
    """Return the moves that close what is missing, not longer than `LONGEST_MOVE_PX`; NaN where there is no slope."""
    (xx, xy), (yx, yy) = slopes.transpose(1, 2, 0)
    determinant = xx * yy - xy * yx
    determinant = np.where(np.abs(determinant) > FLAT, determinant, np.nan)
    x, y = missing_px.T
    moves = np.stack([(yy * x - xy * y) / determinant, (xx * y - yx * x) / determinant], 1)
    length = np.hypot(*moves.T)[:, None]
    return moves * np.minimum(1, LONGEST_MOVE_PX / np.maximum(length, CLOSE_PX))


def _farther(camera: Camera, contacts_px: Float[np.ndarray, "k 2"]) -> Float[np.ndarray, "k 2"]:
    """Move contacts a quarter of the way to the horizon: the body was before the lens."""
    horizon_px = camera.height_px / 2 - camera.focal_px * np.tan(camera.pitch_rad)
    columns, rows = contacts_px.T
    return np.stack([columns, rows - (rows - horizon_px) / 4], 1)
