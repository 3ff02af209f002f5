"""A debug model that was never trained, and synthetic triples: enough to run every figure."""

import pytest
import torch
from diffusers.schedulers.scheduling_flow_match_euler_discrete import FlowMatchEulerDiscreteScheduler
from tests.synthetic import synthetic_triple

from situate.pipeline.compose import ComposePipeline
from situate.recipes import recipe_named


@pytest.fixture(scope="session")
def pipeline() -> ComposePipeline:
    with torch.random.fork_rng():
        torch.manual_seed(0)
        model = recipe_named("debug").model.build().eval()
    return ComposePipeline(model.placement, model.synthesis, FlowMatchEulerDiscreteScheduler())


@pytest.fixture(scope="session")
def triples() -> list:
    return [synthetic_triple(number) for number in range(8)]
