"""One block of triples, rendered in one process into one shard: the unit of work, of resuming and of seeding.

A block holds a fixed number of triples and draws scenes until it is full, so its bytes depend on the config and its
number alone. Its report is written after its shard: a block is done when both are there.
"""

import json
import re
from collections import Counter
from pathlib import Path

import numpy as np

from situate.data.scenes.cast import Cast, read_cast
from situate.data.scenes.config import SceneConfig
from situate.data.scenes.render import Renderer
from situate.data.scenes.triple import render_triples
from situate.data.scenes.truth import models_shown
from situate.data.scenes.world import Setting, World, draw_world
from situate.data.writer import TripleWriter
from situate.errors import InputError
from situate.imageio.write import write_bytes
from situate.records.triple import Triple
from situate.seeds import seed_for

MIXED: tuple[Setting, ...] = ("street", "yard", "room")


def shard_path(folder: Path, block: int) -> Path:
    """Where the triples of a block lie."""
    return folder / f"shard-{block:05d}.tar"


def report_path(folder: Path, block: int) -> Path:
    """Where the counts of a block lie until the data set is finished."""
    return folder / f"shard-{block:05d}.json"


def is_done(folder: Path, block: int) -> bool:
    """Say whether a block was written to its end."""
    return shard_path(folder, block).is_file() and report_path(folder, block).is_file()


def write_block(renderer: Renderer, config: SceneConfig, folder: Path, block: int) -> int:
    """Render and write one block; return its number of triples."""
    skipped: Counter[str] = Counter()
    redrawn: Counter[str] = Counter()
    triples: list[Triple] = []
    num_scenes = 0
    while len(triples) < config.block_size(block):
        triples += scene_triples(renderer, config, block, num_scenes, skipped, redrawn)
        num_scenes += 1
    triples = triples[: config.block_size(block)]
    with TripleWriter(folder, first_shard=block, encoding=config.encoding) as writer:
        for triple in triples:
            writer.write(triple)
    kinds = Counter(triple.kind for triple in triples)
    report = {
        "num_triples": len(triples),
        "num_scenes": num_scenes,
        "skipped": dict(skipped),
        "redrawn": dict(redrawn),
        "kinds": dict(kinds),
        "models": sorted(models_shown(triple.truth for triple in triples if triple.truth)),
    }
    write_bytes(json.dumps(report).encode(), report_path(folder, block))
    return len(triples)


def scene_triples(
    renderer: Renderer, config: SceneConfig, block: int, scene: int, skipped: Counter[str], redrawn: Counter[str]
) -> list[Triple]:
    """Draw and render scene number `scene` of a block; what does not become a triple or a world is counted."""
    group = group_name(block, scene)
    world, chosen = scene_of(config, group, redrawn)
    return render_triples(renderer, world, group, chosen, skipped)


def group_name(block: int, scene: int) -> str:
    """Name scene number `scene` of a block."""
    return f"scene{block:05d}{scene:03d}"


def scene_of(config: SceneConfig, group: str, redrawn: Counter[str] | None = None) -> tuple[World, list[int]]:
    """Draw again the scene named `group`: only its config and its name decide what it is.

    Args:
        config: Of the data set; `assets` must hold the same models.
        group: Name of the scene.
        redrawn: Counts the worlds that were drawn in vain, by their setting.

    Returns:
        The world, and which of its things become triples, in their order in the world.

    Raises:
        InputError: If no scene is called so.
    """
    match = re.fullmatch(r"scene(\d{5})(\d{3})", group)
    if match is None:
        raise InputError(f"{group!r} is no scene; a group is called scene00012034: block 12, scene 34")
    generator = np.random.default_rng(seed_for(config.seed, "scene", int(match[1]), int(match[2])))
    cast = read_cast(config.assets, config.models) if config.assets is not None else Cast()
    setting = MIXED[int(generator.integers(len(MIXED)))] if config.world == "mixed" else config.world
    world = draw_world(generator, config.size_px, setting, cast, redrawn)
    order = generator.permutation(len(world.things))[: config.triples_per_scene]
    return world, sorted(int(index) for index in order)
