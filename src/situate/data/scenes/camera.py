"""A pinhole camera that stands on the ground and looks along +y, a little down or up."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

MIN_DEPTH_M = 0.05
MIN_SLOPE_RAD = 0.02


@dataclass(frozen=True)
class Camera:
    """Where the camera is and what it sees; it stands over the origin, x is right, z is up.

    Attributes:
        height_m: Of the eye above the ground.
        pitch_rad: Angle of the view below the horizon.
        fov_deg: Angle of view along the longer side of the picture.
        width_px: Columns of the picture.
        height_px: Rows of the picture.
    """

    height_m: float
    pitch_rad: float
    fov_deg: float
    width_px: int
    height_px: int

    @property
    def focal_px(self) -> float:
        """Focal length in pixels of the picture."""
        return max(self.width_px, self.height_px) / 2 / float(np.tan(np.radians(self.fov_deg) / 2))

    @property
    def forward(self) -> tuple[float, float, float]:
        """Unit vector of the view."""
        return 0.0, float(np.cos(self.pitch_rad)), -float(np.sin(self.pitch_rad))

    def project(self, points_m: Float[np.ndarray, "n 3"]) -> Float[np.ndarray, "n 2"]:
        """Return where points of the world appear, in pixels from the top left; NaN behind the camera."""
        x, y, z = points_m[:, 0], points_m[:, 1], points_m[:, 2] - self.height_m
        cos, sin = np.cos(self.pitch_rad), np.sin(self.pitch_rad)
        depth = y * cos - z * sin
        depth = np.where(depth > MIN_DEPTH_M, depth, np.nan)
        column = self.width_px / 2 + self.focal_px * x / depth
        row = self.height_px / 2 - self.focal_px * (y * sin + z * cos) / depth
        return np.stack([column, row], 1)

    def unproject(self, points_px: Float[np.ndarray, "n 2"], height_m: float = 0.0) -> Float[np.ndarray, "n 2"]:
        """Return where (x, y) the rays through pixels meet the level `height_m`; NaN where they never do."""
        cos, sin = np.cos(self.pitch_rad), np.sin(self.pitch_rad)
        across = (points_px[:, 0] - self.width_px / 2) / self.focal_px
        down = (points_px[:, 1] - self.height_px / 2) / self.focal_px
        fall = sin + down * cos
        reach = np.divide(self.height_m - height_m, fall, out=np.full(len(fall), np.nan), where=fall != 0)
        reach = np.where(reach > 0, reach, np.nan)
        return np.stack([across * reach, (cos - down * sin) * reach], 1)


@dataclass(frozen=True)
class CameraRanges:
    """What a world's camera is drawn from, each uniformly.

    Attributes:
        height_m: Of the eye above the ground.
        fov_deg: Angle of view along the longer side.
        horizon: How far the horizon lies below the top of the picture, as a share of its height; negative is above it.
    """

    height_m: tuple[float, float] = (1.2, 4.0)
    fov_deg: tuple[float, float] = (38.0, 58.0)
    horizon: tuple[float, float] = (0.08, 0.36)


MEADOW_CAMERA = CameraRanges()


def draw_camera(
    generator: np.random.Generator, width_px: int, height_px: int, ranges: CameraRanges = MEADOW_CAMERA
) -> Camera:
    """Draw a camera."""
    height_m = float(generator.uniform(*ranges.height_m))
    fov_deg = float(generator.uniform(*ranges.fov_deg))
    level = Camera(height_m, 0.0, fov_deg, width_px, height_px)
    horizon = generator.uniform(*ranges.horizon)
    pitch_rad = float(np.arctan((0.5 - horizon) * height_px / level.focal_px))
    return Camera(height_m, pitch_rad, fov_deg, width_px, height_px)


def seen_from(camera: Camera, point_m: Float[np.ndarray, " 3"], lift_rad: float, margin_px: int) -> Camera:
    """Return a camera that sees `point_m` at the same pixel and distance on the ground, but from a steeper angle.

    It stands higher or lower by what changes its pitch by `lift_rad`; its picture has `margin_px` more on every side.
    """
    distance_m = float(np.hypot(point_m[0], point_m[1]))
    slope = np.arctan2(camera.height_m - point_m[2], distance_m)
    height_m = float(point_m[2] + distance_m * np.tan(max(slope + lift_rad, MIN_SLOPE_RAD)))
    width_px, height_px = camera.width_px + 2 * margin_px, camera.height_px + 2 * margin_px
    fov_deg = float(np.degrees(2 * np.arctan(max(width_px, height_px) / 2 / camera.focal_px)))
    return Camera(height_m, camera.pitch_rad + lift_rad, fov_deg, width_px, height_px)
