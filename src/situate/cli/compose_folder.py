"""Composing pairs drawn from two folders, by several processes."""

import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import torch

from situate.cli.constraints import ConstraintOptions
from situate.cli.model_folder import Runtime, composer_of
from situate.cli.progress import progress_bar
from situate.errors import InputError, OutputError, SituateError
from situate.imageio.encode import PICTURE_SUFFIXES
from situate.imageio.read import read_picture
from situate.imageio.write import write_bytes
from situate.pipeline.batch import Pair, composed
from situate.pipeline.composer import Composer
from situate.pipeline.inputs import cutout_from, scene_from
from situate.pipeline.options import Synthesis, check_composing
from situate.pipeline.output import write_composites
from situate.seeds import seed_for
from situate.sharding.engine import run_items
from situate.sharding.pool import num_processors


@dataclass(frozen=True)
class Crew:
    """Who composes: so many processes (None: one for each processor), with so many pairs at once."""

    num_workers: int | None
    batch_size: int


@dataclass(frozen=True)
class _Task:
    """One pair and where its composite goes."""

    background: Path
    foreground: Path
    seed: int
    output: Path


@dataclass(frozen=True)
class _Job:
    """What a worker does with the tasks of one batch."""

    tasks: tuple[_Task, ...]
    model: Path | None
    runtime: Runtime
    constraints: ConstraintOptions
    options: dict[str, Any]


def compose_folders(
    backgrounds: Path,
    foregrounds: Path,
    output: Path,
    constraints: ConstraintOptions,
    *,
    num: int | None,
    model: Path | None,
    runtime: Runtime,
    crew: Crew,
    options: dict[str, Any],
) -> int:
    """Compose `num` pairs (one for each background by default) into the folder `output`.

    Returns:
        0, or 1 if some pairs failed; those are in `output`/errors.jsonl.

    Raises:
        InputError: If a folder holds no pictures, a number is not positive, or an option cannot be used.
        OutputError: If `output` cannot be made.
    """
    scenes, cutouts = _pictures(backgrounds), _pictures(foregrounds)
    count = len(scenes) if num is None else num
    num_workers = num_processors() if crew.num_workers is None else crew.num_workers
    for name, number in (("num", count), ("num-workers", num_workers), ("batch-size", crew.batch_size)):
        if number < 1:
            raise InputError(f"--{name} is {number}; it must be at least 1")
    _check_options(composer_of(model, runtime), options, constraints)
    try:
        output.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(f"{output} cannot be made ({error.strerror}); choose another folder") from error
    tasks = [_task(scenes, cutouts, options["seed"], number, output) for number in range(count)]
    batches = [tuple(tasks[start : start + crew.batch_size]) for start in range(0, count, crew.batch_size)]
    jobs = [_Job(batch, model, runtime, constraints, options) for batch in batches]
    failures: dict[int, list[dict[str, str]]] = {}
    with progress_bar("composing") as progress:
        for position, failed in run_items(_compose_job, jobs, num_workers=num_workers):
            failures[position] = failed
            progress(sum(len(batches[done]) for done in failures), count)
            missing = {failure["output"] for failure in failed}
            for task in batches[position]:
                if str(task.output) not in missing:
                    print(task.output)
    return _report([failure for _, several in sorted(failures.items()) for failure in several], count, output)


def _report(failures: Sequence[dict[str, str]], count: int, output: Path) -> int:
    lines = "".join(json.dumps({**failure, "output": Path(failure["output"]).name}) + "\n" for failure in failures)
    write_bytes(lines.encode(), output / "errors.jsonl")
    if failures:
        print(f"{len(failures)} of {count} pairs failed, see {output / 'errors.jsonl'}", file=sys.stderr)
    return 1 if failures else 0


def _check_options(composer: Composer, options: dict[str, Any], constraints: ConstraintOptions) -> None:
    demanded, conditioning = constraints.without_masks(), composer.pipeline.conditioning
    check_composing(conditioning, _synthesis(options), options["top_k"], options["box_xywh_px"], demanded)
    if options["box_xywh_px"] is not None and (constraints.allow or constraints.avoid):
        raise InputError("--box says where the object goes, --allow and --avoid say where it may; pass one of them")


def _synthesis(options: dict[str, Any]) -> Synthesis:
    return Synthesis(**{name: options[name] for name in ("seed", "num_steps", "strength", "match")})


_loaded = cache(composer_of)


def _compose_job(job: _Job) -> list[dict[str, str]]:
    """Compose a batch; return what failed and why.

    A process computes on one thread however many there are: with others, sums differ in their last digits.
    """
    num_threads = torch.get_num_threads(), cv2.getNumThreads()
    torch.set_num_threads(1)
    cv2.setNumThreads(1)
    try:
        return _composed_and_written(job)
    finally:
        torch.set_num_threads(num_threads[0])
        cv2.setNumThreads(num_threads[1])


def _composed_and_written(job: _Job) -> list[dict[str, str]]:
    composer = _loaded(job.model, job.runtime)
    readings = [_read(task, job) for task in job.tasks]
    pairs = [pair for pair in readings if isinstance(pair, Pair)]
    made = composed(composer.pipeline, pairs, _synthesis(job.options), job.options["top_k"], composer.model_fingerprint)
    failures = []
    for task, reading in zip(job.tasks, readings, strict=True):
        result = next(made) if isinstance(reading, Pair) else reading
        if isinstance(result, SituateError):
            names = {"background": task.background, "foreground": task.foreground, "output": task.output}
            failures.append({**{name: str(path) for name, path in names.items()}, "error": str(result)})
            continue
        is_numbered, label = job.options["top_k"] > 1, task.output.with_suffix(".json")
        write_composites(result, task.output, is_numbered=is_numbered, with_masks=True, json_path=label)
    return failures


def _read(task: _Task, job: _Job) -> Pair | SituateError:
    try:
        scene = scene_from(read_picture(task.background))
        demanded = job.constraints.for_background(scene)
        return Pair(scene, cutout_from(task.foreground), task.seed, job.options["box_xywh_px"], demanded)
    except SituateError as error:
        return error


def _pictures(path: Path) -> list[Path]:
    if path.is_file():
        return [path]
    if not path.is_dir():
        raise InputError(f"{path} is neither a picture nor a folder; check the name")
    found = sorted(file for file in path.iterdir() if file.suffix.lower() in PICTURE_SUFFIXES)
    if not found:
        raise InputError(f"{path} holds no pictures ({', '.join(sorted(PICTURE_SUFFIXES))}); pass another folder")
    return found


def _task(scenes: list[Path], cutouts: list[Path], run_seed: int, number: int, output: Path) -> _Task:
    """Every background comes up once before any comes up twice; the foreground is drawn."""
    turn, place = divmod(number, len(scenes))
    order = np.random.default_rng(seed_for(run_seed, "backgrounds", turn)).permutation(len(scenes))
    cutout = cutouts[np.random.default_rng(seed_for(run_seed, "foreground", number)).integers(len(cutouts))]
    background = scenes[order[place]]
    name = f"{number:05d}-{background.stem}-{cutout.stem}.png"
    return _Task(background, cutout, seed_for(run_seed, "pair", number), output / name)
