"""The effect: what may change, and that nothing else does."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from situate.geometry.effect import MIN_EFFECT_U8, blend, quantised_effect


def object_at(rows: slice, columns: slice, shape=(20, 20)) -> np.ndarray:
    visible = np.zeros(shape, np.float32)
    visible[rows, columns] = 1
    return visible


def test_values_under_the_threshold_become_zero():
    visible = object_at(slice(0, 20), slice(0, 1))
    effect = np.broadcast_to(np.arange(20, dtype=np.float32) / 255, (20, 20)).copy()
    found = quantised_effect(effect, visible)
    assert MIN_EFFECT_U8 == 8
    np.testing.assert_array_equal(found[0, 1:8], 0)
    # Nothing joins the values from 8 on to the object any more.
    np.testing.assert_array_equal(found[0, 8:], 0)
    np.testing.assert_array_equal(quantised_effect(effect[:, ::-1].copy(), visible)[0, 1:12], np.arange(18, 7, -1))


def test_the_object_always_belongs_to_the_effect():
    found = quantised_effect(np.zeros((20, 20), np.float32), object_at(slice(5, 9), slice(5, 9)))
    assert (found[5:9, 5:9] == 255).all()
    assert found.sum() == 255 * 16


def test_pieces_that_do_not_touch_the_object_are_dropped():
    effect = np.zeros((20, 20), np.float32)
    effect[9:11, 5:15] = 0.5  # a shadow that starts under the object
    effect[0:3, 0:3] = 1  # something elsewhere
    found = quantised_effect(effect, object_at(slice(5, 9), slice(5, 9)))
    assert (found[9:11, 5:15] == 128).all()
    assert (found[:3, :3] == 0).all()


def test_a_shadow_that_touches_at_a_corner_stays():
    effect = np.zeros((20, 20), np.float32)
    effect[9, 9] = 1
    assert quantised_effect(effect, object_at(slice(5, 9), slice(5, 9)))[9, 9] == 255


def test_without_an_object_there_is_no_effect():
    assert not quantised_effect(np.ones((8, 8), np.float32), np.zeros((8, 8), np.float32)).any()


@given(st.integers(0, 2**32 - 1), st.sampled_from([np.uint8, np.uint16]))
def test_the_blend_keeps_every_bit_where_the_effect_is_zero_and_is_the_generated_where_it_is_full(seed, dtype):
    generator = np.random.default_rng(seed)
    full = np.iinfo(dtype).max
    background = generator.integers(0, full, (9, 11, 3), dtype=dtype, endpoint=True)
    generated = generator.uniform(-1.2, 1.2, (9, 11, 3)).astype(np.float32)
    effect = generator.choice(np.array([0, 100, 255], np.uint8), (9, 11))
    mixed = blend(background, generated, effect)
    assert mixed.dtype == dtype
    np.testing.assert_array_equal(mixed[effect == 0], background[effect == 0])
    wanted = np.round((np.clip(generated, -1, 1) + 1) / 2 * full)
    np.testing.assert_allclose(mixed[effect == 255], wanted[effect == 255], atol=1)


@pytest.mark.parametrize(("dtype", "expected"), [(np.uint8, 178), (np.uint16, 45797)])
def test_half_an_effect_is_half_of_each(dtype, expected):
    full = np.iinfo(dtype).max
    background = np.full((1, 1, 3), round(0.4 * full), dtype)
    mixed = blend(background, np.ones((1, 1, 3), np.float32), np.full((1, 1), 127, np.uint8))
    np.testing.assert_allclose(mixed, expected, atol=1)
