"""How many pictures a second come out of two folders, beside plain copy-paste by the same program."""

import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from importlib.util import find_spec
from pathlib import Path

import cv2
import numpy as np
from cyclopts import run
from pictures import ball_pixels, scene_pixels
from tables import Table, publish

from situate.cli.compose_folder import Done, Job, Settings, Task
from situate.cli.compose_worker import compose_job
from situate.cli.constraints import NO_CONSTRAINTS
from situate.evaluation.baselines import poisson
from situate.geometry.canvas import to_signed
from situate.geometry.paste import alpha_over, place_foreground
from situate.imageio.read import read_picture
from situate.imageio.write import write_picture
from situate.pipeline.export import export_model
from situate.pipeline.inputs import cutout_from
from situate.pipeline.options import BATCH_SIZE, Synthesis
from situate.pipeline.output import write_composites
from situate.pipeline.runtime import Runtime
from situate.records.picture import Picture
from situate.records.placement import Composite, PlacedObject, Placement
from situate.seeds import seed_for
from situate.sharding.engine import run_items

NUM_SCENES = 48
PASTED_SIZES = (0.1, 0.4)
"""Copy-paste draws the object's height between these shares of the picture's."""


@dataclass(frozen=True)
class Way:
    """One way to make composites of a batch of pairs."""

    name: str
    work: Callable[[Job], Done]
    settings: Settings


def main(
    model: Path | None = None,
    *,
    num: int = 192,
    num_workers: int = 2,
    width: int = 640,
    height: int = 480,
    json: Path | None = None,
) -> None:
    """Time making composites with masks and labels, from JPEG files to PNG files.

    Args:
        model: Model folder; the shipped weights by default.
        num: Pictures of each way, of which the first quarter does not count.
        num_workers: Processes, with one thread each.
        width: Of the pictures in pixels.
        height: Likewise.
        json: Keep the figures here.
    """
    with tempfile.TemporaryDirectory() as scratch:
        scenes, cutout = drawn(Path(scratch), (width, height))
        settings = Settings(model, Runtime("cpu"), NO_CONSTRAINTS, Synthesis(), 1, None)
        ways = [
            Way("copy-paste at random places", partial(paste_job, None), settings),
            Way("Poisson at random places", partial(paste_job, poisson), settings),
            Way("pasted at our places", compose_job, replace(settings, synthesis=Synthesis(strength=0.0))),
            Way("ours", compose_job, settings),
        ]
        if find_spec("openvino"):
            export_model(model, Path(scratch, "exported"))
            faster = replace(settings, model=Path(scratch, "exported"), runtime=Runtime("cpu", "openvino"))
            ways.append(Way("ours, openvino", compose_job, faster))
        rates = {way.name: rate_of(way, scenes, cutout, num, num_workers, Path(scratch)) for way in ways}
    publish([table_of(rates, num_workers, (width, height))], json)


def table_of(rates: dict[str, float], num_workers: int, size_wh: tuple[int, int]) -> Table:
    """Pictures a second, and over those of copy-paste."""
    first, *_ = rates.values()
    rows = [[name, rate, 1000 * num_workers / rate, 100 * rate / first] for name, rate in rates.items()]
    notes = (
        f"{num_workers} processes of one thread, {BATCH_SIZE} pictures in a batch; the time that processes take to "
        "start is not counted.",
        "Every way decodes the same JPEG and the same cut-out and encodes picture, mask, effect and label.",
    )
    columns = ("way", "pictures a second", "ms of a process for each", "rate over copy-paste, %")
    return Table(f"Batches of {size_wh[0]} x {size_wh[1]}", columns, rows, notes)


def rate_of(way: Way, scenes: list[Path], cutout: Path, num: int, num_workers: int, folder: Path) -> float:
    """Pictures a second, once all processes work."""
    output = folder / way.name
    output.mkdir()
    tasks = [Task(scenes[i % len(scenes)], cutout, seed_for(0, i), output / f"{i:05d}.png") for i in range(num)]
    jobs = [Job(tuple(tasks[start : start + BATCH_SIZE]), way.settings) for start in range(0, num, BATCH_SIZE)]
    done_s = []
    for _, done in run_items(way.work, jobs, num_workers=num_workers):
        assert not done.failures, done.failures
        done_s.append((time.perf_counter(), len(done.pictures)))
    warm_up = max(len(jobs) // 4, 1)
    count = sum(pictures for _, pictures in done_s[warm_up:])
    assert count, f"{num} pictures are too few; pass more than {BATCH_SIZE}"
    return count / (done_s[-1][0] - done_s[warm_up - 1][0])


def paste_job(blend: Callable[..., np.ndarray] | None, job: Job) -> Done:
    """Put each object somewhere and write what composing writes."""
    cv2.setNumThreads(1)
    for task in job.tasks:
        scene, cutout = read_picture(task.background), cutout_from(task.foreground)
        generator = np.random.default_rng(task.seed)
        size_wh = (scene.width_px, scene.height_px)
        height = generator.uniform(*PASTED_SIZES)
        width = height * scene.height_px * cutout.width_px / cutout.height_px / scene.width_px
        centre = generator.uniform((width / 2, height / 2), (1 - width / 2, 1 - height / 2))
        box_cxcywh = (*map(float, centre), float(width), float(height))
        premultiplied, alpha = place_foreground(cutout.pixels, box_cxcywh, size_wh)
        visible = np.round(255 * alpha).astype(np.uint8)
        if blend is None:
            pixels = pasted(scene.rgb_u8, premultiplied, alpha)
        else:
            pixels = blend(scene.rgb_u8, cutout.pixels, box_cxcywh)
        placed = (PlacedObject(Placement(box_cxcywh), visible),)
        composite = Composite(scene.with_pixels(pixels), placed, visible, task.seed, "")
        label = task.output.with_suffix(".json")
        write_composites([composite], task.output, is_numbered=False, with_masks=True, json_path=label)
    return Done([task.output for task in job.tasks], [])


def pasted(scene: np.ndarray, premultiplied: np.ndarray, alpha: np.ndarray) -> np.ndarray:
    """Alpha-over where the object is, and nowhere else."""
    rows, columns = np.flatnonzero(alpha.any(axis=1)), np.flatnonzero(alpha.any(axis=0))
    place = slice(rows[0], rows[-1] + 1), slice(columns[0], columns[-1] + 1)
    mixed = (alpha_over(to_signed(scene[place]), premultiplied[place], alpha[place]) + 1) * 127.5
    made = scene.copy()
    made[place] = np.clip(np.rint(mixed), 0, 255).astype(np.uint8)
    return made


def drawn(folder: Path, size_wh: tuple[int, int]) -> tuple[list[Path], Path]:
    """Draw a folder of scenes, and a cut-out beside it."""
    scenes = [folder / "scenes" / f"{number:02d}.jpg" for number in range(NUM_SCENES)]
    scenes[0].parent.mkdir(parents=True)
    for number, path in enumerate(scenes):
        write_picture(Picture(scene_pixels(number, *size_wh)), path, quality=90)
    write_picture(Picture(ball_pixels(200)), folder / "object.png")
    return scenes, folder / "object.png"


if __name__ == "__main__":
    run(main)
