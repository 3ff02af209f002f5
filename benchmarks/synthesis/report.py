"""Means and standard deviations over seeds, and differences seed by seed, as tables for documents."""

from collections.abc import Mapping, Sequence
from statistics import mean, stdev
from typing import Any

from peers.report import as_markdown

from situate.pages.table import Table
from synthesis.variants import JOINT

NOTES = (
    "Every value is the mean ± standard deviation over seeds of the mean over the same held-out scenes; all variants "
    "of a seed begin with the same parameters and see the same samples. Composites are made at the true place. PSNR, "
    "gain over the paste and the perceptual distance are measured where the true or the generated effect is; the gain "
    "in the picture is over the same pixels for all, and blames the paste for what it shows of a hidden object, too. "
    "Loss terms are those of the recipe's loss, whatever a variant was trained with. `two-stage-double` costs twice "
    "the steps of all others. `literal` is not told the place, so its composites and losses (of the whole picture) "
    "cannot be compared with the others'."
)
PLACEMENT = {
    "nats_over_prior": ("cell over prior (nats)", 3, 1.0),
    "log_density": ("log density of the place (nats)", 3, 1.0),
    "size_error": ("size error (%)", 1, 100.0),
    "plausible_at_1": ("plausible, first (%)", 1, 100.0),
}
SYNTHESIS = {
    "psnr_db": ("PSNR (dB)", 2, 1.0),
    "gain_db": ("gain over paste (dB)", 2, 1.0),
    "picture_gain_db": ("gain in the picture (dB)", 2, 1.0),
    "perceptual": ("perceptual", 4, 1.0),
    "shadow_iou": ("shadow IoU (%)", 1, 100.0),
    "occluded_iou": ("IoU, occluded (%)", 1, 100.0),
    "loss_colour": ("colour loss", 3, 1.0),
    "loss_visible_alpha": ("alpha loss", 3, 1.0),
    "loss_effect": ("effect loss", 3, 1.0),
}
APPEARANCE = {
    "is_invisible": ("no object seen (%)", 1, 100.0),
    "seen_iou_true_mask": ("IoU of mask and true mask (%)", 1, 100.0),
    "seen_box_iou_true_box": ("IoU of its box and the true box (%)", 1, 100.0),
    "seen_box_iou_likeliest_box": ("IoU of its box and the likeliest box (%)", 1, 100.0),
    "distance_true_box": ("distance to the true box (% of diagonal)", 1, 100.0),
    "distance_likeliest_box": ("distance to the likeliest box (%)", 1, 100.0),
    "likeliest_box_iou_true_box": ("IoU of likeliest and true box (%)", 1, 100.0),
    "likeliest_box_distance_true_box": ("distance of likeliest and true box (%)", 1, 100.0),
}
_Columns = Mapping[str, tuple[str, int, float]]
_ByRow = dict[str, dict[int, Mapping[str, float | None]]]


def report(runs: Sequence[Mapping[str, Any]]) -> str:
    """All tables of the finished runs, in Markdown."""
    rows = by_row(runs)
    tables = [
        _table("Placement", rows, PLACEMENT),
        _table("Synthesis at the true place", rows, SYNTHESIS),
        _differences("Placement", rows, PLACEMENT),
        _differences("Synthesis", rows, SYNTHESIS),
        _table("Where the object appears that nobody placed", rows, APPEARANCE),
    ]
    return "\n\n".join([NOTES, *(as_markdown(table) for table in tables if table.rows)])


def by_row(runs: Sequence[Mapping[str, Any]]) -> _ByRow:
    """Figures by the name of variant and view, then by seed."""
    rows: _ByRow = {}
    for run in runs:
        for view, figures in run["rows"].items():
            rows.setdefault(f"{run['variant']}, {view}" if view else run["variant"], {})[run["seed"]] = figures
    return rows


def paired(rows: _ByRow, name: str, figure: str) -> list[float]:
    """A row's figure minus that of the plain joint model, for each seed that both have."""
    own, joint = rows[name], rows.get(JOINT, {})
    pairs = [(own[seed].get(figure), joint[seed].get(figure)) for seed in own if seed in joint]
    return [mine - theirs for mine, theirs in pairs if mine is not None and theirs is not None]


def _table(title: str, rows: _ByRow, columns: _Columns) -> Table:
    values = {
        name: {
            figure: [value for one in of_seeds.values() if (value := one.get(figure)) is not None] for figure in columns
        }
        for name, of_seeds in rows.items()
    }
    return _as_table(title, values, columns)


def _differences(title: str, rows: _ByRow, columns: _Columns) -> Table:
    values = {name: {figure: paired(rows, name, figure) for figure in columns} for name in rows if name != JOINT}
    return _as_table(f"{title}: minus `{JOINT}`, seed by seed", values, columns, sign="+")


def _as_table(
    title: str, values: Mapping[str, Mapping[str, Sequence[float]]], columns: _Columns, sign: str = ""
) -> Table:
    """Leave out what nothing is known of."""
    named = {name: one for name, one in values.items() if any(one.values())}
    known = {figure: column for figure, column in columns.items() if any(one[figure] for one in named.values())}
    lines = [
        (name, *(_cell(one[figure], digits, factor, sign) for figure, (_, digits, factor) in known.items()))
        for name, one in named.items()
    ]
    return Table(title, ("variant", *(text for text, _, _ in known.values())), tuple(lines))


def _cell(values: Sequence[float], digits: int, factor: float, sign: str) -> str:
    if not values:
        return "-"
    scaled = [factor * value for value in values]
    spread = f" ± {stdev(scaled):.{digits}f}" if len(scaled) > 1 else ""
    return f"{mean(scaled):{sign}.{digits}f}{spread}"
