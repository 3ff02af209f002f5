"""One object of a world: its kind, size, place and direction, and the points that outline it."""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from jaxtyping import Float

from situate.data.scenes.kinds import KINDS
from situate.data.scenes.meshes import Mesh, moved

CLEARANCE_M = 0.008


@dataclass(frozen=True)
class Thing:
    """One object: what it is, where it stands and how it is turned; `seed` draws its paint and its other light."""

    kind: str
    height_m: float
    width_m: float
    yaw_rad: float
    position_m: tuple[float, float]
    seed: int

    def body(self) -> list[Mesh]:
        """Return the meshes, standing on z = 0 at the origin, not turned."""
        return list(KINDS[self.kind].body(self.height_m, self.width_m))

    def placed_body(self) -> list[Mesh]:
        """Return the meshes where they stand in the world, a hair above the ground."""
        return [moved(mesh, self.yaw_rad, (*self.position_m, CLEARANCE_M)) for mesh in self.body()]

    @property
    def points_m(self) -> Float[np.ndarray, "n 3"]:
        """Corners of the body, standing on z = 0 at the origin, not turned."""
        return _corners(self.kind, self.height_m, self.width_m)

    @property
    def footprint_radius_m(self) -> float:
        """Radius of the smallest circle round the axis that holds the body seen from above."""
        return _radius(self.kind, self.height_m, self.width_m)

    def points_at_m(
        self, places_m: Float[np.ndarray, "k 2"], yaws_rad: Float[np.ndarray, " k"]
    ) -> Float[np.ndarray, "k n 3"]:
        """Return the corners of the body as if it stood at each of k places, turned by each of k angles."""
        cos, sin = np.cos(yaws_rad)[:, None], np.sin(yaws_rad)[:, None]
        x, y, z = self.points_m.T
        placed_x = cos * x - sin * y + places_m[:, :1]
        placed_y = sin * x + cos * y + places_m[:, 1:]
        return np.stack([placed_x, placed_y, np.broadcast_to(z + CLEARANCE_M, placed_x.shape)], -1)

    @property
    def placed_points_m(self) -> Float[np.ndarray, "n 3"]:
        """Corners of the body where it stands in the world."""
        return self.points_at_m(np.array([self.position_m]), np.array([self.yaw_rad]))[0]


@lru_cache(maxsize=64)
def _corners(kind: str, height_m: float, width_m: float) -> np.ndarray:
    vertices = np.concatenate([mesh.vertices_m for mesh in KINDS[kind].body(height_m, width_m)])
    return np.unique(vertices.round(4), axis=0).astype(np.float64)


@lru_cache(maxsize=64)
def _radius(kind: str, height_m: float, width_m: float) -> float:
    corners = _corners(kind, height_m, width_m)
    return float(np.hypot(corners[:, 0], corners[:, 1]).max())
