"""The comparison as tables that can be pasted into documents."""

from collections.abc import Mapping, Sequence
from typing import Any

from peers.methods import BOX_PEERS, MAP_PEER, OURS
from situate.evaluation.intervals import mean_of, ratio_of
from situate.evaluation.tables import with_interval
from situate.pages.table import Table

NOTES = (
    "Peers' methods re-implemented from scratch in their manner on one frozen encoder and one trunk, trained by one "
    "loop with the same steps and the same number of trials: what is compared are heads and losses, not the papers' "
    "systems. Each value with its 95 % interval (bootstrap over groups); triples count with their mean over seeds, and "
    "± is the standard deviation over seeds. All boxes are moved inside the picture."
)


def differences(hits: Mapping[str, Sequence[float]], groups: Sequence[str], *, seed: int) -> dict[str, Any]:
    """Return ours minus each peer's IoU50, best of five, paired, and ours over the best box peer's.

    The best box peer is chosen by the very figures that are compared, in its favour.
    """
    peers = [name for name in (MAP_PEER, *BOX_PEERS) if name in hits]
    found: dict[str, Any] = {"minus": {}}
    for name in peers:
        gaps = [ours - theirs for ours, theirs in zip(hits[OURS], hits[name], strict=True)]
        found["minus"][name] = mean_of(gaps, groups, seed=seed).as_dict()
    boxed = [name for name in peers if name in BOX_PEERS]
    if boxed:
        best = max(boxed, key=lambda name: sum(hits[name]))
        found["best_box_peer"] = best
        if sum(hits[best]):
            found["ratio"] = ratio_of(hits[OURS], hits[best], groups, seed=seed).as_dict()
    return found


def tables_of(result: Mapping[str, Any]) -> list[Table]:
    """The figures and differences of each part of the test, then the trials."""
    tables = []
    for name, part in result["parts"].items():
        tables.append(_figures(name, part))
        if part["differences"]:
            tables.append(_differences(name, part["differences"]))
    return [*tables, _trials(result["trials"])]


def as_markdown(table: Table) -> str:
    """The table under its title in bold."""
    lines = [table.header, tuple("---" for _ in table.header), *table.rows]
    return "\n".join([f"**{table.title}**", "", *("| " + " | ".join(line) + " |" for line in lines)])


def _figures(name: str, part: Mapping[str, Any]) -> Table:
    columns = {
        "iou50_at_1": ("IoU50, first (%)", 1, 100.0),
        "iou50_at_5": ("IoU50, best of five (%)", 1, 100.0),
        "mean_iou_at_5": ("mean IoU, best of five (%)", 1, 100.0),
        "centre_error": ("median centre error (% of diagonal)", 1, 100.0),
        "top_tenth": ("true cell in the top tenth (%)", 1, 100.0),
        "cell_nats": ("log probability of the true cell (nat)", 2, 1.0),
        "log_prob": ("log density of the true place (nat)", 2, 1.0),
    }
    rows = []
    for method, figures in part["methods"].items():
        cells = []
        for column, (_, digits, factor) in columns.items():
            cells.append(_cell(figures[column], digits, factor) if column in figures else "-")
        rows.append((method, *cells))
    title = f"{name}: {part['num_triples']} triples of {part['num_groups']} groups"
    return Table(title, ("method", *(text for text, _, _ in columns.values())), tuple(rows))


def _cell(figure: Mapping[str, Any], digits: int, factor: float) -> str:
    text = with_interval(figure, digits, factor)
    return f"{text} ±{factor * figure['spread']:.{digits}f}" if len(figure["by_seed"]) > 1 else text


def _differences(name: str, found: Mapping[str, Any]) -> Table:
    rows = [(f"{OURS} - {peer} (%)", with_interval(gap, 1, 100.0)) for peer, gap in found["minus"].items()]
    if "ratio" in found:
        rows.append(
            (f"{OURS} / {found['best_box_peer']}, the best of {', '.join(BOX_PEERS)}", with_interval(found["ratio"]))
        )
    return Table(f"{name}: IoU50, best of five, paired", ("what", "value"), tuple(rows))


def _trials(trials: Mapping[str, Mapping[str, Any]]) -> Table:
    header = (
        "method",
        "trials",
        "learning rate: mean IoU, best of five, on validation (%)",
        "chosen",
        "runs by seed (%)",
    )
    rows = []
    for method, one in trials.items():
        tried = ", ".join(f"{trial['learning_rate']:g}: {100 * trial['mean_iou_at_5']:.1f}" for trial in one["trials"])
        runs = ", ".join(f"{run['seed']}: {100 * run['mean_iou_at_5']:.1f}" for run in one["runs"])
        rows.append((method, str(len(one["trials"])), tried, f"{one['runs'][0]['learning_rate']:g}", runs))
    return Table("Tuning, the same for all", header, tuple(rows))
