"""Where things stood in other pictures, all classes together and each class by itself: histograms of places and sizes.

A histogram has the cells of the model's grid on the canvas and `NUM_HEIGHTS` log heights. It is spread by a Gaussian,
because with some dozen objects a bare one says less than none: on the starter set and on photographs of COCO and of
streets these widths and this many counts of all classes were the likeliest for objects that were not counted.
"""

import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float

from situate.errors import InputError
from situate.evaluation.photos.held_out import SeenObject
from situate.nn.distribution import LOG_HEIGHT_RANGE
from situate.seeds import seed_for

MIN_OBJECTS = 12
"""A kind of which fewer were seen has no prior of its own."""
ALL_CLASSES_COUNT = 12.0
"""In a kind's own histogram that of all classes counts as so many of its objects."""
NUM_HEIGHTS = 32
SPREAD_CANVAS, SPREAD_LOG_HEIGHT = 1 / 16, 0.25
"""Standard deviations of the Gaussian: share of the canvas, and natural log of the height."""
MAX_PLACES = 512
"""So many of the places seen may be proposed, drawn by the seed; all are counted."""


@dataclass(frozen=True)
class PlacePrior:
    """Where objects stood, whatever this picture shows.

    Attributes:
        counts: Histogram over the canvas and the log heights, spread; every entry is above 0.
        places: Anchor x, anchor y and log height of objects that were seen, at most `MAX_PLACES`.
    """

    counts: Float[np.ndarray, "gh gw heights"]
    places: Float[np.ndarray, "n 3"]

    def cell_log_prob(self, is_picture: Bool[np.ndarray, "gh gw"]) -> Float[np.ndarray, "gh gw"]:
        """Log probability of each cell, given that the anchor lies in the picture; -inf elsewhere."""
        cells = np.where(is_picture, self.counts.sum(axis=-1), 0.0)
        with np.errstate(divide="ignore"):
            return np.log(cells / cells.sum())

    def height_log_density(self, cell: tuple[int, int], log_height: float) -> float:
        """Log density of the log height of what stands in a cell; `log_height` lies in `LOG_HEIGHT_RANGE`."""
        heights = self.counts[cell]
        share = heights[_height_bin(np.array([log_height]))[0]] / heights.sum()
        return math.log(share / _HEIGHT_STEP)


@dataclass(frozen=True)
class KindPriors:
    """The priors that were counted on some objects.

    Attributes:
        every: Of all classes together.
        by_kind: Of the kinds of which at least `MIN_OBJECTS` were seen.
    """

    every: PlacePrior
    by_kind: Mapping[str, PlacePrior]

    def of(self, kind: str) -> PlacePrior:
        """Return a kind's own prior; that of all classes where it has none."""
        return self.by_kind.get(kind, self.every)


def priors_from(objects: Sequence[SeenObject], grid_side: int, *, seed: int) -> KindPriors:
    """Count where objects stand.

    Args:
        objects: At least one.
        grid_side: Cells of the histogram along each side of the canvas.
        seed: Of the draw of places that may be proposed.
    """
    by_kind = defaultdict(list)
    for one in objects:
        by_kind[one.kind].append(one.position)
    every = _prior_of_all(np.array([one.position for one in objects]), grid_side, seed)
    own = {
        kind: _prior_of_kind(np.array(positions), every, grid_side, seed_for(seed, kind))
        for kind, positions in by_kind.items()
        if len(positions) >= MIN_OBJECTS
    }
    return KindPriors(every, own)


def priors_of_other_half(objects: Sequence[SeenObject], grid_side: int, *, seed: int) -> dict[str, KindPriors]:
    """Count, for every group, on the half of the groups that it is not in.

    Raises:
        InputError: If there is only one group.
    """
    names = list(dict.fromkeys(one.group for one in objects))
    if len(names) < 2:
        raise InputError(f"{len(names)} group is too few to count a prior on the others; pass --prior-data FOLDER")
    half_of = {name: position % 2 for position, name in enumerate(names)}
    others = [
        priors_from([one for one in objects if half_of[one.group] != half], grid_side, seed=seed) for half in (0, 1)
    ]
    return {name: others[half] for name, half in half_of.items()}


_HEIGHT_STEP = (LOG_HEIGHT_RANGE[1] - LOG_HEIGHT_RANGE[0]) / NUM_HEIGHTS


def _prior_of_all(places: Float[np.ndarray, "n 3"], grid_side: int, seed: int) -> PlacePrior:
    """One count is added to each cell (Laplace), so that no place is impossible."""
    counts = _spread_histogram(places, grid_side) + 1 / NUM_HEIGHTS
    return PlacePrior(counts, _drawn(places, seed))


def _prior_of_kind(own: Float[np.ndarray, "n 3"], every: PlacePrior, grid_side: int, seed: int) -> PlacePrior:
    counts = _spread_histogram(own, grid_side) + ALL_CLASSES_COUNT * every.counts / every.counts.sum()
    return PlacePrior(counts, _drawn(own, seed))


def _drawn(places: Float[np.ndarray, "n 3"], seed: int) -> Float[np.ndarray, "m 3"]:
    return places[np.random.default_rng(seed).permutation(len(places))[:MAX_PLACES]]


def _spread_histogram(
    places: Float[np.ndarray, "n 3"], grid_side: int
) -> Float[np.ndarray, "{grid_side} {grid_side} heights"]:
    row, column = (np.clip((places[:, axis] * grid_side).astype(int), 0, grid_side - 1) for axis in (1, 0))
    bare = np.zeros((grid_side, grid_side, NUM_HEIGHTS))
    np.add.at(bare, (row, column, _height_bin(places[:, 2])), 1.0)
    over_cells = _gaussian(grid_side, SPREAD_CANVAS * grid_side)
    over_heights = _gaussian(NUM_HEIGHTS, SPREAD_LOG_HEIGHT / _HEIGHT_STEP)
    return np.einsum("ri,cj,hk,ijk->rch", over_cells, over_cells, over_heights, bare, optimize=True)


def _height_bin(log_heights: Float[np.ndarray, " n"]) -> np.ndarray:
    bins = np.floor((log_heights - LOG_HEIGHT_RANGE[0]) / _HEIGHT_STEP).astype(int)
    return np.clip(bins, 0, NUM_HEIGHTS - 1)


def _gaussian(num: int, sigma: float) -> Float[np.ndarray, "{num} {num}"]:
    """What of each entry goes to which; nothing is lost over the ends."""
    index = np.arange(num)
    shares = np.exp(-0.5 * ((index[:, None] - index) / sigma) ** 2)
    return shares / shares.sum(axis=0)
