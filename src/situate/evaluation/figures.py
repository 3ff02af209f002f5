"""From per-sample scores to estimates by name."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from situate.evaluation.intervals import mean_of, median_of
from situate.evaluation.placement import PlacementScores
from situate.evaluation.synthesis import SynthesisScores

MIN_IOU = 0.5
"""A place with this much overlap with the true box is a hit."""


def placement_figures(scores: Sequence[PlacementScores], groups: Sequence[str], seed: int) -> dict[str, Any]:
    """Estimates of all placement scores by name."""

    def mean(values: list[float]) -> dict[str, Any]:
        return mean_of(values, groups, seed=seed).as_dict()

    figures = {
        f"cell_nats_{name}": mean([getattr(s, f"{name}_nats") for s in scores])
        for name in ("model", "prior", "uniform")
    }
    figures["cell_nats_gain_over_prior"] = mean([s.model_nats - s.prior_nats for s in scores])
    for name in ("model", "prior", "random"):
        for index, k in enumerate((1, 5)):
            hits = [float(getattr(s, f"{name}_iou")[index] >= MIN_IOU) for s in scores]
            figures[f"iou50_at_{k}_{name}"] = mean(hits)
    figures["median_size_error_at_true_cell"] = median_of([s.size_error for s in scores], groups, seed=seed).as_dict()
    return figures


def synthesis_figures(scores: Sequence[SynthesisScores], groups: Sequence[str], seed: int) -> dict[str, Any]:
    """Estimates of all synthesis scores by name; a score that no sample has is left out."""
    columns = {
        "psnr_db_model": [s.model_db for s in scores],
        "psnr_db_paste": [s.paste_db for s in scores],
        "psnr_db_poisson": [s.poisson_db for s in scores],
        "psnr_db_untouched": [s.untouched_db for s in scores],
        "psnr_db_gain_over_paste": [s.model_db - s.paste_db for s in scores],
        "psnr_db_gain_over_poisson": [s.model_db - s.poisson_db for s in scores],
        "shadow_iou": [s.shadow_iou for s in scores],
    }
    figures: dict[str, Any] = {
        name: mean_of(column, groups, seed=seed).as_dict()
        for name, column in columns.items()
        if not np.isnan(column).all()
    }
    return {**figures, "num_pixels_changed_outside_effect": sum(s.num_changed_outside for s in scores)}
