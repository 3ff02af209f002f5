"""A pinhole camera that stands on the ground and looks along +y, a little down or up."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

MIN_DEPTH_M = 0.05


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


def draw_camera(generator: np.random.Generator, width_px: int, height_px: int) -> Camera:
    """Draw a camera: 1.2 to 4 m high, 38 to 58 degrees wide, the horizon 8 to 36 % below the top of the picture."""
    height_m = float(generator.uniform(1.2, 4.0))
    fov_deg = float(generator.uniform(38, 58))
    level = Camera(height_m, 0.0, fov_deg, width_px, height_px)
    horizon = generator.uniform(0.08, 0.36)
    pitch_rad = float(np.arctan((0.5 - horizon) * height_px / level.focal_px))
    return Camera(height_m, pitch_rad, fov_deg, width_px, height_px)
