"""Triples made on the spot: a striped ball on the darker half of a noisy ground, with a shadow; no renderer needed."""

from pathlib import Path

import numpy as np

from situate.data.writer import TripleWriter
from situate.records.triple import Triple
from situate.seeds import seed_for


def synthetic_triple(number: int, *, width: int = 64, height: int = 48) -> Triple:
    generator = np.random.default_rng(seed_for(0, "synthetic", number))
    background = generator.integers(90, 110, (height, width, 3)).astype(np.uint8)
    background[height // 2 :] //= 2
    radius = int(generator.integers(4, 8))
    foreground = _ball(2 * radius)
    left = int(generator.integers(0, width - 2 * radius))
    top = int(generator.integers(height // 2, height - 2 * radius))
    alpha = np.zeros((height, width), np.uint8)
    alpha[top : top + 2 * radius, left : left + 2 * radius] = foreground[..., 3]
    composite = background.copy()
    effect = alpha.copy()
    shadow = slice(top + 2 * radius - 3, top + 2 * radius), slice(left, left + 2 * radius)
    composite[shadow] //= 2
    effect[shadow] = 255
    solid = alpha > 0
    colours = np.zeros_like(composite)
    colours[top : top + 2 * radius, left : left + 2 * radius] = foreground[..., :3]
    composite[solid] = colours[solid] // 2
    box_cxcywh = ((left + radius) / width, (top + radius) / height, 2 * radius / width, 2 * radius / height)
    return Triple(
        key=f"ball{number:05d}",
        group=f"group{number // 2}",
        source="scenes",
        kind="ball",
        background=background,
        composite=composite,
        foreground=foreground,
        visible_alpha=alpha,
        effect=effect,
        hole=np.zeros_like(effect),
        box_cxcywh=box_cxcywh,
    )


def write_synthetic_set(folder: Path, count: int = 24) -> Path:
    with TripleWriter(folder, triples_per_shard=16) as writer:
        for number in range(count):
            writer.write(synthetic_triple(number))
        writer.finish({"source": "scenes", "seed": 0, "num_triples": count, "kinds": {"ball": count}})
    return folder


def _ball(side: int) -> np.ndarray:
    y, x = np.mgrid[:side, :side] + 0.5
    inside = (x - side / 2) ** 2 + (y - side / 2) ** 2 < (side / 2) ** 2
    pixels = np.zeros((side, side, 4), np.uint8)
    pixels[..., 0] = np.where((x // 2).astype(int) % 2, 250, 120)
    pixels[..., 1] = 120
    pixels[..., 3] = np.where(inside, 255, 0)
    return pixels
