"""What a mixture of heights in each cell could gain: true densities of rendered scenes, one normal against two."""

import math
from pathlib import Path

import numpy as np
from cyclopts import run
from jaxtyping import Float

from situate.data.starter import starter_set
from situate.data.store import TripleStore
from situate.evaluation.benchmark.scene_set import set_of_folder
from situate.evaluation.intervals import mean_of
from situate.evaluation.oracle.oracle import Oracle
from situate.nn.distribution import MIN_SCALE_LOG_HEIGHT
from situate.nn.pretrained import FINE_STRIDE
from situate.recipes import small

NUM_CUTS = 4
"""So many of the widest gaps between heights are tried."""
MIN_VARIANCE = (MIN_SCALE_LOG_HEIGHT * math.pi) ** 2 / 3
"""Of the narrowest logistic distribution that the network may answer."""


def main(data: Path | None = None, *, assets: Path | None = None, grid_side: int | None = None) -> None:
    """Print the mean gain in nats, with its 95 % interval over scenes.

    The object is known here, so what is left is what one cell of the picture cannot tell: surfaces one behind another,
    and depth within the cell.

    Args:
        data: Rendered scenes; by default the starter set's test part.
        assets: Folder with their models.
        grid_side: Cells along the canvas; by default those of the recipe `small`.
    """
    folder, model = data or starter_set("test"), small().model
    scenes = set_of_folder(folder, TripleStore(folder).keys, assets)
    side = grid_side or model.background_size // FINE_STRIDE
    gains = [gain_of(scenes.oracle(number), side) for number in range(len(scenes.groups))]
    mean = mean_of(gains, scenes.groups, seed=0)
    print(f"{len(gains)} scenes, {side} x {side} cells: {mean.value:.4f} [{mean.low:.4f}, {mean.high:.4f}] nats")
    print(f"the scene that gains most: {max(gains):.4f} nats")


def gain_of(oracle: Oracle, side: int) -> float:
    """Nats that two normals save over one, cells weighted by their mass."""
    truth, camera = oracle.truth, oracle.world.camera
    left, top, right, bottom = truth.boxes_px.T / max(camera.width_px, camera.height_px)
    log_height = np.log(bottom - top)
    cells = np.floor(bottom * side) * side + np.floor((left + right) / 2 * side)
    gain = 0.0
    for cell in np.unique(cells):
        is_here = cells == cell
        mass = truth.mass[is_here]
        order = np.argsort(log_height[is_here])
        gain += mass.sum() * _saved(log_height[is_here][order], mass[order])
    return gain


def _saved(values: Float[np.ndarray, " n"], mass: Float[np.ndarray, " n"]) -> float:
    """One normal's cross-entropy less that of two, cut at the widest gaps; never negative."""
    whole = _nats(values, mass)
    best = whole
    for cut in np.argsort(-np.diff(values))[:NUM_CUTS] + 1:
        share = mass[:cut].sum() / mass.sum()
        below, above = _nats(values[:cut], mass[:cut]), _nats(values[cut:], mass[cut:])
        best = min(best, share * (below - math.log(share)) + (1 - share) * (above - math.log(1 - share)))
    return whole - best


def _nats(values: Float[np.ndarray, " n"], mass: Float[np.ndarray, " n"]) -> float:
    """Cross-entropy with the best normal that is not narrower than the network's."""
    spread = np.average((values - np.average(values, weights=mass)) ** 2, weights=mass)
    variance = max(spread, MIN_VARIANCE)
    return 0.5 * (math.log(2 * math.pi * variance) + spread / variance)


if __name__ == "__main__":
    run(main)
