"""What a benchmark of time has found: tables that are printed, and kept as JSON for the report."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from rate import describe_machine, measured_rate

DIGITS = 3


@dataclass(frozen=True)
class Table:
    """Figures in rows.

    Attributes:
        title: What was measured.
        columns: Their names, with units; the first says what a row is.
        rows: Words or numbers; None where there is none.
        notes: What one has to know to read it.
        plots: Names of pictures beside the JSON.
    """

    title: str
    columns: Sequence[str]
    rows: Sequence[Sequence[str | float | None]]
    notes: Sequence[str] = ()
    plots: Sequence[str] = ()

    def markdown(self) -> str:
        """As a section of a page."""
        lines = [f"### {self.title}", "", _line(self.columns), _line(["---", *["---:"] * (len(self.columns) - 1)])]
        lines += [_line([shown(value) for value in row]) for row in self.rows]
        lines += ["", *[f"- {note}" for note in self.notes]]
        lines += [f"\n![{self.title}]({plot})" for plot in self.plots]
        return "\n".join(lines).rstrip() + "\n"


def publish(tables: Sequence[Table], json_path: Path | None) -> None:
    """Print tables under the machine's own rate, and keep them if a path is given."""
    print(describe_machine())
    for table in tables:
        print(f"\n{table.markdown()}", end="")
    if json_path is not None:
        content: dict[str, Any] = {"machine": measured_rate().as_dict(), "tables": [asdict(table) for table in tables]}
        json_path.write_text(json.dumps(content, indent=2) + "\n")


def shown(value: str | float | None) -> str:
    """A cell as text: three digits that count."""
    if value is None:
        return "-"
    if isinstance(value, str):
        return value
    return f"{value:,.0f}" if abs(value) >= 10 ** (DIGITS - 1) else f"{value:.{DIGITS}g}"


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"
