"""Means, medians and their intervals."""

import math

import numpy as np
import pytest

from situate.errors import InputError
from situate.evaluation.intervals import mean_of, median_of


def test_equal_values_have_an_interval_without_width():
    estimate = mean_of([2.0] * 6, list("aabbcc"))
    assert (estimate.value, estimate.low, estimate.high) == (2.0, 2.0, 2.0)
    assert (estimate.num_samples, estimate.num_groups) == (6, 3)


def test_interval_of_a_mean_is_that_of_the_normal_distribution():
    values = np.random.default_rng(0).normal(0, 1, 400)
    estimate = mean_of(values.tolist(), [str(number) for number in range(400)])
    half = 1.96 * values.std() / 20
    assert estimate.high - estimate.value == pytest.approx(half, rel=0.1)
    assert estimate.value - estimate.low == pytest.approx(half, rel=0.1)


def test_copies_inside_a_group_do_not_make_the_interval_narrower():
    values = np.random.default_rng(1).normal(0, 1, 50)
    once = mean_of(values.tolist(), [str(number) for number in range(50)])
    copied = mean_of(np.repeat(values, 10).tolist(), [str(number) for number in np.repeat(np.arange(50), 10)])
    assert copied.high - copied.low == pytest.approx(once.high - once.low, rel=1e-6)


def test_the_same_seed_gives_the_same_interval_and_another_one_another():
    values = np.random.default_rng(2).normal(0, 1, 40).tolist()
    groups = [str(number) for number in range(40)]
    assert mean_of(values, groups, seed=1) == mean_of(values, groups, seed=1)
    assert mean_of(values, groups, seed=1) != mean_of(values, groups, seed=2)


def test_median_ignores_an_outlier_and_lies_in_its_interval():
    estimate = median_of([1.0, 2.0, 3.0, 4.0, 1000.0], list("abcde"))
    assert estimate.value == 3.0
    assert estimate.low <= 3.0 <= estimate.high


def test_samples_without_a_value_are_left_out_and_not_counted():
    estimate = mean_of([1.0, math.nan, 3.0], list("abb"))
    assert (estimate.value, estimate.num_samples) == (2.0, 2)


def test_no_value_at_all_is_an_error():
    with pytest.raises(InputError, match="none of 2 samples"):
        mean_of([math.nan, math.nan], list("ab"))
