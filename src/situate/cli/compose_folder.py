"""Composing pairs drawn from two folders, by several processes.

This module imports nothing that takes long: what loads the model are the processes, `situate.cli.compose_worker`.
"""

import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from situate.cli.constraints import ConstraintOptions
from situate.cli.progress import progress_bar
from situate.errors import InputError, OutputError
from situate.imageio.encode import PICTURE_SUFFIXES
from situate.imageio.write import write_bytes
from situate.pipeline.options import BATCH_SIZE, Synthesis, check_composing
from situate.pipeline.runtime import Runtime, default_workers
from situate.records.placement import BoxXywhPx
from situate.seeds import seed_for
from situate.sharding.engine import run_items

FEW_BATCHES = 16
"""A run is cut into at least so many batches where there are pictures enough."""


@dataclass(frozen=True)
class Task:
    """One pair and where its composite goes."""

    background: Path
    foreground: Path
    seed: int
    output: Path


@dataclass(frozen=True)
class Settings:
    """How all pairs of a run are composed; the seed of `synthesis` draws the pairs, and the seed of each."""

    model: Path | None
    runtime: Runtime
    constraints: ConstraintOptions
    synthesis: Synthesis
    top_k: int
    box_xywh_px: BoxXywhPx | None


@dataclass(frozen=True)
class Job:
    """The pairs that go through the networks together."""

    tasks: tuple[Task, ...]
    settings: Settings


@dataclass(frozen=True)
class Done:
    """What became of a job: the pictures that were written, and the pairs of which none was, with the reason."""

    pictures: list[Path]
    failures: list[dict[str, str]]


def compose_folders(
    backgrounds: Path,
    foregrounds: Path,
    output: Path,
    settings: Settings,
    *,
    num: int | None,
    num_workers: int | None,
    batch_size: int | None,
) -> int:
    """Compose `num` pairs (one for each background by default) into the folder `output`.

    Returns:
        0, or 1 if some pairs failed; those are in `output`/errors.jsonl.

    Raises:
        InputError: If a folder holds no pictures, a number is not positive, or an option cannot be used.
        OutputError: If something cannot be written.
    """
    scenes, cutouts = _pictures(backgrounds), _pictures(foregrounds)
    count = len(scenes) if num is None else num
    num_workers = default_workers(settings.runtime) if num_workers is None else num_workers
    # Of few pictures every process shall get some; the number of processes must not matter, it would change bytes.
    batch_size = min(BATCH_SIZE, max(count // FEW_BATCHES, 1)) if batch_size is None else batch_size
    for name, number in (("num", count), ("num-workers", num_workers), ("batch-size", batch_size)):
        if number < 1:
            raise InputError(f"--{name} is {number}; it must be at least 1")
    _check(settings)
    try:
        output.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(f"{output} cannot be made ({error.strerror}); choose another folder") from error
    tasks = [_task(scenes, cutouts, settings.synthesis.seed, number, output) for number in range(count)]
    jobs = [Job(tuple(tasks[start : start + batch_size]), settings) for start in range(0, count, batch_size)]
    failures: dict[int, list[dict[str, str]]] = {}
    with progress_bar("composing") as progress:
        progress(0, count)
        for position, done in run_items(_compose, jobs, num_workers=num_workers):
            failures[position] = done.failures
            for picture in done.pictures:
                print(picture)
            progress(sum(len(jobs[position].tasks) for position in failures), count)
    return _report([failure for _, several in sorted(failures.items()) for failure in several], count, output)


def _compose(job: Job) -> Done:
    from situate.cli.compose_worker import compose_job

    return compose_job(job)


def _report(failures: Sequence[dict[str, str]], count: int, output: Path) -> int:
    lines = "".join(json.dumps(failure) + "\n" for failure in failures)
    write_bytes(lines.encode(), output / "errors.jsonl")
    if failures:
        print(f"{len(failures)} of {count} pairs failed, see {output / 'errors.jsonl'}", file=sys.stderr)
    return 1 if failures else 0


def _check(settings: Settings) -> None:
    """Find out what can be known without the model; the rest is found before the first picture."""
    demanded, box_xywh_px = settings.constraints.without_masks(), settings.box_xywh_px
    check_composing("", settings.synthesis, settings.top_k, box_xywh_px, demanded)
    if box_xywh_px is not None and (settings.constraints.allow or settings.constraints.avoid):
        raise InputError("--box says where the object goes, --allow and --avoid say where it may; pass one of them")


def _pictures(path: Path) -> list[Path]:
    if path.is_file():
        return [path]
    if not path.is_dir():
        raise InputError(f"{path} is neither a picture nor a folder; check the name")
    found = sorted(file for file in path.iterdir() if file.suffix.lower() in PICTURE_SUFFIXES)
    if not found:
        raise InputError(f"{path} holds no pictures ({', '.join(sorted(PICTURE_SUFFIXES))}); pass another folder")
    return found


def _task(scenes: list[Path], cutouts: list[Path], run_seed: int, number: int, output: Path) -> Task:
    """Every background comes up once before any comes up twice; the foreground is drawn."""
    turn, place = divmod(number, len(scenes))
    order = np.random.default_rng(seed_for(run_seed, "backgrounds", turn)).permutation(len(scenes))
    cutout = cutouts[np.random.default_rng(seed_for(run_seed, "foreground", number)).integers(len(cutouts))]
    background = scenes[order[place]]
    name = f"{number:05d}-{background.stem}-{cutout.stem}.png"
    return Task(background, cutout, seed_for(run_seed, "pair", number), output / name)
