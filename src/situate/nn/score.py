"""From the density at a place to the chance that the place is plausible (docs/placement.md)."""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class ScoreMap:
    """A monotone map, fitted on scenes of which an oracle knows what is plausible.

    Attributes:
        log_density: Knots, rising; see `Lattice.log_density`.
        chance: Chance at each knot that such a place is plausible, [0, 1], never falling.
    """

    log_density: tuple[float, ...]
    chance: tuple[float, ...]

    def __post_init__(self) -> None:
        """Check the knots.

        Raises:
            ValueError: If they are no such map.
        """
        knots, chances = np.asarray(self.log_density), np.asarray(self.chance)
        if knots.ndim != 1 or len(knots) != len(chances) or len(knots) == 0:
            raise ValueError(f"{len(self.log_density)} knots and {len(self.chance)} chances are no map")
        is_rising = np.isfinite(knots).all() and (np.diff(knots) > 0).all() and (np.diff(chances) >= 0).all()
        if not (is_rising and chances.min() >= 0 and chances.max() <= 1):
            raise ValueError("the knots must rise, and their chances must not fall and lie in [0, 1]")

    def __call__(self, log_density: float) -> float:
        """Return the chance of a place; beyond the knots that of the nearest one."""
        return float(np.interp(log_density, self.log_density, self.chance))
