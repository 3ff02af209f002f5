"""From the scores of a model's pictures to figures by number of steps, and beside its rivals, ready for JSON."""

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from situate.evaluation.benchmark.scene_scores import SceneScores
from situate.evaluation.intervals import Estimate, mean_of, median_of, ratio_of

PICTURE_FIGURES: dict[str, Callable[..., Estimate]] = {
    "psnr_db": mean_of,
    "ssim": mean_of,
    "psnr_blurred_db": mean_of,
    "ssim_blurred": mean_of,
    "perceptual": mean_of,
    "colour_error": mean_of,
    "brightness_error": mean_of,
    "visible_iou": mean_of,
    "shadow_iou": mean_of,
    "shadow_edge_energy": median_of,
}
"""How the scores of scenes become a figure, by the field's name."""


def picture_figures(scores: Sequence[SceneScores], *, seed: int) -> dict[str, Any]:
    """Return what a model's pictures are worth, as estimates by name.

    Args:
        scores: One for each scene.
        seed: Of the bootstrap of the intervals.

    Returns:
        `num_steps`: number of steps of all other figures of the model; None without its pictures. `steps`: figures by
        number of steps, then by method (`model`, `model@truth`); `perceptual_ratio` is the perceptual distance over
        that of the most steps, sum over sum. `gains`: by how many dB of PSNR a method is above a rival, by the names of
        both.
    """
    steps = list(dict.fromkeys(num for one in scores for num in one.made.by_steps))
    return {
        "num_steps": steps[0] if steps else None,
        "steps": {str(num): _of_steps(scores, num, max(steps), seed) for num in sorted(steps)},
        "gains": _gains(scores, seed),
    }


def _of_steps(scores: Sequence[SceneScores], num_steps: int, most_steps: int, seed: int) -> dict[str, Any]:
    """Figures of each method with a number of steps."""
    found: dict[str, Any] = {}
    for method in dict.fromkeys(name for one in scores for name in one.made.by_steps.get(num_steps, {})):
        made = [one for one in scores if method in one.made.by_steps.get(num_steps, {})]
        groups = [one.group for one in made]
        own, most = ([one.made.by_steps[num][method] for one in made] for num in (num_steps, most_steps))
        figures: dict[str, Any] = {}
        for name, estimate in PICTURE_FIGURES.items():
            values = [float(getattr(one, name)) for one in own]
            if not np.isnan(values).all():
                figures[name] = estimate(values, groups, seed=seed).as_dict()
        above, below = ([one.perceptual for one in pictures] for pictures in (own, most))
        if sum(below) > 0:
            figures["perceptual_ratio"] = ratio_of(above, below, groups, seed=seed).as_dict()
        found[method] = figures
    return found


def _gains(scores: Sequence[SceneScores], seed: int) -> dict[str, dict[str, Any]]:
    """Paired differences of PSNR, over the scenes in which both made a picture."""
    groups = [one.group for one in scores]
    pairs = dict.fromkeys(
        (name, rival) for one in scores for name, rivals in one.made.gains_db.items() for rival in rivals
    )
    gains: dict[str, dict[str, Any]] = {}
    for name, rival in pairs:
        values = [one.made.gains_db.get(name, {}).get(rival, math.nan) for one in scores]
        gains.setdefault(name, {})[rival] = mean_of(values, groups, seed=seed).as_dict()
    return gains
