"""The suite `photos`: where objects stood in held-out triples, by a model and by what it must beat."""

from collections.abc import Callable
from typing import Any

from situate.evaluation.photos.bench import CLASS_PRIOR, MODEL, PRIOR, RANDOM, TRUTH, PhotoBench
from situate.evaluation.photos.figures import Scored, ScoredTriple
from situate.evaluation.photos.held_out import HeldOut

METHODS = (TRUTH, RANDOM, PRIOR, CLASS_PRIOR, MODEL)


def photo_figures(
    bench: PhotoBench, data: HeldOut, progress: Callable[[int, int], None] = lambda done, of: None
) -> dict[str, Any]:
    """Measure all methods.

    Args:
        bench: Asks them.
        data: At least one triple; decoded one at a time.
        progress: Called with triples done and all, after each.

    Returns:
        Figures by name, ready for JSON: `methods` and `kinds`.
    """
    triples = []
    for number, group in enumerate(data.groups):
        triple = data.triples[number]
        answers = bench.answers(triple, group)
        triples.append(ScoredTriple(triple.kind, group, answers.scores, answers.has_own_prior, answers.target.is_moved))
        progress(number + 1, len(data.groups))
    scored = Scored(triples, bench.seed)
    return {
        "num_triples": len(triples),
        "num_groups": len(set(data.groups)),
        "num_places_out_of_reach": sum(one.is_moved for one in triples),
        "num_with_own_prior": sum(one.has_own_prior for one in triples),
        "grid_side": bench.pipeline.placement.grid_side,
        "seed": bench.seed,
        "interval_over": scored.interval_over,
        "methods": {method: scored.method_figures(method) for method in METHODS},
        "kinds": scored.kind_figures(),
    }
