"""The benchmark's figures as tables: for the terminal, as Markdown, and for the page."""

from collections.abc import Mapping
from typing import Any

from situate.evaluation.benchmark.estimate_cells import Columns, cell, method_table
from situate.evaluation.benchmark.picture_tables import picture_tables
from situate.pages.table import Table

NOTES = (
    "Each value with its 95 % interval (bootstrap over scenes). Places are judged by the oracle of the rendered "
    "scenes; pictures are compared with the render of the object at the same place, in the union of true and own "
    "effect. A name alone is the true place, but the model's own for `model`; `@` names another. Formulas: "
    "docs/benchmark.md."
)
_PERCENT, _NUMBER = (100.0, 1), (1.0, 2)
PLACES: Columns = {
    "plausible_at_1": ("plausible, first (%)", _PERCENT),
    "plausible_of_20": ("of 20 samples (%)", _PERCENT),
    "coverage": ("coverage (%)", _PERCENT),
    "likelihood_gap": ("likelihood gap (nat)", _NUMBER),
    "size_error": ("median size error (%)", _PERCENT),
}
SCORE = {
    "auroc": "AUROC of the density, true and random places",
    "ece": "calibration error of the score, all places",
    "ece_model": "of the model's own places",
    "ece_truth": "of true places",
    "ece_random": "of random places",
}
RELIABILITY = {"score": "score (%)", "plausible": "plausible (%)", "share": "of all places (%)"}
GROUPINGS = {"world": "world", "models": "object's model", "kind": "kind"}
GROUP_METHODS = ("model", "prior")
"""Whose figures are told group by group: the first that was judged."""
FLOORS = {"kind": "one height for each kind", "model": "one height for each model (primitives: kind)"}


def tables_of(result: Mapping[str, Any]) -> list[Table]:
    """Return the tables of places: of all, of groups of scenes; of pictures, if any were made; and of the score."""
    tables = [method_table("Places", PLACES, result), _size_floors(result), *_group_tables(result)]
    return [*tables, *picture_tables(result), *_score_tables(result.get("score"))]


def _size_floors(result: Mapping[str, Any]) -> Table:
    """What the draw of heights costs whoever answers one height for each kind or model."""
    rows = [(text, *_floor_cells(result["size_floor"][known])) for known, text in FLOORS.items()]
    header = ("answer", "median size error, at least (%)", "outside 0.8 to 1.25, at least (%)")
    return Table("Size: the least error of one answer", header, tuple(rows))


def _floor_cells(floor: Mapping[str, float]) -> tuple[str, str]:
    return f"{100 * floor['size_error']:.1f}", f"{100 * floor['outside_band']:.1f}"


def _group_tables(result: Mapping[str, Any]) -> list[Table]:
    """The model's places (the prior's without one) in each group of scenes, beside the least size error there."""
    method = next(name for name in GROUP_METHODS if name in result["methods"])
    columns = {figure: column for figure, column in PLACES.items() if figure != "coverage"}
    header = ("scenes", *(text for text, _ in columns.values()), "size error, at least: kind, model (%)")
    tables = []
    for grouping, name in GROUPINGS.items():
        rows = [
            (
                group,
                str(part["num_scenes"]),
                *(cell(part, method, figure, style) for figure, (_, style) in columns.items()),
                ", ".join(_floor_cells(floor)[0] for floor in part["size_floor"].values()),
            )
            for group, part in result["groups"][grouping].items()
        ]
        tables.append(Table(f"By {name}: {method}", (name, *header), tuple(rows)))
    return tables


def _score_tables(score: Mapping[str, Any] | None) -> list[Table]:
    """How well the model's scores can be trusted, and the reliability diagram as a table."""
    if score is None:
        return []
    rows = [
        (text, f"{100 * one['value']:.1f} [{100 * one['low']:.1f}, {100 * one['high']:.1f}]")
        for figure, text in SCORE.items()
        if (one := score.get(figure)) is not None
    ]
    title = "Score, on the scenes that it was fitted on" if score.get("in_sample") else "Score"
    tables = [Table(title, ("figure", "%"), tuple(rows))]
    if "reliability" in score:
        bins = [
            (*(f"{100 * row[name]:.1f}" for name in RELIABILITY), str(row["num_places"]))
            for row in score["reliability"]
        ]
        tables.append(Table("Reliability", (*RELIABILITY.values(), "places"), tuple(bins)))
    return tables


def as_markdown(table: Table) -> str:
    """A table in Markdown, its title as a bold line."""
    lines = [table.header, tuple("---" for _ in table.header), *table.rows]
    return "\n".join([f"**{table.title}**", "", *(f"| {' | '.join(line)} |" for line in lines)])
