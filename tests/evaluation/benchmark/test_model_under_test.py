"""The model that is judged composes at every place with every number of steps, from one noise."""

from types import SimpleNamespace

import numpy as np
from tests.synthetic import synthetic_triple

from situate.evaluation.benchmark.model_under_test import ModelUnderTest
from situate.pipeline.compose import ComposePipeline


def test_each_place_has_its_composites_by_number_of_steps_the_headline_first(pipeline, monkeypatch):
    seeds = []

    def painted(_, background, foreground, placements, prediction, *, seed, num_steps, model_fingerprint):
        """Paint each composite with its number of steps and the centre of its box."""
        seeds.append(seed)
        mask = np.zeros(background.rgb_u8.shape[:2], np.uint8)
        levels = [int(10 * num_steps + placement.box_cxcywh[0]) for placement in placements]
        pictures = [SimpleNamespace(rgb_u8=np.full_like(background.rgb_u8, level)) for level in levels]
        return [SimpleNamespace(picture=picture, effect=mask, visible_alpha=mask) for picture in pictures]

    monkeypatch.setattr(ComposePipeline, "__call__", painted)
    triple = synthetic_triple(0)
    _, prediction = pipeline.predict(triple.background, triple.foreground)
    boxes = [(1.0, 0.5, 0.1, 0.1), (2.0, 0.5, 0.1, 0.1)]
    first, second = ModelUnderTest(pipeline, (4, 1, 8), "0").made(triple, boxes, prediction, seed=7)
    assert list(first) == list(second) == [4, 1, 8]
    assert [int(made.composite[0, 0, 0]) for made in first.values()] == [41, 11, 81]
    assert [int(made.composite[0, 0, 0]) for made in second.values()] == [42, 12, 82]
    assert seeds == [7, 7, 7], "both places at once"
