"""How time and memory grow: with the number of pictures, their size, the objects in one, and the processes."""

import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from apart import apart, forget_peak, watched
from batch import drawn
from cyclopts import run
from matplotlib.figure import Figure
from pictures import ball_pixels, scene_pixels
from rate import median_s
from tables import Table, publish

from situate.pipeline.composer import Composer
from situate.records.picture import Picture

MEGAPIXELS = (0.25, 1, 2, 4, 8, 12, 24)
OBJECTS = (1, 2, 4, 8, 16)
ASPECT = 1.5
PICTURES_WH = (640, 480)


def main(
    model: Path | None = None,
    *,
    pictures: list[int] | None = None,
    num_workers: list[int] | None = None,
    repeats: int = 3,
    json: Path | None = None,
) -> None:
    """Measure growth and draw it.

    Args:
        model: Model folder; the shipped weights by default.
        pictures: Numbers of pictures, each a run of `situate compose`; by default 10, 100, 1000 and 5000.
        num_workers: Numbers of processes for the runs; by default 2 for all, and 1 for up to 100 pictures.
        repeats: Calls at each size and number of objects; the median counts.
        json: Keep the figures here, and the plots beside it.
    """
    folder = Path.cwd() if json is None else json.parent
    tables = [
        pictures_table(model, pictures or [10, 100, 1000, 5000], num_workers or [2, 1], folder),
        curve_table("megapixels", MEGAPIXELS, model, repeats, folder),
        curve_table("objects", OBJECTS, model, repeats, folder),
    ]
    publish(tables, json)


def pictures_table(model: Path | None, counts: list[int], workers: list[int], folder: Path) -> Table:
    """Runs of the command over folders, and the memory of all their processes."""
    rows: list[list[str | float | None]] = []
    figure = Figure(figsize=(9, 3.4), layout="constrained")
    times, memory = figure.subplots(1, 2)
    for num_workers in workers:
        done = [count for count in counts if num_workers == workers[0] or count <= 100]
        runs = [compose_run(model, count, num_workers) for count in done]
        times.plot(done, [seconds for seconds, _ in runs], marker="o", label=f"{num_workers} processes")
        for count, (seconds, held) in zip(done, runs, strict=True):
            early, late = flatness(held)
            rows.append([f"{count}, {num_workers} processes", seconds, max(mib for _, mib in held), early, late])
        memory.plot(*zip(*runs[-1][1], strict=True), label=f"{num_workers} processes, {done[-1]} pictures")
        if len(done) > 1:
            rows.append([fitted(f"fit, {num_workers} processes", done, [run[0] for run in runs]), *[None] * 4])
    times.set(xlabel="pictures", ylabel="seconds, with the start")
    memory.set(xlabel="seconds", ylabel="memory of all processes, MiB", ylim=(0, None))
    for axes in (times, memory):
        axes.legend()
    figure.savefig(folder / "growth-pictures.png", dpi=110)
    columns = ("pictures", "seconds", "most memory, MiB", "mean memory, second tenth", "last tenth")
    notes = (f"`situate compose` over folders, {PICTURES_WH[0]} x {PICTURES_WH[1]}, with masks and labels.",)
    return Table("Growth with the number of pictures", columns, rows, notes, ("growth-pictures.png",))


def compose_run(model: Path | None, count: int, num_workers: int) -> tuple[float, list[tuple[float, float]]]:
    """Seconds of one command, and the memory of its processes while it ran."""
    with tempfile.TemporaryDirectory() as scratch:
        scenes, cutout = drawn(Path(scratch, "in"), PICTURES_WH)
        words = [sys.executable, "-m", "situate", "compose", str(scenes[0].parent), str(cutout)]
        words += ["-o", str(Path(scratch, "out")), "--num", str(count), "--num-workers", str(num_workers)]
        words += [] if model is None else ["--model", str(model)]
        return watched(words, Path(scratch, "log"))


def flatness(held: Sequence[tuple[float, float]]) -> tuple[float, float]:
    """Mean memory in the second tenth of a run, when everything is loaded, and in the last."""
    mib = np.array([value for _, value in held])
    tenth = max(len(mib) // 10, 1)
    return float(mib[tenth : 2 * tenth].mean()) if len(mib) > tenth else float(mib.mean()), float(mib[-tenth:].mean())


def curve_table(what: str, values: Sequence[float], model: Path | None, repeats: int, folder: Path) -> Table:
    """Seconds and memory of one call, warm, in a process of its own for each value."""
    found = [apart(call_s, what, value, model, repeats) for value in values]
    seconds, peaks = zip(*found, strict=True)
    rows: list[list[str | float | None]] = [
        [f"{value:g}", one_s, mib] for value, one_s, mib in zip(values, seconds, peaks, strict=True)
    ]
    rows.append([fitted("fit", values, seconds), None, None])
    figure = Figure(figsize=(9, 3.4), layout="constrained")
    for axes, ordinates, label in zip(figure.subplots(1, 2), (seconds, peaks), ("seconds", "memory, MiB"), strict=True):
        axes.plot(values, ordinates, marker="o")
        axes.set(xlabel=what, ylabel=label, ylim=(0, None))
    figure.savefig(folder / f"growth-{what}.png", dpi=110)
    notes = {
        "megapixels": "One object of a quarter of the picture's height, at a given place, in memory, without encoding. "
        "Its window is a power of two wide, so that time grows in steps.",
        "objects": "Put one after another into 1920 x 1080, each seeing the last result.",
    }
    columns = (what, "seconds", "peak memory, MiB")
    return Table(f"Growth with {what}", columns, rows, (notes[what],), (f"growth-{what}.png",))


def call_s(what: str, value: float, model: Path | None, repeats: int) -> float:
    """Seconds of composing one picture of some size, or with some objects."""
    composer = Composer.from_pretrained(model, device="cpu")
    if what == "objects":
        scene, cutout = Picture(scene_pixels(0)), Picture(ball_pixels(150))
        objects = [cutout] * int(value)
        forget_peak()
        return median_s(lambda: composer.compose_several(scene, objects, may_overlap=True), repeats)
    height = round((value * 1e6 / ASPECT) ** 0.5)
    scene, side = Picture(scene_pixels(0, round(ASPECT * height), height)), height / 4
    cutout, left, top = Picture(ball_pixels(round(side))), ASPECT * height / 2, height / 2
    forget_peak()
    return median_s(lambda: composer(scene, cutout, box_xywh_px=(left, top, side, side)), repeats)


def fitted(name: str, values: Sequence[float], seconds: Sequence[float]) -> str:
    """A straight line through the figures, and how much of their variance it explains."""
    slope, start = np.polyfit(values, seconds, 1)
    line = start + slope * np.asarray(values)
    explained = 1 - np.square(seconds - line).sum() / np.square(seconds - np.mean(seconds)).sum()
    return f"{name}: {start:.2f} s + {slope:.4f} s for each, R2 {explained:.4f}"


if __name__ == "__main__":
    run(main)
