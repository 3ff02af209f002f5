"""How much of what the network changed is taken: a caller's strength and choice of parts."""

from dataclasses import dataclass
from typing import Literal, get_args

Match = Literal["all", "light", "shadow", "none"]
"""What is matched: all; the object's colours (light); what it does to the ground (shadow, reflection); nothing."""
MATCHES: tuple[Match, ...] = get_args(Match)


@dataclass(frozen=True)
class Correction:
    """Shares of the way from plain paste (0) to what the network made (1).

    Attributes:
        ground: Of shadow and reflection on the background.
        colours: Of the object's relighting.
        occlusion: Of what hides the object.
    """

    ground: float = 1.0
    colours: float = 1.0
    occlusion: float = 1.0


WHOLE_CORRECTION, NO_CORRECTION = Correction(), Correction(0.0, 0.0, 0.0)


def correction_of(strength: float, match: Match) -> Correction:
    """Combine a strength in [0, 1] with what is matched; what hides the object does so whatever is matched."""
    return Correction(
        ground=strength if match in ("all", "shadow") else 0.0,
        colours=strength if match in ("all", "light") else 0.0,
        occlusion=strength,
    )
