"""Cells of the benchmark's tables: a value with its interval, by method and figure."""

from collections.abc import Mapping
from typing import Any

from situate.pages.table import Table

Style = tuple[float, int]
"""With which factor a figure is shown, and how many digits after the point."""
Columns = dict[str, tuple[str, Style]]
"""Heading and style by the figure's name."""


def method_table(title: str, columns: Columns, result: Mapping[str, Any]) -> Table:
    """Return a row for each method that has one of the figures."""
    rows = [
        (method, *(cell(result, method, figure, style) for figure, (_, style) in columns.items()))
        for method, figures in result["methods"].items()
        if set(columns) & set(figures)
    ]
    return Table(title, ("method", *(text for text, _ in columns.values())), tuple(rows))


def cell(result: Mapping[str, Any], method: str, figure: str, style: Style) -> str:
    """Return one of the result's figures; a dash where a method does not have it."""
    if figure not in result["methods"].get(method, {}):
        return "-"
    low, high = result["intervals"][method][figure]
    return estimate_cell({"value": result["methods"][method][figure], "low": low, "high": high}, style)


def estimate_cell(estimate: Mapping[str, Any] | None, style: Style) -> str:
    """Return an estimate; a dash for None."""
    if estimate is None:
        return "-"
    factor, digits = style
    value, low, high = (f"{factor * estimate[name]:.{digits}f}" for name in ("value", "low", "high"))
    return f"{value} [{low}, {high}]"
