"""The ground plan: flat surfaces, each of one zone; where surfaces of one height overlap, the later one is on top."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float

from situate.data.scenes.convex import depth_inside, gaps
from situate.data.scenes.rules import Zone

Point = tuple[float, float]


@dataclass(frozen=True)
class Surface:
    """A flat piece of the world.

    Attributes:
        zone: What it is; only zones named by a kind carry anything.
        corners_m: Convex polygon, counter-clockwise.
        height_m: Its z; a table top is a surface, too.
        tile_m: Size of one texture tile across and along `heading_rad`; none is not drawn, as a model's own top.
        heading_rad: Direction of the texture, clockwise from straight ahead; its origin is the first corner.
        paint: Its paint; named as the zone if empty.
    """

    zone: Zone
    corners_m: tuple[Point, ...]
    height_m: float = 0.0
    tile_m: tuple[float, float] | None = None
    heading_rad: float = 0.0
    paint: str = ""

    @property
    def slot(self) -> str:
        """Name of its paint."""
        return self.paint or self.zone

    @property
    def polygon_m(self) -> Float[np.ndarray, "m 2"]:
        """The corners as an array."""
        return np.array(self.corners_m)


@dataclass(frozen=True)
class Wall:
    """A wall along which things may stand: a point of its face and the direction it faces, clockwise from +y."""

    point_m: Point
    facing_rad: float

    @property
    def facing(self) -> Float[np.ndarray, " 2"]:
        """Unit vector away from the wall."""
        return heading_vector(self.facing_rad)


@dataclass(frozen=True)
class Ground:
    """What things may stand on, and what they turn to.

    Attributes:
        surfaces: From the bottom up.
        centre_m: A point (x, y) on the middle of the road; unused without one.
        heading_rad: Direction of the road, clockwise from straight ahead (+y).
        walls: Walls to stand at.
        distance_m: Nearest and farthest that anything stands from the camera.
    """

    surfaces: tuple[Surface, ...]
    centre_m: Point = (0.0, 0.0)
    heading_rad: float = 0.0
    walls: tuple[Wall, ...] = ()
    distance_m: tuple[float, float] = (2.0, 12.0)

    @property
    def direction(self) -> Float[np.ndarray, " 2"]:
        """Unit vector (x, y) along the road."""
        return heading_vector(self.heading_rad)

    @property
    def zones(self) -> tuple[Zone, ...]:
        """The zones that this ground has."""
        return tuple(dict.fromkeys(surface.zone for surface in self.surfaces))

    def is_inside(
        self, zone: Zone, points_m: Float[np.ndarray, "n 2"], radius_m: float = 0.0
    ) -> Bool[np.ndarray, " n"]:
        """Say which circles of `radius_m` round `points_m` lie wholly in one surface of `zone`."""
        return self.holds((zone,), points_m[:, None], radius_m)

    def holds(
        self, zones: Sequence[Zone], outlines_m: Float[np.ndarray, "k n 2"], radius_m: float = 0.0
    ) -> Bool[np.ndarray, " k"]:
        """Say which outlines, grown by `radius_m`, lie wholly in one surface of one of `zones`."""
        held = np.zeros(len(outlines_m), bool)
        for index, surface in enumerate(self.surfaces):
            if surface.zone not in zones:
                continue
            inside = depth_inside(surface.polygon_m, outlines_m) >= radius_m
            for cover in self.surfaces[index + 1 :]:
                if cover.zone not in zones and cover.height_m == surface.height_m and inside.any():
                    inside[inside] = gaps(cover.polygon_m, outlines_m[inside]) >= radius_m
            held |= inside
        return held

    def heights_m(self, zones: Sequence[Zone], points_m: Float[np.ndarray, "n 2"]) -> Float[np.ndarray, " n"]:
        """Return the z of the highest surface of `zones` under each point; 0 where there is none."""
        heights = np.zeros(len(points_m))
        for surface in self.surfaces:
            if surface.zone in zones and surface.height_m != 0:
                is_over = depth_inside(surface.polygon_m, points_m[:, None]) >= 0
                heights = np.where(is_over, np.maximum(heights, surface.height_m), heights)
        return heights

    def bounds_m(self, zones: Sequence[Zone]) -> Float[np.ndarray, "2 2"]:
        """Return the lowest and the highest x and y of the surfaces of `zones`."""
        corners = np.concatenate([surface.polygon_m for surface in self.surfaces if surface.zone in zones])
        return np.stack([corners.min(0), corners.max(0)])


def heading_vector(heading_rad: float) -> Float[np.ndarray, " 2"]:
    """Return the unit vector (x, y) of a heading, clockwise from +y."""
    return np.array([np.sin(heading_rad), np.cos(heading_rad)])


def band(
    centre_m: Point, heading_rad: float, lateral_m: tuple[float, float], along_m: tuple[float, float]
) -> tuple[Point, ...]:
    """Return the corners of a rectangle between two distances to the right of a line, and two along it.

    The first corner is the left one at the beginning.
    """
    along, right = heading_vector(heading_rad), heading_vector(heading_rad + np.pi / 2)
    (left, far_right), (start, end) = lateral_m, along_m
    ends = ((left, start), (far_right, start), (far_right, end), (left, end))
    points = [np.asarray(centre_m) + side * right + way * along for side, way in ends]
    return tuple((float(x), float(y)) for x, y in points)


def disc(centre_m: Point, radii_m: tuple[float, float], heading_rad: float = 0.0) -> tuple[Point, ...]:
    """Return the corners of an ellipse as a polygon of 24 sides."""
    turn = np.linspace(0, 2 * np.pi, 24, endpoint=False)
    along, right = heading_vector(heading_rad), heading_vector(heading_rad + np.pi / 2)
    across = radii_m[0] * np.cos(turn)[:, None] * right + radii_m[1] * np.sin(turn)[:, None] * along
    return tuple((float(x), float(y)) for x, y in np.asarray(centre_m) + across)
