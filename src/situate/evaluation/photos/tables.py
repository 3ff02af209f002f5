"""The figures of the suite `photos` as tables of text."""

from collections.abc import Mapping, Sequence
from typing import Any

from situate.evaluation.photos.bench import CLASS_PRIOR, MODEL
from situate.evaluation.photos.figures import MIN_TRIPLES
from situate.evaluation.tables import with_interval
from situate.pages.table import Table

NOTES = (
    "Each value with its 95 % interval. A photograph says where one object stood, not where it could have: other good "
    "places count as wrong for all methods. If backgrounds are repaired, a model may find the repair and not the "
    "place: measure the leak gap too."
)


def about(result: Mapping[str, Any]) -> str:
    """Say what was measured, on what, and against what."""
    return (
        f"Model {result['model']} ({result['model_fingerprint']}) on {result['num_triples']} triples of "
        f"{result['num_groups']} groups from {result['data']}; intervals over {result['interval_over']}. Priors were "
        f"counted on {result['prior_data']}; {result['num_with_own_prior']} triples are of kinds with a prior of their "
        f"own. {result['num_places_out_of_reach']} true places lie where no model can answer."
    )


def tables_of(result: Mapping[str, Any]) -> list[Table]:
    """All figures of `photo_figures`."""
    tables = [_boxes(result["methods"]), _distributions(result["methods"])]
    return [*tables, _kinds(result["kinds"])] if result["kinds"] else tables


def _boxes(methods: Mapping[str, Mapping[str, Any]]) -> Table:
    names = ("iou50_at_1", "iou50_at_5", "centre_error", "anchor_error", "size_error")
    header = (
        "method",
        "IoU50, first (%)",
        "IoU50, best of five (%)",
        "median centre error (% of diagonal)",
        "median anchor error (% of diagonal)",
        "median size error (%)",
    )
    rows = [(method, *_percentages(figures, names)) for method, figures in methods.items()]
    return Table("Proposed boxes", header, tuple(rows))


def _distributions(methods: Mapping[str, Mapping[str, Any]]) -> Table:
    header = (
        "method",
        "true cell in the top tenth (%)",
        "log probability of the true cell (nat)",
        "above the class prior (nat)",
        "log density of the true place (nat)",
    )
    rows = [
        (
            method,
            *_percentages(figures, ("top_tenth",)),
            with_interval(figures["cell_nats"]),
            with_interval(figures["cell_nats_gain_over_class_prior"]),
            with_interval(figures["log_prob"]) if "log_prob" in figures else "-",
        )
        for method, figures in methods.items()
    ]
    return Table("Distributions over places (chance finds 10 %)", header, tuple(rows))


def _kinds(kinds: Mapping[str, Mapping[str, Any]]) -> Table:
    header = (
        "kind",
        "triples",
        "with a prior of their own",
        "top tenth, model (%)",
        "class prior (%)",
        "IoU50, best of five, model (%)",
        "class prior (%)",
        "true cell above the class prior (nat)",
        "intervals over",
    )
    rows = [
        (
            kind,
            str(figures["num_triples"]),
            str(figures["num_with_own_prior"]),
            *_of_both(figures, "top_tenth"),
            *_of_both(figures, "iou50_at_5"),
            with_interval(figures["cell_nats_gain_over_class_prior"]),
            figures["interval_over"],
        )
        for kind, figures in kinds.items()
    ]
    return Table(f"By kind ({MIN_TRIPLES} triples or more)", header, tuple(rows))


def _of_both(figures: Mapping[str, Any], name: str) -> list[str]:
    return [cell for method in (MODEL, CLASS_PRIOR) for cell in _percentages(figures[method], (name,))]


def _percentages(figures: Mapping[str, Any], names: Sequence[str]) -> list[str]:
    return [with_interval(figures[name], 1, 100.0) for name in names]
