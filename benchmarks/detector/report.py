"""The comparison as Markdown: mean and spread over seeds, and what an arm gains over another, seed by seed."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from peers.report import as_markdown

from detector.arms import ARMS, RANDOM, REAL, Arm
from situate.pages.table import Table

MEASURES = {"ap50": "AP50", "ap": "AP"}
PERCENT = 100.0
Results = Sequence[Mapping[str, Any]]
BySeed = dict[int, Mapping[str, Any]]
NOTES = (
    "One detector (a centre map on frozen EfficientNet-Lite0 features), the same steps and rate in every arm. Percent, "
    "± is the standard deviation over seeds. Gains are paired: in every arm a seed has the same real pictures and "
    "first parameters; ± of a gain is the standard deviation of the seeds' gains. Street: all arms have the same "
    "pictures without a car, too; half of a batch is labelled pictures, the other half these (real only) or new "
    "pictures, whose backgrounds are both. At our places objects keep clear of annotated ones; random places cannot."
)


def summary(results: Results) -> list[dict[str, Any]]:
    """Return figures of each data set, size and arm, each as mean and spread in percent and its number of seeds."""
    rows = []
    for set_name, num_real in _groups(results):
        group = [one for one in results if _group_of(one) == (set_name, num_real)]
        by_arm = {arm.name: _by_seed(group, arm) for arm in ARMS}
        for arm, own in by_arm.items():
            if not own:
                continue
            row: dict[str, Any] = {"set": set_name, "num_real": num_real, "arm": arm}
            for measure in MEASURES:
                row[measure] = mean_and_spread([scores["mean"][measure] for scores in own.values()])
                for other in (REAL, RANDOM):
                    if other != arm and by_arm[other]:
                        row[f"{measure}_over_{other}"] = mean_and_spread(gains(own, by_arm[other], measure))
            classes = sorted({name for scores in own.values() for name in scores["by_class"]})
            row["ap50_by_class"] = {
                name: mean_and_spread([scores["by_class"][name]["ap50"] for scores in own.values()]) for name in classes
            }
            rows.append(row)
    return rows


def gains(own: BySeed, other: BySeed, measure: str) -> list[float]:
    """Differences of the seeds that both have."""
    return [own[seed]["mean"][measure] - other[seed]["mean"][measure] for seed in own if seed in other]


def mean_and_spread(values: Sequence[float]) -> dict[str, float | int | None]:
    """In percent; the spread of fewer than two is unknown."""
    spread = float(np.std(values, ddof=1)) * PERCENT if len(values) > 1 else None
    mean = float(np.mean(values)) * PERCENT if values else None
    return {"mean": mean, "spread": spread, "num": len(values)}


def markdown(rows: Sequence[Mapping[str, Any]]) -> str:
    """One table of each data set and size, and of its classes if there are several."""
    parts = [NOTES]
    for set_name, num_real in dict.fromkeys((row["set"], row["num_real"]) for row in rows):
        group = [row for row in rows if (row["set"], row["num_real"]) == (set_name, num_real)]
        title = f"{set_name}, {num_real} real training pictures, {group[0]['ap50']['num']} seeds"
        parts.append(as_markdown(_main_table(title, group)))
        if any(len(row["ap50_by_class"]) > 1 for row in group):
            parts.append(as_markdown(_class_table(f"{title}: AP50 of each class", group)))
    return "\n\n".join(parts) + "\n"


def _main_table(title: str, group: Sequence[Mapping[str, Any]]) -> Table:
    gains_of = {
        f"{key}_over_{other}": f"{name} over {other}" for key, name in MEASURES.items() for other in (REAL, RANDOM)
    }
    columns = MEASURES | gains_of
    rows = tuple((_title(row["arm"]), *(_cell(row.get(key)) for key in columns)) for row in group)
    return Table(title, ("training pictures", *columns.values()), rows)


def _class_table(title: str, group: Sequence[Mapping[str, Any]]) -> Table:
    names = sorted({name for row in group for name in row["ap50_by_class"]})
    rows = tuple((_title(row["arm"]), *(_cell(row["ap50_by_class"].get(name)) for name in names)) for row in group)
    return Table(title, ("training pictures", *names), rows)


def _cell(figure: Mapping[str, Any] | None) -> str:
    if figure is None or figure["mean"] is None:
        return "-"
    spread = "" if figure["spread"] is None else f" ±{figure['spread']:.1f}"
    return f"{figure['mean']:.1f}{spread}"


def _title(arm: str) -> str:
    return next(one.title for one in ARMS if one.name == arm)


def _by_seed(group: Results, arm: Arm) -> BySeed:
    return {one["settings"]["seed"]: one["scores"] for one in group if one["settings"]["arm"] == arm.name}


def _group_of(result: Mapping[str, Any]) -> tuple[str, int]:
    return result["settings"]["set"], result["settings"]["num_real"]


def _groups(results: Results) -> list[tuple[str, int]]:
    return list(dict.fromkeys(map(_group_of, results)))
