"""Two worlds rendered once, small and with few paths, and a folder of boxes that stand in for models."""

from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from situate.data.scenes.cast import Cast, read_cast
from situate.data.scenes.render import Renderer
from situate.data.scenes.triple import render_triples
from situate.data.scenes.world import World, draw_world
from situate.records.triple import Triple

pytest.importorskip("mitsuba", reason="needs the extra 'scenes'")

SIZE_PX = 64
NUM_SAMPLES = 4

BOXES = {
    "person": (0.5, 0.3, 1.7),
    "dog": (0.3, 0.8, 0.6),
    "car": (1.8, 4.2, 1.5),
    "park-bench": (1.5, 0.6, 0.8),
    "bin": (0.5, 0.5, 0.9),
    "garden-chair": (0.6, 0.6, 0.9),
    "garden-sofa": (1.6, 0.8, 0.8),
    "slide": (2.0, 1.0, 1.6),
    "sofa": (1.9, 0.9, 0.8),
    "chair": (0.5, 0.5, 0.9),
    "table": (1.4, 0.8, 0.74),
    "shelf": (1.0, 0.4, 0.8),
    "bottle": (0.2, 0.2, 0.35),
    "computer": (0.4, 0.3, 0.3),
    "tree": (3.0, 3.0, 5.0),
    "street-lamp": (0.3, 0.3, 3.5),
}
"""Kind, and width, depth and height in metres."""


@dataclass(frozen=True)
class Rendered:
    world: World
    triples: list[Triple]
    skipped: Counter[str]


@pytest.fixture(scope="session")
def renderer() -> Renderer:
    return Renderer(NUM_SAMPLES)


@pytest.fixture(scope="session")
def rendered(renderer) -> list[Rendered]:
    scenes = []
    for seed in (0, 1):
        world, skipped = draw_world(np.random.default_rng(seed), SIZE_PX), Counter()
        triples = render_triples(renderer, world, f"scene{seed}", range(len(world.things)), skipped)
        scenes.append(Rendered(world, triples, skipped))
    return scenes


@pytest.fixture(scope="session")
def assets(tmp_path_factory) -> Path:
    """A folder with two boxes for each kind and the table that describes them."""
    pytest.importorskip("trimesh", reason="needs the extra 'scenes'")
    folder = tmp_path_factory.mktemp("assets")
    rows = ["file,name,kind,width_m,depth_m,height_m"]
    for kind, (width, depth, height) in BOXES.items():
        for number in (1, 2):
            name = f"{kind}-{number}.obj"
            (folder / name).write_text(_box_obj())
            rows.append(f"{name},{kind},{kind},{width},{depth},{height}")
    (folder / "models.csv").write_text("\n".join(rows) + "\n")
    return folder


@pytest.fixture(scope="session")
def cast(assets) -> Cast:
    return read_cast(assets)


def _box_obj() -> str:
    corners = [f"v {x} {y} {z}" for x in (0, 1) for y in (0, 1) for z in (0, 1)]
    quads = ("1 2 4 3", "5 7 8 6", "1 5 6 2", "3 4 8 7", "1 3 7 5", "2 6 8 4")
    return "\n".join([*corners, *(f"f {quad}" for quad in quads)]) + "\n"
