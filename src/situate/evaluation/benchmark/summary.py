"""From the scores of scenes to the figures of each method, ready for JSON."""

import math
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from situate.evaluation.benchmark.bench import SceneScores
from situate.evaluation.benchmark.scene_set import SceneSet
from situate.evaluation.benchmark.score import score_figures
from situate.evaluation.intervals import Estimate, mean_of, median_of

PLACE_FIGURES: dict[str, tuple[str, Callable[..., Estimate]]] = {
    "plausible_at_1": ("is_plausible", mean_of),
    "plausible_of_20": ("plausible_share", mean_of),
    "coverage": ("coverage", mean_of),
    "likelihood_gap": ("likelihood_gap", mean_of),
    "size_error": ("size_error", median_of),
}
DIGITS = 6
PICTURE_FIGURES = ("psnr_db", "ssim", "psnr_blurred_db", "ssim_blurred", "perceptual", "shadow_iou")


def summary(scenes: SceneSet, scores: Sequence[SceneScores], *, seed: int, name: str) -> dict[str, Any]:
    """Return all figures.

    Args:
        scenes: What was judged.
        scores: One for each scene.
        seed: Of the bootstrap of the intervals.
        name: Of the suite.

    Returns:
        `methods` holds numbers, fractions in 0..1; their 95 % intervals stand under the same names in `intervals`. A
        figure that a method does not have is left out. `score` tells how well the model's scores can be trusted; None
        without a model.
    """
    names = dict.fromkeys(method for one in scores for method in (*one.places, *one.pictures))
    estimates = {method: _estimates(method, scores, seed) for method in names}
    return {
        "suite": name,
        "num_scenes": len(scores),
        "test_set": _described(scenes, scores),
        "seed": seed,
        "methods": {
            method: {figure: round(one.value, DIGITS) for figure, one in figures.items()} | _counts(method, scores)
            for method, figures in estimates.items()
        },
        "intervals": {
            method: {figure: [round(one.low, DIGITS), round(one.high, DIGITS)] for figure, one in figures.items()}
            for method, figures in estimates.items()
        },
        "score": score_figures([one.scored for one in scores], seed=seed),
    }


def _described(scenes: SceneSet, scores: Sequence[SceneScores]) -> dict[str, Any]:
    return {
        "name": scenes.name,
        "config": scenes.config.model_dump(mode="json"),
        "sha256": scenes.sha256 or None,
        "is_as_published": all(one.is_as_published for one in scores) if scenes.sha256 else None,
        "num_scenes_with_pictures": sum(one.has_pictures for one in scores),
    }


def _estimates(method: str, scores: Sequence[SceneScores], seed: int) -> dict[str, Estimate]:
    groups = [one.group for one in scores]
    found = {}
    for figure, (field, estimate) in PLACE_FIGURES.items():
        values = [float(getattr(one.places[method], field)) if method in one.places else math.nan for one in scores]
        if not np.isnan(values).all():
            found[figure] = estimate(values, groups, seed=seed)
    for figure in PICTURE_FIGURES:
        values = [getattr(one.pictures[method], figure) if method in one.pictures else math.nan for one in scores]
        if not np.isnan(values).all():
            found[figure] = mean_of(values, groups, seed=seed)
    return found


def _counts(method: str, scores: Sequence[SceneScores]) -> dict[str, Any]:
    counts: dict[str, Any] = {}
    places = [one.places[method] for one in scores if method in one.places]
    if places:
        counts["reasons"] = dict(sorted(Counter(reason for one in places for reason in one.reasons).items()))
    pictures = [one.pictures[method] for one in scores if method in one.pictures]
    if pictures:
        counts["num_pictures"] = len(pictures)
        counts["num_pixels_changed_outside_effect"] = sum(one.num_changed_outside for one in pictures)
    return counts
