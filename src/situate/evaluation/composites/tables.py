"""The figures of the suite `composites` as tables of text."""

from collections.abc import Mapping
from typing import Any

from situate.evaluation.composites.given import MIN_CHANGE_LEVELS
from situate.evaluation.composites.passes import MIN_FRAMES_APART
from situate.evaluation.tables import with_interval
from situate.pages.table import Table

NOTES = (
    "Each value with its 95 % interval (bootstrap over groups; of a fixed camera over the passes of its objects). All "
    "methods get the same foreground and box. Cut from the composite itself, a foreground would be the answer: 'other "
    f"light' changes its exposure, white balance and contrast by at least {MIN_CHANGE_LEVELS:g} levels, 'other frame' "
    f"is the same object {MIN_FRAMES_APART} frames away or more. Object: where it is solid. Ring: outside the object, "
    "its true shadow and half an object's length around; a paste leaves the background there. Identity: cosine of "
    "features of the object as given and as it is in the composite."
)
_DIGITS = {"object_psnr_db": 2, "object_perceptual": 3, "ring_psnr_db": 2, "ring_perceptual": 3, "identity": 3}
_HEADER = ("object, PSNR (dB)", "object, perceptual", "ring, PSNR (dB)", "ring, perceptual", "identity")


def about(result: Mapping[str, Any]) -> str:
    """Say what was measured, and on what."""
    place = "where the model itself puts the object" if result["conditioning"] == "literal" else "at the true place"
    return (
        f"Model {result['model']} ({result['model_fingerprint']}), {result['steps'][0]} steps, {place}, on "
        f"{result['num_triples']} triples from {result['data']}."
    )


def tables_of(result: Mapping[str, Any]) -> list[Table]:
    """All figures of `composite_figures`."""
    return [
        table for part, figures in result["parts"].items() for table in (_methods(part, figures), _pairs(part, figures))
    ]


def _methods(part: str, figures: Mapping[str, Any]) -> Table:
    drawn = f"{figures['num_units']} passes or groups" if figures["interval_over"] == "units" else "triples"
    title = f"{part} (triples: {figures['num_triples']}; intervals over {drawn}{_left_out(figures)})"
    rows = [(method, *_cells(estimates)) for method, estimates in figures["methods"].items()]
    return Table(title, ("method", *_HEADER), tuple(rows))


def _pairs(part: str, figures: Mapping[str, Any]) -> Table:
    rows = [(f"model - {baseline}", *_cells(estimates)) for baseline, estimates in figures["model_minus"].items()]
    title = f"{part}: the model against the baselines, on the same triples (PSNR: more is better, perceptual: less)"
    return Table(title, ("difference", *_HEADER), tuple(rows))


def _left_out(figures: Mapping[str, Any]) -> str:
    reasons = ", ".join(f"{reason} ({count})" for reason, count in figures["num_without_ring"].items())
    return f"; without a ring: {reasons}" if reasons else ""


def _cells(estimates: Mapping[str, Any]) -> list[str]:
    return [with_interval(estimates[name], digits) if name in estimates else "-" for name, digits in _DIGITS.items()]
