"""The ground plan: a straight road through a meadow, perhaps with pavements; every point lies in one zone."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float

from situate.data.scenes.kinds import Zone


@dataclass(frozen=True)
class Ground:
    """A flat ground at z = 0.

    Attributes:
        centre_m: A point (x, y) on the middle of the road.
        heading_rad: Direction of the road, clockwise from straight ahead (+y).
        road_width_m: From kerb to kerb.
        pavement_width_m: Of each of the two pavements; 0 is none.
    """

    centre_m: tuple[float, float]
    heading_rad: float
    road_width_m: float
    pavement_width_m: float

    @property
    def direction(self) -> np.ndarray:
        """Unit vector (x, y) along the road."""
        return np.array([np.sin(self.heading_rad), np.cos(self.heading_rad)])

    @property
    def zones(self) -> tuple[Zone, ...]:
        """The zones that this ground has."""
        return ("road", "grass", "pavement") if self.pavement_width_m > 0 else ("road", "grass")

    def is_inside(
        self, zone: Zone, points_m: Float[np.ndarray, "n 2"], radius_m: float = 0.0
    ) -> Bool[np.ndarray, " n"]:
        """Say which circles of `radius_m` round `points_m` lie wholly in `zone`."""
        direction = self.direction
        right = np.array([direction[1], -direction[0]])
        away = np.abs((points_m - np.asarray(self.centre_m)) @ right)
        kerb, lawn = self.road_width_m / 2, self.road_width_m / 2 + self.pavement_width_m
        if zone == "road":
            return away + radius_m <= kerb
        if zone == "grass":
            return away - radius_m >= lawn
        return (away - radius_m >= kerb) & (away + radius_m <= lawn)


def draw_ground(generator: np.random.Generator) -> Ground:
    """Draw a ground plan: three of four roads lead away from the camera, the others cross the view."""
    pavement_width_m = float(generator.uniform(1.5, 3.0)) if generator.random() < 0.4 else 0.0
    if generator.random() < 0.75:
        centre = (float(generator.uniform(-3.0, 3.0)), 5.0)
        heading = float(np.radians(generator.normal(0, 22)))
        width_m = float(generator.uniform(3.0, 6.5))
    else:
        centre = (0.0, float(generator.uniform(5.0, 9.0)))
        heading = float(np.radians(90 + generator.normal(0, 18)))
        width_m = float(generator.uniform(3.0, 5.5))
    return Ground(centre, heading, width_m, pavement_width_m)
