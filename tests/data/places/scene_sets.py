"""Data sets of primitive scenes with pictures of noise: all that is known of them is true, but nothing was rendered."""

from pathlib import Path

import numpy as np

from situate.data.description import SCENES_FILE
from situate.data.places.poses import boxes_px, fractions_of, pose_of
from situate.data.scenes.block import group_name, scene_of
from situate.data.scenes.config import SceneConfig
from situate.data.scenes.truth import truth_of
from situate.data.scenes.world import World
from situate.data.writer import Encoding, TripleWriter
from situate.records.triple import Triple
from situate.seeds import seed_for


def write_scenes(folder: Path, config: SceneConfig, num_scenes: int) -> Path:
    """Write the triples of the first scenes of a config."""
    with TripleWriter(folder, encoding=config.encoding) as writer:
        for number in range(num_scenes):
            group = group_name(0, number)
            world, chosen = scene_of(config, group)
            for index in chosen:
                writer.write(unrendered(world, index, group))
        writer.finish({"source": "scenes", "config": config.model_dump(mode="json"), "seed": config.seed})
    (folder / SCENES_FILE).write_text(config.model_dump_json())
    return folder


def primitives(*, seed: int = 0, encoding: Encoding = "png") -> SceneConfig:
    """A small config that needs no models."""
    return SceneConfig(num_triples=12, size_px=64, seed=seed, triples_per_scene=2, encoding=encoding)


def unrendered(world: World, index: int, group: str) -> Triple:
    """The triple of a thing, its pictures noise."""
    camera, thing = world.camera, world.things[index]
    generator = np.random.default_rng(seed_for(0, group, index))
    background = generator.integers(0, 256, (camera.height_px, camera.width_px, 3), dtype=np.uint8)
    effect = np.zeros(background.shape[:2], np.uint8)
    effect[3:9, 4:8] = 255
    cx, cy, w, h = fractions_of(camera, boxes_px(camera, thing, pose_of(thing)))[0].tolist()
    return Triple(
        key=f"{group}-{index}",
        group=group,
        source="scenes",
        kind=thing.kind,
        background=background,
        composite=np.where(effect[..., None] > 0, 255 - background, background),
        foreground=generator.integers(1, 256, (9, 7, 4), dtype=np.uint8),
        visible_alpha=effect,
        effect=effect,
        hole=np.zeros_like(effect),
        box_cxcywh=(cx, cy, w, h),
        truth=truth_of(world, index),
    )
