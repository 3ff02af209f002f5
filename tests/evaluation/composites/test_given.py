"""The given foreground: never the answer itself, and always the same one for the same triple."""

from dataclasses import replace

import numpy as np
import pytest
from tests.synthetic import synthetic_triple

from situate.evaluation.composites.given import (
    MIN_CHANGE_LEVELS,
    change_levels,
    fitted_box,
    given_of,
    in_other_light,
)

PHOTO = replace(synthetic_triple(0), source="photos")


def test_a_photograph_gets_another_light_by_its_key_alone():
    given, how = given_of(PHOTO, None)
    again, _ = given_of(replace(PHOTO, group="elsewhere"), None)
    assert how == "other light"
    assert np.array_equal(given.foreground, again.foreground)
    assert not np.array_equal(given.foreground, given_of(replace(PHOTO, key="ball00001"), None)[0].foreground)
    assert np.array_equal(given.foreground[..., 3], PHOTO.foreground[..., 3])
    assert given.box_cxcywh == PHOTO.box_cxcywh


def test_the_light_of_every_triple_changes_by_more_than_noise():
    lit = [in_other_light(replace(PHOTO, key=f"key{number}")) for number in range(40)]
    changes = [change_levels(PHOTO.foreground, one.foreground) for one in lit]
    assert min(changes) >= MIN_CHANGE_LEVELS
    assert max(changes) > 2 * MIN_CHANGE_LEVELS


def test_a_black_object_that_no_light_changes_is_given_as_it_is():
    black = PHOTO.foreground.copy()
    black[..., :3] = 0
    assert np.array_equal(in_other_light(replace(PHOTO, foreground=black)).foreground, black)


def test_colours_that_are_not_seen_do_not_count_as_a_change():
    other = PHOTO.foreground.copy()
    other[other[..., 3] == 0] = 255, 0, 0, 0
    assert change_levels(PHOTO.foreground, other) == 0


def test_a_rendered_foreground_is_given_as_it_is():
    given, how = given_of(synthetic_triple(0), None)
    assert given is not None
    assert how == "as rendered"
    assert np.array_equal(given.foreground, synthetic_triple(0).foreground)


def test_a_cut_out_of_another_frame_goes_to_the_own_place():
    own, other = (replace(synthetic_triple(number), source="static") for number in (0, 1))
    given, how = given_of(own, other)
    assert how == "other frame"
    assert np.array_equal(given.foreground, other.foreground)
    assert np.array_equal(given.composite, own.composite)
    # Both are square, and so is the box.
    assert given.box_cxcywh == pytest.approx(own.box_cxcywh)


@pytest.mark.parametrize(
    ("size_hw", "fitted"),
    [
        ((10, 10), (0.5, 0.6, 0.2, 0.4)),  # the box is 20 x 40 px: as wide, standing on the same line
        ((80, 10), (0.5, 0.6, 0.05, 0.4)),  # narrower than the box: as high
    ],
)
def test_a_fitted_box_keeps_aspect_and_bottom_centre(size_hw, fitted):
    foreground = np.zeros((*size_hw, 4), np.uint8)
    box = fitted_box(foreground, (0.5, 0.6, 0.2, 0.4), np.zeros((100, 100, 3), np.uint8))
    cx, cy, w, h = box
    assert cx == 0.5
    assert cy + h / 2 == pytest.approx(0.8)
    assert (100 * h) / (100 * w) == pytest.approx(size_hw[0] / size_hw[1])
    assert w == pytest.approx(fitted[2])
