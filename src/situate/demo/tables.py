"""The demo's numbers as tables, the model just trained beside the shipped one."""

from collections.abc import Mapping
from typing import Any

from situate.evaluation.tables import with_interval
from situate.pages.table import Table

_FIGURES = (
    ("placement", "cell_nats_model", "log-likelihood of the true cell, model", 2, 1.0, " nats"),
    ("placement", "cell_nats_prior", "the same by the prior (where objects stood in training)", 2, 1.0, " nats"),
    ("placement", "cell_nats_uniform", "the same at random (uniform over the picture)", 2, 1.0, " nats"),
    ("placement", "cell_nats_gain_over_prior", "model above prior", 2, 1.0, " nats"),
    ("placement", "iou50_at_5_model", "true box among five places (IoU >= 0.5), model", 0, 100.0, " %"),
    ("placement", "iou50_at_5_prior", "the same for places from the prior", 0, 100.0, " %"),
    ("placement", "iou50_at_5_random", "the same for random boxes", 0, 100.0, " %"),
    ("synthesis", "psnr_db_model", "PSNR where the picture changes, true box, model", 2, 1.0, " dB"),
    ("synthesis", "psnr_db_paste", "the same for plain paste", 2, 1.0, " dB"),
    ("synthesis", "psnr_db_poisson", "the same for Poisson cloning", 2, 1.0, " dB"),
    ("synthesis", "psnr_db_gain_over_paste", "model above paste", 2, 1.0, " dB"),
    ("synthesis", "shadow_iou", "overlap of shadows with the true ones (IoU)", 2, 1.0, ""),
    ("fused_tokens", "relative_rise", "synthesis loss rises with another scene's fused tokens by", 1, 100.0, " %"),
)


def figures_table(trained: Mapping[str, Any], shipped: Mapping[str, Any] | None) -> Table:
    """Held-out figures; the column of the shipped model is left out if there is none."""
    columns = [trained] if shipped is None else [trained, shipped]
    rows = [
        (text, *(_cell(column, group, name, digits, factor, unit) for column in columns))
        for group, name, text, digits, factor, unit in _FIGURES
    ]
    rows.append(("pixels changed outside the effect", *(str(_outside(column)) for column in columns)))
    header = ("what", "just trained") if shipped is None else ("what", "just trained", "shipped")
    title = f"{trained['num_triples']} held-out triples of {trained['num_groups']} scenes"
    return Table(title, header, tuple(rows))


def times_table(seconds: Mapping[str, float]) -> Table:
    """How long each phase took."""
    rows = [(name, _minutes(value)) for name, value in seconds.items()]
    return Table("Times", ("phase", "min:s"), (*rows, ("all", _minutes(sum(seconds.values())))))


def machine_table(machine: Mapping[str, Any]) -> Table:
    """What it ran on."""
    return Table("Machine", ("what", "value"), tuple((name, str(value)) for name, value in machine.items()))


def _cell(column: Mapping[str, Any], group: str, name: str, digits: int, factor: float, unit: str) -> str:
    figures = column[group] if group != "synthesis" else next(iter(column["synthesis"].values()))
    return with_interval(figures[name], digits, factor, unit) if name in figures else "-"


def _outside(column: Mapping[str, Any]) -> int:
    return next(iter(column["synthesis"].values()))["num_pixels_changed_outside_effect"]


def _minutes(seconds: float) -> str:
    return f"{int(seconds) // 60}:{int(seconds) % 60:02d}"
