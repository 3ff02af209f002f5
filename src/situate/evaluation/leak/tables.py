"""The figures of the leak as tables of text."""

from collections.abc import Mapping, Sequence
from typing import Any

from situate.evaluation.tables import with_interval
from situate.pages.table import Table

NOTES = (
    "Each value with its 95 % interval. The repair detector sees the hole and 8 px round it; 50 % is chance, and the "
    "control (Telea's smear against untouched places, same budget) shows that it could tell. The leak gap is how much "
    "more often the model finds the true place, in the top tenth of its heat map, if the background was repaired there."
)


def tables_of(result: Mapping[str, Any]) -> list[Table]:
    """All figures of `leak_figures`."""
    tables = [_detector(result["detector"])] if result["detector"] else []
    return [*tables, _gap(result["gap"])] if result["gap"] else tables


def _detector(rows: Sequence[Mapping[str, Any]]) -> Table:
    header = ("data", "real hole or decoy", "positive control", "patches to learn from")
    body = [
        (
            row["data"],
            with_interval(row["accuracy"], 1, 100.0, " %"),
            with_interval(row["control_accuracy"], 1, 100.0, " %"),
            str(row["num_training"]),
        )
        for row in rows
    ]
    return Table("Repair detector, accuracy on held-out groups", header, tuple(body))


def _gap(rows: Sequence[Mapping[str, Any]]) -> Table:
    header = ("data", "repaired", "found on true", "found on repaired", "leak gap", "intervals over")
    body = [
        (
            row["data"],
            row["repaired"],
            with_interval(row["hit_rate_true"], 1, 100.0, " %"),
            with_interval(row["hit_rate_repaired"], 1, 100.0, " %"),
            "none is found on true" if row["leak_gap"] is None else with_interval(row["leak_gap"], 1, 100.0, " %"),
            row["interval_over"],
        )
        for row in rows
    ]
    return Table("Leak gap (chance finds 10 %)", header, tuple(body))
