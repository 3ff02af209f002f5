"""How an object may be turned at each place, given the side that its foreground shows.

A foreground shows one side. Where it is put elsewhere, the body must be turned with the line of sight to show the same
side again. Worlds whose kinds may be turned any way allow that exactly; where a rule says how a kind is turned, the
nearest direction of the rule is taken, if it shows a side at most `SIDE_TOLERANCE_RAD` from the foreground's.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from situate.data.scenes.ground import Ground
from situate.data.scenes.kinds import KINDS
from situate.data.scenes.things import Thing
from situate.data.scenes.turning import draw_yaws
from situate.seeds import seed_for

SIDE_TOLERANCE_RAD = float(np.radians(25))
NUM_DIRECTIONS = 256


@dataclass(frozen=True)
class Side:
    """The side that a foreground shows.

    Attributes:
        turn_rad: Yaw of the body less the bearing of its place.
        directions_rad: Yaws that the rule draws, each as likely as the others; None is any.
    """

    turn_rad: float
    directions_rad: Float[np.ndarray, " d"] | None

    def yaws_at(self, places_m: Float[np.ndarray, "k 2"]) -> Float[np.ndarray, " k"]:
        """Return the yaws that show this very side."""
        return self.turn_rad + _bearings(places_m)

    def ruled_yaws_at(self, places_m: Float[np.ndarray, "k 2"]) -> Float[np.ndarray, " k"]:
        """Return, of the yaws that the rule knows, those that show nearly this side."""
        shown = self.yaws_at(places_m)
        if self.directions_rad is None:
            return shown
        # A place that is not there has no direction either.
        away = np.nan_to_num(np.abs(_wrapped(self.directions_rad[None] - shown[:, None])), nan=np.inf)
        return self.directions_rad[away.argmin(1)]

    def shares_at(self, places_m: Float[np.ndarray, "k 2"]) -> Float[np.ndarray, " k"]:
        """Return how much of what the rule draws shows this side, within the tolerance; 1 if there is no rule."""
        if self.directions_rad is None:
            return np.ones(len(places_m))
        away = np.abs(_wrapped(self.directions_rad[None] - self.yaws_at(places_m)[:, None]))
        return (away <= SIDE_TOLERANCE_RAD).mean(1)


def side_of(ground: Ground, thing: Thing, *, is_at_home: bool = True) -> Side:
    """Return the side of a placed thing that its camera sees, and the directions that the rules of a ground draw.

    Args:
        ground: What it is to stand on.
        thing: As it stands in the world in which its foreground was rendered.
        is_at_home: Whether `ground` is that world's: then its own direction is one of those that are drawn.
    """
    turn_rad = thing.yaw_rad - float(_bearings(np.array([thing.position_m]))[0])
    kind = KINDS[thing.kind]
    if kind.turn == "any":
        return Side(turn_rad, None)
    generator = np.random.default_rng(seed_for(thing.seed, "directions"))
    drawn = draw_yaws(generator, ground, kind, NUM_DIRECTIONS)
    return Side(turn_rad, np.append(drawn, thing.yaw_rad) if is_at_home else drawn)


def shows(side: Side, places_m: Float[np.ndarray, "k 2"], yaws_rad: Float[np.ndarray, " k"]) -> np.ndarray:
    """Say where a body turned so shows this side, within the tolerance."""
    return np.abs(_wrapped(yaws_rad - side.yaws_at(places_m))) <= SIDE_TOLERANCE_RAD


def _bearings(places_m: np.ndarray) -> np.ndarray:
    return np.arctan2(places_m[:, 1], places_m[:, 0])


def _wrapped(angles_rad: np.ndarray) -> np.ndarray:
    return (angles_rad + np.pi) % (2 * np.pi) - np.pi
