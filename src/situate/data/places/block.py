"""One block of scenes, whose backgrounds are paired with foregrounds: the unit of work and of resuming, one shard."""

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from situate.data.building.report import BuildReport
from situate.data.building.source import Plan
from situate.data.places.company import Company
from situate.data.places.config import PlacesConfig
from situate.data.places.draw import PlaceDraw
from situate.data.places.pool import Pool, Subject, read_pool
from situate.data.places.sides import side_of
from situate.data.scenes.world import World
from situate.data.shard_writer import ShardWriter
from situate.data.triple_files import ENCODINGS, read_picture
from situate.data.triple_label import rounded_places
from situate.data.writer import BACKGROUND_QUALITY, Encoding, encoded
from situate.errors import DataError
from situate.seeds import seed_for

SCENES_PER_BLOCK = 16
TOO_FEW_PLACES = "too few places"
NO_OTHER = "no other foreground"
REDRAWS = 20


@dataclass(frozen=True)
class PlacesBlock:
    """Consecutive scenes.

    Attributes:
        number: Counts from 0; the number of the block's shard.
        scenes: Positions in the pool of the triples of every scene.
        folders: The data sets of the pool.
        assets: The models that they were made with, if any.
        config: What is drawn.
    """

    number: int
    scenes: tuple[tuple[int, ...], ...]
    folders: tuple[Path, ...]
    assets: Path | None
    config: PlacesConfig

    @property
    def num_pictures(self) -> int:
        """Backgrounds in the block."""
        return sum(map(len, self.scenes))


def plan_block(block: PlacesBlock) -> Plan:
    """Count the pairs that may be made."""
    num_pairs = block.num_pictures * block.config.per_background
    report = BuildReport(num_pictures=block.num_pictures, num_annotations=num_pairs, num_triples=num_pairs)
    return {"report": report.to_json()}


def make_block(block: PlacesBlock, plan: Plan, *, destination: Path) -> BuildReport:
    """Draw the pairs of a planned block and write them as one shard into `destination`."""
    pool = read_pool(block.folders, block.assets)
    num_planned = BuildReport.from_json(plan["report"]).num_triples
    kinds: Counter[str] = Counter()
    skipped: Counter[str] = Counter()
    with ShardWriter(destination, first_shard=block.number, triples_per_shard=num_planned) as writer:
        for scene in block.scenes:
            world = pool.world_of(pool.subjects[scene[0]])
            draw = PlaceDraw(world)
            for position in scene:
                for key, files, kind in _pairs_of(pool, position, draw, block.config, skipped):
                    writer.add(key, files)
                    kinds[kind] += 1
    return BuildReport(
        num_pictures=block.num_pictures,
        num_annotations=num_planned,
        num_triples=kinds.total(),
        kinds=kinds,
        skipped=skipped,
    )


def _pairs_of(
    pool: Pool, position: int, draw: PlaceDraw, config: PlacesConfig, skipped: Counter[str]
) -> Iterator[tuple[str, dict[str, bytes], str]]:
    """Yield key, files and kind of every pair of one background."""
    background = pool.subjects[position]
    label = pool.stores[background.store].labels[background.index]
    company = Company(draw.world, label["truth"]["object"])
    background_file = _picture_file(pool, background, "background", config.encoding)
    chosen = _chosen(pool, position, draw.world, config)
    if len(chosen) < config.per_background:
        skipped[NO_OTHER] += config.per_background - len(chosen)
    for number, subject in enumerate(chosen):
        key = f"{background.key}-{number}"
        boxes = _boxes(draw, subject, company, config, key, is_own=number == 0)
        if number == 0:
            boxes = np.concatenate([[label["box_cxcywh"]], boxes])
        if len(boxes) < config.min_places:
            skipped[TOO_FEW_PLACES] += 1
            continue
        description = _label(background, subject, boxes)
        yield (
            key,
            {
                "json": json.dumps(description).encode(),
                f"background.{config.encoding}": background_file,
                f"foreground.{config.encoding}": _picture_file(pool, subject, "foreground", config.encoding),
            },
            subject.thing.kind,
        )


def _boxes(
    draw: PlaceDraw, subject: Subject, company: Company, config: PlacesConfig, key: str, *, is_own: bool
) -> np.ndarray:
    generator = np.random.default_rng(seed_for(config.seed, "places", key))
    side = side_of(draw.world.ground, subject.thing, is_at_home=is_own)
    return draw.boxes_cxcywh(generator, subject.thing, side, company, config.num_places - is_own)


def _label(background: Subject, subject: Subject, boxes: np.ndarray) -> dict[str, Any]:
    return {
        "group": background.group,
        "source": "places",
        "kind": subject.thing.kind,
        "box_cxcywh": [round(float(value), 7) for value in boxes[0]],
        "places": rounded_places(boxes[1:]),
    }


def _chosen(pool: Pool, position: int, world: World, config: PlacesConfig) -> list[Subject]:
    """Draw foregrounds for a background: its own, then triples of kinds that may stand here, each kind as likely.

    None comes twice; where there are not enough others, fewer come back.
    """
    background, kinds = pool.subjects[position], pool.kinds_for(world)
    generator = np.random.default_rng(seed_for(config.seed, "foregrounds", background.key))
    chosen = [position]
    for _ in range(config.per_background - 1):
        for _ in range(REDRAWS):
            of_kind = pool.by_kind[kinds[int(generator.integers(len(kinds)))]]
            other = of_kind[int(generator.integers(len(of_kind)))]
            if other not in chosen and pool.subjects[other].group != background.group:
                chosen.append(other)
                break
    return [pool.subjects[number] for number in chosen]


def _picture_file(pool: Pool, subject: Subject, field: str, encoding: Encoding) -> bytes:
    """Return a picture's file: as it lies there if that is its encoding, else stored anew."""
    store = pool.stores[subject.store]
    files = store.files(subject.index)
    if f"{field}.{encoding}" in files:
        return files[f"{field}.{encoding}"].read()
    where = f"{store.folder}: {store.keys[subject.index]}"
    pixels = read_picture(files, field, where)
    if pixels is None:
        raise DataError(f"{where} has no {field} in any of {', '.join(ENCODINGS)}; make the data set again")
    return encoded(pixels, encoding, BACKGROUND_QUALITY if field == "background" else None)
