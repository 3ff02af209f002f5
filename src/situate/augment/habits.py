"""Where objects of a class stand in a data set, and how tall they are there: what annotations say of places.

The model knows where an object belongs in a picture; how near the cameras of this data set come to their objects, and
which of them somebody annotated, only the annotations know.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from situate.augment.stands import Points
from situate.nn.lattice import Lattice

_NUM_CELLS = 64
_FOOT_RANGE, _LOG_HEIGHT_RANGE = (0.0, 1.5), (np.log(0.01), np.log(2.0))
_MIN_SPREAD = (0.03, 0.15)
"""Annotations are no more exact than that: of the foot's row, and of the logarithm of the height."""
_FLOOR = 0.02
"""What is left of a place where no object stood, beside the place where most did: there may be others."""


@dataclass(frozen=True)
class Habits:
    """A density over feet and heights of one class, from annotated objects."""

    points: tuple[tuple[float, float], ...]

    @cached_property
    def table(self) -> Float[np.ndarray, "c c"]:
        """The density on a grid of rows and log heights, relative to its highest value: Gaussians (Scott's rule)."""
        points = np.array(self.points, np.float64)
        spread = np.maximum(points.std(axis=0) * len(points) ** (-1 / 6), _MIN_SPREAD)
        rows, heights = (
            np.exp(-0.5 * ((_middles(limits)[:, None] - points[:, axis]) / spread[axis]) ** 2)
            for axis, limits in enumerate((_FOOT_RANGE, _LOG_HEIGHT_RANGE))
        )
        density = rows @ heights.T
        return density / density.max()

    def weighted(self, lattice: Lattice) -> Lattice:
        """Return the distribution over places times what annotations say of them, renormalised."""
        letterbox = lattice.letterbox
        _, y, log_height = lattice.place.unbind(-1)
        scale = letterbox.side_px / letterbox.height_px
        foot = (y - letterbox.content_xyxy[1]) * scale
        rows = _cells(foot, _FOOT_RANGE)
        columns = _cells(log_height + float(np.log(scale)), _LOG_HEIGHT_RANGE)
        table = torch.from_numpy(self.table).to(lattice.mass)
        mass = lattice.mass * (_FLOOR + (1 - _FLOOR) * table[rows, columns])
        return replace(lattice, mass=mass / mass.sum())


def habits_from(points: Mapping[str, Points]) -> dict[str, Habits]:
    """Make densities of what `habits_in` read."""
    return {kind: Habits(tuple((row, height) for row, height in several)) for kind, several in points.items()}


def _middles(limits: tuple[float, float]) -> Float[np.ndarray, " c"]:
    low, high = limits
    return low + (np.arange(_NUM_CELLS) + 0.5) / _NUM_CELLS * (high - low)


def _cells(values: Float[Tensor, " n"], limits: tuple[float, float]) -> Tensor:
    low, high = limits
    return ((values - low) / (high - low) * _NUM_CELLS).long().clamp(0, _NUM_CELLS - 1)
