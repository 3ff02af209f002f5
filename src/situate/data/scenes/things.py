"""One object of a world: its kind, size, place and direction, and the points that outline it."""

from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
from jaxtyping import Float

from situate.data.assets.body import load_body
from situate.data.assets.model import AssetBody, AssetModel
from situate.data.scenes.kinds import KINDS
from situate.data.scenes.materials import Paints, paint_kind
from situate.data.scenes.meshes import Mesh, moved
from situate.seeds import seed_for

CLEARANCE_M = 0.008
NUM_BODIES = 24
"""So many bodies of models are kept in memory; a world needs about ten."""

NUM_DIRECTIONS = 600
"""An outline of a model is the hull of its farthest points in so many directions; exact to about 0.5 % of its size."""


@dataclass(frozen=True)
class Thing:
    """One object: what it is, where it stands and how it is turned; `seed` draws its paint and its other light.

    Attributes:
        kind: Name of its kind.
        height_m: Its true height.
        width_m: Its width from left to right, seen from its front.
        yaw_rad: Turn round the z axis, counter-clockwise from above; at 0 its front looks towards -y.
        position_m: Where (x, y) the middle of its footprint is.
        seed: Of its paint and its other light.
        base_m: The z of what it stands on.
        model: The model of a catalogue that it is; None is a primitive.
        foot_share: How much of its width and depth stands on the ground; a tree's trunk is narrower than the tree.
    """

    kind: str
    height_m: float
    width_m: float
    yaw_rad: float
    position_m: tuple[float, float]
    seed: int
    base_m: float = 0.0
    model: AssetModel | None = None
    foot_share: float = 1.0

    def body(self) -> list[Mesh]:
        """Return the meshes, standing on z = 0 at the origin, not turned."""
        if self.model is None:
            return _primitive(self.kind, self.height_m, self.width_m)
        scale = self.height_m / self.model.height_m
        return [replace(mesh, vertices_m=mesh.vertices_m * np.float32(scale)) for mesh in _body(self.model).meshes]

    def placed_body(self) -> list[Mesh]:
        """Return the meshes where they stand in the world, a hair above the ground."""
        return [moved(mesh, self.yaw_rad, (*self.position_m, self.base_m + CLEARANCE_M)) for mesh in self.body()]

    def paints(self) -> Paints:
        """Return what its meshes are painted with, by slot."""
        if self.model is None:
            return paint_kind(self.kind, np.random.default_rng(seed_for(self.seed, "paint")))
        return _body(self.model).paints

    @property
    def points_m(self) -> Float[np.ndarray, "n 3"]:
        """Corners of the body, standing on z = 0 at the origin, not turned."""
        if self.model is None:
            return _corners(self.kind, self.height_m, self.width_m)
        return _farthest_points(self.model) * (self.height_m / self.model.height_m)

    @property
    def top_m(self) -> float:
        """The z of its highest point."""
        return self.base_m + self.height_m

    @property
    def footprint_m(self) -> Float[np.ndarray, "c 2"]:
        """Corners of the base seen from above, counter-clockwise, not turned; one corner where it is a circle."""
        if self.model is None:
            return np.zeros((1, 2))
        half_x, half_y = self.foot_share * self.width_m / 2, self.foot_share * self.depth_m / 2
        return np.array([(-half_x, -half_y), (half_x, -half_y), (half_x, half_y), (-half_x, half_y)])

    @property
    def footprint_margin_m(self) -> float:
        """How far the footprint reaches beyond its corners: the radius of a circle, 0 for a rectangle."""
        return self.footprint_radius_m if self.model is None else 0.0

    @property
    def depth_m(self) -> float:
        """Its depth from front to back."""
        if self.model is None:
            return float(np.ptp(self.points_m[:, 1]))
        return self.model.depth_m * self.height_m / self.model.height_m

    @property
    def footprint_radius_m(self) -> float:
        """Radius of the smallest circle round the axis that holds the body seen from above."""
        if self.model is None:
            return _radius(self.kind, self.height_m, self.width_m)
        return float(np.hypot(self.width_m, self.depth_m) / 2)

    def points_at_m(
        self,
        places_m: Float[np.ndarray, "k 2"],
        yaws_rad: Float[np.ndarray, " k"],
        bases_m: Float[np.ndarray, " k"] | None = None,
    ) -> Float[np.ndarray, "k n 3"]:
        """Return the corners of the body as if it stood at each of k places, turned by each of k angles.

        `bases_m` are the heights of what it would stand on; by default it stays at its own.
        """
        x, y, z = self.points_m.T
        placed = _turned(np.stack([x, y], 1), places_m, yaws_rad)
        base = np.full(len(places_m), self.base_m) if bases_m is None else bases_m
        height = base[:, None] + z + CLEARANCE_M
        return np.concatenate([placed, height[..., None]], 2)

    def footprint_at_m(
        self, places_m: Float[np.ndarray, "k 2"], yaws_rad: Float[np.ndarray, " k"]
    ) -> Float[np.ndarray, "k c 2"]:
        """Return the corners of the footprint as if it stood at each of k places, turned by each of k angles."""
        return _turned(self.footprint_m, places_m, yaws_rad)

    @property
    def placed_points_m(self) -> Float[np.ndarray, "n 3"]:
        """Corners of the body where it stands in the world."""
        return self.points_at_m(np.array([self.position_m]), np.array([self.yaw_rad]))[0]

    @property
    def placed_footprint_m(self) -> Float[np.ndarray, "c 2"]:
        """Corners of the footprint where it stands in the world."""
        return self.footprint_at_m(np.array([self.position_m]), np.array([self.yaw_rad]))[0]


def _turned(points: np.ndarray, places_m: np.ndarray, yaws_rad: np.ndarray) -> np.ndarray:
    cos, sin = np.cos(yaws_rad)[:, None], np.sin(yaws_rad)[:, None]
    x, y = points.T
    return np.stack([cos * x - sin * y + places_m[:, :1], sin * x + cos * y + places_m[:, 1:]], -1)


@lru_cache(maxsize=NUM_BODIES)
def _body(model: AssetModel) -> AssetBody:
    return load_body(model)


def _primitive(kind: str, height_m: float, width_m: float) -> list[Mesh]:
    body = KINDS[kind].body
    assert body is not None, f"{kind} is played by models"
    return list(body(height_m, width_m))


@lru_cache(maxsize=64)
def _corners(kind: str, height_m: float, width_m: float) -> np.ndarray:
    vertices = np.concatenate([mesh.vertices_m for mesh in _primitive(kind, height_m, width_m)])
    return np.unique(vertices.round(4), axis=0).astype(np.float64)


@lru_cache(maxsize=64)
def _radius(kind: str, height_m: float, width_m: float) -> float:
    corners = _corners(kind, height_m, width_m)
    return float(np.hypot(corners[:, 0], corners[:, 1]).max())


@lru_cache(maxsize=1024)
def _farthest_points(model: AssetModel) -> np.ndarray:
    vertices = np.concatenate([mesh.vertices_m for mesh in _body(model).meshes]).astype(np.float64)
    # A spiral of directions that covers the sphere evenly (Fibonacci lattice).
    step = np.arange(NUM_DIRECTIONS)
    height = 1 - (2 * step + 1) / NUM_DIRECTIONS
    turn = step * np.pi * (3 - np.sqrt(5))
    around = np.sqrt(1 - height**2)
    directions = np.stack([around * np.cos(turn), around * np.sin(turn), height])
    found = [int((vertices @ directions[:, index]).argmax()) for index in range(NUM_DIRECTIONS)]
    return vertices[np.unique(found)]
