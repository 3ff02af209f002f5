"""The comparison from data sets to a table."""

import time
from pathlib import Path
from typing import Literal

from rate import describe_machine

from detector.arms import ARMS, arm_of
from detector.plan import do, one_thread, rendered_runs, street_runs
from detector.report import markdown, summary
from detector.train import Recipe
from situate.errors import InputError
from situate.imageio.write import write_bytes, write_json
from situate.sharding.engine import run_items

PLAIN = Recipe()


def main(
    out: Path,
    *,
    street: Path | None = None,
    rendered: Path | None = None,
    sizes: str = "25,50,100",
    seeds: str = "0,1,2",
    arms: str = ",".join(arm.name for arm in ARMS),
    part: Literal["test", "development"] = "test",
    workers: int = 2,
    recipe: Recipe = PLAIN,
) -> None:
    """Train a detector for each size, seed and arm, and print what each arm is worth; what is done already is kept.

    Args:
        out: Where splits, new pictures, `runs/`, `results.json` and `results.md` go.
        street: Folder with `instances.json` and `images/`, whose file names begin with their series.
        rendered: Folder that `scene_set.py` has made.
        sizes: Numbers of real training pictures of street, with commas.
        seeds: With commas.
        arms: With commas.
        part: What street is tested on; development is there to choose a recipe.
        workers: Processes of one thread.
        recipe: Of every training.
    """
    print(describe_machine(), flush=True)
    names, seed_list = [arm_of(name).name for name in arms.split(",")], _numbers(seeds)
    runs = []
    if street is not None:
        runs += street_runs(street, out, part, _numbers(sizes), seed_list, names, recipe)
    if rendered is not None:
        runs += rendered_runs(rendered, out, seed_list, names, recipe)
    if not runs:
        raise InputError("there is nothing to do; pass --street or --rendered")
    left, start_s = [run for run in runs if run.finished() is None], time.monotonic()
    for num_done, (position, _) in enumerate(run_items(do, left, num_workers=workers, prepare=one_thread), start=1):
        print(f"{num_done}/{len(left)} {left[position].key} {time.monotonic() - start_s:.0f} s", flush=True)
    results = [result for run in runs if (result := run.finished()) is not None]
    rows = summary(results)
    write_json({"summary": rows, "runs": results}, out / "results.json")
    text = markdown(rows)
    write_bytes(text.encode(), out / "results.md")
    print(text)


def _numbers(text: str) -> list[int]:
    return [int(part) for part in text.split(",")]
