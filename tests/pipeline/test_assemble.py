"""Assembling: the picture keeps its depth, and only what changes is enlarged."""

import tracemalloc

import cv2
import numpy as np
import pytest
from tests.pipeline.models import cutout, scene
from tests.pipeline.stub_network import changing_image, made


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


def test_a_4k_picture_takes_little_more_than_its_own_planes():
    """An object nearly as tall as the picture, and a network that changes all of it: nothing larger can be asked.

    A plane of 3840 x 2160 is 33 MB as floats. The object's four channels are held once, and twice while they are put
    in their place; pictures, masks and the effect's pieces are some 150 MB more: 427 MB. Colours are made in bands;
    all at once they take 1025 MB. The limit leaves a quarter for other versions of the libraries.
    """
    background = cv2.resize(scene(64, 36), (3840, 2160), interpolation=cv2.INTER_LINEAR)
    box = (600.0, 100.0, 2640.0, 1980.0)
    tracemalloc.start()
    try:
        composite = made(background, cutout(400, 300), box, changing_image(64))
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert (composite.effect > 0).mean() > 0.9
    assert changed_outside_effect(composite, background) == 0
    assert peak < 0.54e9


@pytest.mark.parametrize(
    "box",
    [
        (50.0, 30.0, 3.0, 2.25),  # three pixels wide
        (50.0, 30.0, 12.0, 9.0),  # the smallest that issue and demo use
        (-40.0, 0.0, 96.0, 72.0),  # nearly half of it outside on the left
        (0.0, 30.0, 90.0, 67.5),  # and below
        (-10.0, -5.0, 115.0, 86.25),  # larger than the picture on all sides
    ],
)
def test_objects_of_any_size_and_partly_outside_are_composed(composer, box):
    background = scene()
    (composite,) = composer(background, cutout(), box_xywh_px=box)
    assert changed_outside_effect(composite, background) == 0
    assert composite.visible_alpha.max() > 128
    left, top, width, height = composite.visible_box_xywh_px
    assert left >= max(box[0] - 1, 0)
    assert top >= max(box[1] - 1, 0)
    assert width <= box[2] + 2
    assert height <= box[3] + 2
