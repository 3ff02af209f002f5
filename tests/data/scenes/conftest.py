"""Two worlds rendered once, small and with few paths: what the tests of rendered triples look at."""

from collections import Counter
from dataclasses import dataclass

import numpy as np
import pytest

from situate.data.scenes.render import Renderer
from situate.data.scenes.triple import render_triples
from situate.data.scenes.world import World, draw_world
from situate.records.triple import Triple

pytest.importorskip("mitsuba", reason="needs the extra 'scenes'")

SIZE_PX = 64
NUM_SAMPLES = 4


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
