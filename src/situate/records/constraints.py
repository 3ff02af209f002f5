"""What a caller demands of a place."""

import math
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from jaxtyping import Bool

from situate.errors import InputError

MIN_INSIDE = 0.5
"""A placement's box lies at least half inside the picture, unless something else is asked for."""


@dataclass(frozen=True)
class Extent:
    """A length in a picture: so many pixels, or that share of the picture's height."""

    value: float
    unit: Literal["fraction", "px"] = "fraction"

    def __post_init__(self) -> None:
        """Check the unit.

        Raises:
            InputError: If there is no such unit.
        """
        if self.unit not in ("fraction", "px"):
            raise InputError(f"unit {self.unit!r} is unknown; there are fraction (of the picture's height) and px")

    def in_px(self, height_px: int) -> float:
        """Return pixels of a picture of that height."""
        return self.value if self.unit == "px" else self.value * height_px

    def __str__(self) -> str:
        """As it is written on the command line."""
        return f"{self.value:g}{'px' if self.unit == 'px' else ''}"


@dataclass(frozen=True)
class PlacementConstraints:
    """Where an object may be put; masks have the picture's size.

    Attributes:
        allow: Where it may stand: the bottom centre of its box lies on True.
        avoid: What it must not cover: no part of its box lies on True.
        min_height: The object is at least so tall.
        max_height: And at most so tall.
        away_from_xywh_px: Boxes (left, top, width, height in pixels) that it keeps clear of.
        min_distance_px: How far it keeps from them, in pixels between the boxes' edges; 0 lets them touch. Several
            objects keep as far from each other.
        min_inside: Least share of its box inside the picture, [0, 1].
    """

    allow: Bool[np.ndarray, "h w"] | None = None
    avoid: Bool[np.ndarray, "h w"] | None = None
    min_height: Extent | None = None
    max_height: Extent | None = None
    away_from_xywh_px: tuple[tuple[float, float, float, float], ...] = ()
    min_distance_px: float = 0.0
    min_inside: float = MIN_INSIDE

    @property
    def is_default(self) -> bool:
        """Whether nothing but the default is demanded."""
        return self.allow is None and self.avoid is None and replace(self, allow=None, avoid=None) == _DEFAULT

    def problems(self, resolution_wh: tuple[int, int] | None = None) -> list[str]:
        """Say what makes no sense: for any picture, and for one of `resolution_wh` if that is known."""
        extents = [(name, one) for name, one in (("least", self.min_height), ("largest", self.max_height)) if one]
        found = [f"the {name} size is {extent}; it must be above 0" for name, extent in extents if not extent.value > 0]
        if not 0 <= self.min_inside <= 1:
            found.append(f"the least share inside is {self.min_inside:g}; it must be in [0, 1]")
        if not (self.min_distance_px >= 0 and math.isfinite(self.min_distance_px)):
            found.append(f"the distance is {self.min_distance_px:g}; it must be 0 or more pixels")
        found += [
            f"the box {left:g},{top:g},{width:g},{height:g} to keep away from is no box; its sides must be above 0"
            for left, top, width, height in self.away_from_xywh_px
            if not (width > 0 and height > 0 and all(map(math.isfinite, (left, top, width, height))))
        ]
        if resolution_wh is None:
            return found
        found += [
            problem
            for name, mask in (("allow", self.allow), ("avoid", self.avoid))
            if mask is not None and (problem := mask_problem(name, mask, resolution_wh))
        ]
        if not found and len(extents) == 2:
            least, most = (extent.in_px(resolution_wh[1]) for _, extent in extents)
            if least > most:
                found.append(
                    f"the least size, {self.min_height}, is more than the largest, {self.max_height}; swap them"
                )
        return found


def mask_problem(name: str, mask: np.ndarray, resolution_wh: tuple[int, int]) -> str | None:
    """Say why a mask cannot be one of a picture of `resolution_wh`; None if it can."""
    width_px, height_px = resolution_wh
    if mask.dtype != bool or mask.ndim != 2:
        return f"the {name} mask is {mask.dtype} of shape {mask.shape}; pass a bool array (height, width)"
    if mask.shape != (height_px, width_px):
        return (
            f"the {name} mask is {mask.shape[1]} x {mask.shape[0]} pixels, the background is "
            f"{width_px} x {height_px}; pass a mask of the same size"
        )
    return None


_DEFAULT = PlacementConstraints()
