"""Colours and outlines of objects: closed forms, and what is left out."""

import math

import numpy as np
import pytest

from situate.evaluation.benchmark.object_scores import colour_errors, visible_iou

SOLID = np.full((8, 8), 255, np.uint8)


def plain(red: int, green: int, blue: int) -> np.ndarray:
    return np.full((8, 8, 3), (red, green, blue), np.uint8)


def test_the_same_colours_have_no_error():
    assert colour_errors(plain(10, 200, 30), SOLID, plain(10, 200, 30), SOLID) == (0, 0)


def test_white_is_a_hundred_above_black_and_red_is_as_far_as_the_books_say():
    assert colour_errors(plain(255, 255, 255), SOLID, plain(0, 0, 0), SOLID) == (
        pytest.approx(100, abs=0.1),
        pytest.approx(100, abs=0.1),
    )
    # sRGB red is L* 53.24, a* 80.09, b* 67.20.
    distance, lightness = colour_errors(plain(255, 0, 0), SOLID, plain(0, 0, 0), SOLID)
    assert distance == pytest.approx(math.sqrt(53.24**2 + 80.09**2 + 67.20**2), rel=0.005)
    assert lightness == pytest.approx(53.24, rel=0.005)


def test_errors_of_either_sign_do_not_cancel_in_the_distance():
    composite = plain(100, 100, 100)
    composite[:4], composite[4:] = 90, 110
    distance, lightness = colour_errors(composite, SOLID, plain(100, 100, 100), SOLID)
    assert distance > 3
    assert abs(lightness) < 0.2


def test_only_what_is_solid_in_both_counts():
    composite, rim = plain(100, 100, 100), SOLID.copy()
    composite[:, :4], rim[:, :4] = 0, 200
    for own, true in ((rim, SOLID), (SOLID, rim)):
        assert colour_errors(composite, own, plain(100, 100, 100), true) == (0, 0)
    assert all(math.isnan(error) for error in colour_errors(composite, SOLID, composite, SOLID * 0))


def hidden_below(row: int) -> np.ndarray:
    visible = SOLID.copy()
    visible[row:] = 0
    return visible


def test_what_hides_an_object_must_be_kept_in_front_of_it():
    true = hidden_below(5)
    assert visible_iou(true, true, SOLID) == 1
    assert visible_iou(SOLID, true, SOLID) == pytest.approx(5 / 8), "a paste lies in front of everything"
    assert visible_iou(hidden_below(4), true, SOLID) == pytest.approx(4 / 5)
    assert visible_iou(SOLID * 0, true, SOLID) == 0


@pytest.mark.parametrize(
    ("side", "num_hidden", "is_measured"),
    [
        (8, 9, False),  # 14 %, but under 10 px: a rim
        (8, 10, True),
        (40, 79, False),  # under 5 % of 1600 px
        (40, 80, True),
    ],
)
def test_only_objects_that_are_really_hidden_count(side, num_hidden, is_measured):
    whole = np.full((side, side), 255, np.uint8)
    visible = whole.copy()
    visible.ravel()[:num_hidden] = 0
    assert math.isnan(visible_iou(visible, visible, whole)) is not is_measured


def test_nothing_is_known_to_be_hidden_without_the_whole_object():
    assert math.isnan(visible_iou(hidden_below(4), hidden_below(4), None))
