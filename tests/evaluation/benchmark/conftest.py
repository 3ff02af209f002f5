"""A tiny test set, drawn and rendered once."""

import pytest
import torch
from tests.synthetic import synthetic_triple

from situate.data.places.distribution import GRID_SIDE
from situate.data.scenes.block import group_name
from situate.data.scenes.config import SceneConfig
from situate.evaluation.baselines import prior_from
from situate.evaluation.benchmark.bench import Bench
from situate.evaluation.benchmark.mean_shadow import mean_shadow_of
from situate.evaluation.benchmark.model_under_test import ModelUnderTest
from situate.evaluation.benchmark.run import BenchmarkConfig, prepared_bench, scored
from situate.evaluation.benchmark.scene_scores import SceneScores
from situate.evaluation.benchmark.scene_set import SceneSet

CONFIG = SceneConfig(num_triples=3, size_px=48, num_samples=4, triples_per_scene=1, seed=1)


@pytest.fixture(scope="session")
def scenes() -> SceneSet:
    return SceneSet("tiny", CONFIG, tuple(group_name(0, number) for number in range(3)))


@pytest.fixture(scope="session")
def prior():
    boxes = [(0.3, 0.6, 0.1, 0.2), (0.6, 0.5, 0.1, 0.15), (0.5, 0.7, 0.2, 0.3)]
    return prior_from(boxes, GRID_SIDE)


@pytest.fixture(scope="session")
def bench(scenes, prior, pipeline) -> Bench:
    pytest.importorskip("mitsuba", reason="needs the extra 'scenes'")
    pytest.importorskip("torchmetrics", reason="needs the extra 'eval'")
    pytest.importorskip("efficientnet_lite_pytorch", reason="needs the extra 'eval'")
    model = ModelUnderTest(pipeline, (2, 1), "debug")
    mean_shadow = mean_shadow_of([synthetic_triple(number) for number in range(8)])
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("situate.evaluation.benchmark.run.prior_of_other_scenes", lambda config: prior)
        return prepared_bench(scenes, BenchmarkConfig(), model=model, mean_shadow=mean_shadow)


@pytest.fixture(scope="session")
def scores(bench) -> list[SceneScores]:
    with torch.random.fork_rng():
        return scored(lambda: bench, len(bench.scenes.groups))
