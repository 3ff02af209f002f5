"""The suite `composites`: a model and the baselines put real objects back where they stood."""

from collections.abc import Callable
from typing import Any

from situate.evaluation.composites.bench import CompositeBench
from situate.evaluation.composites.figures import figures_by_part
from situate.evaluation.composites.subjects import Subjects


def composite_figures(
    bench: CompositeBench, subjects: Subjects, progress: Callable[[int, int], None] = lambda done, of: None
) -> dict[str, Any]:
    """Measure all methods.

    Args:
        bench: Asks them.
        subjects: At least one triple; decoded one at a time.
        progress: Called with triples done and all, after each.

    Returns:
        Figures by name, ready for JSON; `parts` holds those of each source and kind of foreground.

    Raises:
        InputError: If a triple has no composite.
    """
    scored = []
    for number in range(len(subjects)):
        scored.append(bench.scored(subjects[number]))
        progress(number + 1, len(subjects))
    return {
        "num_triples": len(scored),
        "num_units": len(set(subjects.units)),
        "num_passes": len(subjects.passes),
        "steps": list(bench.steps),
        "seed": bench.seed,
        "conditioning": bench.pipeline.conditioning,
        "parts": figures_by_part(scored, bench.seed),
    }
