"""Assembling: the picture keeps its depth, and only what changes is enlarged."""

import tracemalloc

import cv2
import numpy as np
import pytest
from tests.pipeline.models import cutout, scene


def changed_outside_effect(composite, background: np.ndarray) -> int:
    is_changed = (composite.picture.pixels != background).any(axis=2)
    return int((is_changed & (composite.effect == 0)).sum())


def test_a_16_bit_picture_keeps_its_levels_under_a_soft_effect(composer):
    background = np.repeat(np.linspace(9000, 40_000, 128 * 96).reshape(96, 128, 1), 3, axis=2).astype(np.uint16)
    (composite,) = composer(background, cutout(), box_xywh_px=(44.0, 33.0, 40.0, 30.0))
    is_shadow = (composite.effect > 0) & (composite.visible_alpha == 0)
    assert is_shadow.sum() > 300
    assert len(np.unique(composite.picture.pixels[is_shadow][:, 0])) > 300  # eight bits could hold 256


@pytest.mark.parametrize(("width", "height"), [(20_000, 500), (500, 20_000)])
def test_a_very_long_picture_needs_no_square(literal_composer, width, height):
    background = cv2.resize(scene(64, 64), (width, height), interpolation=cv2.INTER_LINEAR)
    tracemalloc.start()
    try:
        (composite,) = literal_composer(background, cutout())
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert changed_outside_effect(composite, background) == 0
    assert peak < 1.2e9
