"""From the scores of scenes to the figures of each method, ready for JSON."""

import math
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from situate.evaluation.benchmark.groups import GROUPINGS, grouped
from situate.evaluation.benchmark.picture_summary import PICTURE_FIGURES, picture_figures
from situate.evaluation.benchmark.scene_scores import SceneScores
from situate.evaluation.benchmark.scene_set import SceneSet
from situate.evaluation.benchmark.score import score_figures
from situate.evaluation.benchmark.size_floor import size_floors
from situate.evaluation.intervals import Estimate, mean_of, median_of

FIGURES: dict[str, tuple[str, str, Callable[..., Estimate]]] = {
    "plausible_at_1": ("places", "is_plausible", mean_of),
    "plausible_of_20": ("places", "plausible_share", mean_of),
    "coverage": ("places", "coverage", mean_of),
    "likelihood_gap": ("places", "likelihood_gap", mean_of),
    "size_error": ("places", "size_error", median_of),
    **{name: ("pictures", name, estimate) for name, estimate in PICTURE_FIGURES.items()},
}
"""By name: of which scores of a scene it is made, from which field, and how."""
SOMETIMES_MISSING = ("colour_error", "visible_iou", "shadow_iou", "shadow_edge_energy")
"""Figures of pictures that not every picture has: how many do is told."""
GROUP_FIGURES = ("plausible_at_1", "plausible_of_20", "likelihood_gap", "size_error")
DIGITS = 6


def summary(scenes: SceneSet, scores: Sequence[SceneScores], *, seed: int, name: str) -> dict[str, Any]:
    """Return all figures.

    Args:
        scenes: What was judged.
        scores: One for each scene.
        seed: Of the bootstrap of the intervals.
        name: Of the suite.

    Returns:
        `methods` holds numbers, fractions in 0..1; their 95 % intervals stand under the same names in `intervals`. A
        figure that a method does not have is left out. `size_floor` is what the draw of heights costs anybody. `groups`
        holds the same for the scenes of each world, of each kind, and of models seen in training or not. `score` tells
        how well the model's scores can be trusted; None without a model. `num_steps`, `steps` and `gains` are those
        of `picture_figures`.
    """
    result = figures(scenes, scores, tuple(FIGURES), seed=seed)
    for method in result["methods"]:
        result["methods"][method] |= _counts(method, scores)
    return {
        "suite": name,
        "test_set": _described(scenes, scores),
        "seed": seed,
        **result,
        **picture_figures(scores, seed=seed),
        "groups": {
            grouping: {
                group: figures(scenes, part, GROUP_FIGURES, seed=seed)
                for group, part in grouped(scores, key, min_scenes).items()
            }
            for grouping, (key, min_scenes) in GROUPINGS.items()
        },
        "score": score_figures([one.scored for one in scores], seed=seed),
    }


def figures(scenes: SceneSet, scores: Sequence[SceneScores], names: Sequence[str], *, seed: int) -> dict[str, Any]:
    """Return some of `FIGURES` for every method that has them, over all or a part of the scenes of a set."""
    methods = dict.fromkeys(method for one in scores for method in (*one.places, *one.pictures))
    estimates = {method: found for method in methods if (found := _estimates(method, scores, names, seed))}
    floors = size_floors([one.subject for one in scores], scenes.cast)
    return {
        "num_scenes": len(scores),
        "methods": {
            method: {figure: round(one.value, DIGITS) for figure, one in found.items()}
            for method, found in estimates.items()
        },
        "intervals": {
            method: {figure: [round(one.low, DIGITS), round(one.high, DIGITS)] for figure, one in found.items()}
            for method, found in estimates.items()
        },
        "size_floor": {
            known: {figure: round(value, DIGITS) for figure, value in floor.items()} for known, floor in floors.items()
        },
    }


def _described(scenes: SceneSet, scores: Sequence[SceneScores]) -> dict[str, Any]:
    return {
        "name": scenes.name,
        "config": scenes.config.model_dump(mode="json"),
        "sha256": scenes.sha256 or None,
        "is_as_published": all(one.is_as_published for one in scores) if scenes.sha256 else None,
        "num_scenes_with_pictures": sum(one.has_pictures for one in scores),
    }


def _estimates(method: str, scores: Sequence[SceneScores], names: Sequence[str], seed: int) -> dict[str, Estimate]:
    groups = [one.group for one in scores]
    found = {}
    for name in names:
        record, field, estimate = FIGURES[name]
        by_scene = [getattr(one, record).get(method) for one in scores]
        values = [math.nan if one is None else float(getattr(one, field)) for one in by_scene]
        if not np.isnan(values).all():
            found[name] = estimate(values, groups, seed=seed)
    return found


def _counts(method: str, scores: Sequence[SceneScores]) -> dict[str, Any]:
    counts: dict[str, Any] = {}
    places = [one.places[method] for one in scores if method in one.places]
    if places:
        counts["reasons"] = dict(sorted(Counter(reason for one in places for reason in one.reasons).items()))
    pictures = [one.pictures[method] for one in scores if method in one.pictures]
    if pictures:
        counts["num_pictures"] = len(pictures)
        counts["num_pictures_with"] = {
            name: sum(not math.isnan(getattr(one, name)) for one in pictures) for name in SOMETIMES_MISSING
        }
        counts["num_pixels_changed_outside_effect"] = sum(one.num_changed_outside for one in pictures)
    return counts
