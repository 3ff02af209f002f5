"""The demo from start to end: render where it was asked for, train, compose, measure, report."""

import shutil
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

from situate import __version__
from situate.data.scenes.build import build_scene_triples
from situate.data.scenes.config import SceneConfig
from situate.data.starter import starter_set
from situate.data.store import TripleStore
from situate.demo.compose import (
    PhotoRow,
    SceneRow,
    example_backgrounds,
    example_foregrounds,
    one_of_each_scene,
    photo_row,
    scene_row,
)
from situate.demo.machine import machine_facts
from situate.demo.measure import Models, load_models, measure
from situate.demo.plan import DemoConfig, DemoFolder
from situate.demo.progress import Phases
from situate.demo.report import demo_report
from situate.errors import OutputError
from situate.imageio.write import write_bytes, write_json
from situate.pipeline.device import device_named
from situate.records.triple import Triple
from situate.sharding.pool import num_processors
from situate.training.run import train


def run_demo(config: DemoConfig, root: Path, *, overwrite: bool = False, device: str = "auto") -> dict[str, Any]:
    """Do everything once; return what `demo.json` holds.

    Args:
        config: How much of it.
        root: Folder of the results; missing or empty unless `overwrite`.
        overwrite: Remove the results of an earlier demo in `root` first.
        device: `auto`, `cpu` or `cuda`.

    Raises:
        OutputError: If `root` is in use or cannot be written.
        MissingExtraError: If scenes must be rendered, and Mitsuba is not installed.
    """
    folder = DemoFolder(root)
    device_named(device)
    _prepare(folder, overwrite)
    try:
        return _run(config, folder, device)
    except KeyboardInterrupt:
        print(f"interrupted: {folder.present()}; start again with --overwrite", file=sys.stderr)
        raise


def _run(config: DemoConfig, folder: DemoFolder, device: str) -> dict[str, Any]:
    phases = Phases()
    data = _made(config, folder, phases)
    with phases.timed("training"):
        minutes = config.training_minutes(phases.elapsed_s)
        run = train(
            config.training(), [data.training], folder.run, validation=data.validation, minutes=minutes, device=device
        )
    if run.reason.startswith("interrupted"):
        raise KeyboardInterrupt
    models = load_models(run.model_folder, device)
    triples = list(islice(TripleStore(data.held_out), config.num_held_out))
    scenes = _compose_scenes(one_of_each_scene(triples, config.num_shown), models, config.seed, phases)
    photos = _compose_photos(triples, models, config.seed, phases)
    figures = measure(models, triples, data.training, config, phases)
    result = {
        "situate": __version__,
        "config": config.model_dump(),
        "training": {
            "num_triples": run.num_triples,
            "steps": run.step,
            "published_step": run.published_step,
            "converged": run.converged,
            "reason": run.reason,
            "validation": run.validation,
        },
        **figures,
        "scenes": [row.as_dict() for row in scenes],
        "photo_model": "model just trained" if models.shipped is None else "shipped model",
        "photographs": [row.as_dict() for row in photos],
        "times_s": phases.seconds,
        "machine": machine_facts(models.trained),
    }
    write_json(result, folder.numbers)
    write_bytes(demo_report(result, scenes, photos, folder.run / "metrics.jsonl").encode(), folder.report)
    return result


def _prepare(folder: DemoFolder, overwrite: bool) -> None:
    root = folder.root
    if root.exists() and not root.is_dir():
        raise OutputError(f"{root} is a file; choose a folder with --out")
    if root.is_dir() and any(root.iterdir()) and not overwrite:
        raise OutputError(f"{root} is not empty; pass --overwrite to replace an earlier demo in it, or another --out")
    foreign = folder.foreign()
    if foreign:
        names = ", ".join(path.name for path in foreign)
        raise OutputError(f"{root} holds {names}, which no demo wrote; move that away, or choose another folder --out")
    try:
        root.mkdir(parents=True, exist_ok=True)
        for path in folder.own:
            if path.is_dir():
                shutil.rmtree(path)
            else:
                path.unlink(missing_ok=True)
    except OSError as error:
        raise OutputError(f"{root} cannot be written ({error.strerror}); choose another folder with --out") from error


@dataclass(frozen=True)
class _DemoData:
    """Folders of triples; without one for validation, training holds a part back."""

    training: Path
    validation: tuple[Path, ...]
    held_out: Path


def _made(config: DemoConfig, folder: DemoFolder, phases: Phases) -> _DemoData:
    if config.data == "starter":
        return _DemoData(starter_set("train"), (starter_set("val"),), starter_set("test"))
    _render(config.scenes(), folder.data, phases, "rendering scenes")
    _render(config.held_out_scenes(), folder.held_out, phases, "rendering held-out scenes")
    return _DemoData(folder.data, (), folder.held_out)


def _render(scenes: SceneConfig, folder: Path, phases: Phases, title: str) -> None:
    with phases.bar("rendering", title, scenes.num_triples) as advance:
        build_scene_triples(scenes, folder, num_workers=num_processors(), progress=advance)


def _compose_scenes(triples: Sequence[Triple], models: Models, seed: int, phases: Phases) -> list[SceneRow]:
    rows = []
    with phases.bar("composing", "composing scenes", len(triples)) as advance:
        for number, triple in enumerate(triples):
            rows.append(scene_row(triple, models.trained, models.shipped, seed))
            advance(number + 1, len(triples))
    return rows


def _compose_photos(triples: Sequence[Triple], models: Models, seed: int, phases: Phases) -> list[PhotoRow]:
    backgrounds, foregrounds = example_backgrounds(), example_foregrounds(triples)
    rows = []
    with phases.bar("composing", "composing photographs", len(backgrounds)) as advance:
        for number, background in enumerate(backgrounds):
            rows.append(photo_row(background, foregrounds[number % len(foregrounds)], models.for_photos, seed))
            advance(number + 1, len(backgrounds))
    return rows
