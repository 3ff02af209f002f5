"""From the scores of composites to estimates by name, part by part."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import fields
from typing import Any

import numpy as np

from situate.evaluation.benchmark.composites import COMPOSERS
from situate.evaluation.composites.bench import MODEL
from situate.evaluation.composites.scores import CompositeScores, ScoredSubject
from situate.evaluation.intervals import mean_of

SCORES = tuple(field.name for field in fields(CompositeScores))


def figures_by_part(scored: Sequence[ScoredSubject], seed: int) -> dict[str, Any]:
    """Put together the triples of one source whose foregrounds were given in the same way, the most first."""
    by_part: dict[str, list[ScoredSubject]] = {}
    for one in scored:
        by_part.setdefault(one.part, []).append(one)
    ordered = sorted(by_part, key=lambda part: (-len(by_part[part]), part))
    return {part: part_figures(by_part[part], seed) for part in ordered}


def part_figures(scored: Sequence[ScoredSubject], seed: int) -> dict[str, Any]:
    """Estimates of all methods, and of what the model differs by from each baseline on the same triples.

    Args:
        scored: At least one.
        seed: Of the bootstrap.
    """
    units = [one.unit for one in scored]
    is_one = len(set(units)) == 1
    drawn = [str(number) for number in range(len(scored))] if is_one else units
    columns = {method: _columns([one.scores[method] for one in scored]) for method in scored[0].scores}
    paired = {
        baseline: {name: columns[MODEL][name] - columns[baseline][name] for name in SCORES} for baseline in COMPOSERS
    }
    return {
        "num_triples": len(scored),
        "num_units": len(set(units)),
        "interval_over": "triples" if is_one else "units",
        "num_without_ring": dict(Counter(one.why_no_ring for one in scored if one.why_no_ring)),
        "methods": {method: _estimates(column, drawn, seed) for method, column in columns.items()},
        "model_minus": {baseline: _estimates(column, drawn, seed) for baseline, column in paired.items()},
    }


def _columns(scores: Sequence[CompositeScores]) -> dict[str, np.ndarray]:
    return {name: np.array([getattr(one, name) for one in scores], np.float64) for name in SCORES}


def _estimates(columns: Mapping[str, np.ndarray], drawn: Sequence[str], seed: int) -> dict[str, Any]:
    """Means by name; a score that no triple has is left out."""
    return {
        name: mean_of(column.tolist(), drawn, seed=seed).as_dict()
        for name, column in columns.items()
        if not np.isnan(column).all()
    }
