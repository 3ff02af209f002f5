"""Triples a second: rendered, made from photographs, read from shards, and made into training samples."""

import tempfile
import time
from functools import partial
from pathlib import Path

from cyclopts import run
from photo_triples import drawn_set
from tables import Table, publish

from situate.data.building.build import Workers
from situate.data.photos.build import Annotated, build_photo_triples
from situate.data.photos.config import PhotoConfig
from situate.data.sample import SampleConfig, training_sample
from situate.data.scenes.build import build_scene_triples
from situate.data.scenes.config import SceneConfig
from situate.data.starter import starter_set
from situate.data.store import TripleStore
from situate.recipes import recipe_named
from situate.sharding.engine import run_items

PHOTO_SIZE_PX = 512
READ_S, START_S = 4.0, 10.0
"""Each process reads for so long, and all begin at the same moment, when they have started."""


def main(*, num_scenes: int = 48, num_annotations: int = 200, num_workers: int = 2, json: Path | None = None) -> None:
    """Time every step from a renderer or an annotation to a sample.

    Args:
        num_scenes: Triples to render, primitives of 128 px.
        num_annotations: Objects in drawn photographs, of which triples are made.
        num_workers: Processes of each step.
        json: Keep the figures here.
    """
    rows: list[list[str | float | None]] = []
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        start_s = time.perf_counter()
        made = build_scene_triples(
            SceneConfig.checked(num_triples=num_scenes), folder / "scenes", num_workers=num_workers
        )
        rows.append(row("render scenes, 128 px", made["num_triples"] / (time.perf_counter() - start_s), num_workers))
        for inpainter in ("telea", "patchmatch"):
            rate = photo_rate(folder / inpainter, num_annotations, inpainter, num_workers)
            rows.append(row(f"photographs, {PHOTO_SIZE_PX} px, {inpainter}", rate, num_workers))
        small = recipe_named("small").sample
        for name, source in (("PNG", folder / "scenes"), ("WebP", starter_set("train"))):
            for work, config in (("read", None), ("read and make samples for small", small)):
                read = partial(read_rate, source, config, time.time() + START_S)
                rate = sum(one for _, one in run_items(read, range(num_workers), num_workers=num_workers))
                rows.append(row(f"{work}, {name} shards of 128 px", rate, num_workers))
    notes = (
        "Rendering and photographs count the start of their processes; reading does not.",
        "Photographs are drawn, with 25 objects in each of 512 x 512; each takes an inpainting with decoys.",
    )
    publish([Table("Triples", ("step", "triples a second", "ms of a process for each"), rows, notes)], json)


def row(name: str, rate: float, num_workers: int) -> list[str | float | None]:
    """A step and its rate."""
    return [name, rate, 1000 * num_workers / rate]


def photo_rate(folder: Path, num_annotations: int, inpainter: str, num_workers: int) -> float:
    """Triples of photographs a second."""
    folder.mkdir()
    annotations, images = drawn_set(folder, num_annotations)
    config = PhotoConfig(size_px=PHOTO_SIZE_PX, inpainter=inpainter)
    start_s = time.perf_counter()
    report = build_photo_triples(config, Annotated(annotations, images), folder / "triples", Workers(num_workers))
    return report.num_triples / (time.perf_counter() - start_s)


def read_rate(folder: Path, config: SampleConfig | None, begin: float, number: int) -> float:
    """Triples a second that one process reads, over and over, and makes into samples if there is a configuration."""
    store, count = TripleStore(folder), 0
    time.sleep(max(begin - time.time(), 0))
    start_s = time.perf_counter()
    while time.perf_counter() - start_s < READ_S:
        triple = store[(count + number) % len(store)]
        if config is not None:
            training_sample(triple, count, config)
        count += 1
    return count / (time.perf_counter() - start_s)


if __name__ == "__main__":
    run(main)
