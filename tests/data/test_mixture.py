"""Weights give folders and classes their shares; rounds keep to them as closely as whole draws can."""

from collections import Counter

import numpy as np
import pytest

from situate.data.mixture import round_order, triple_weights

# Two folders: 6 cones and 2 boxes; 1 cone and 3 balls.
FOLDERS = [0] * 8 + [1] * 4
KINDS = ["cone"] * 6 + ["box"] * 2 + ["cone"] + ["ball"] * 3


def shares(folder_weights, class_balance) -> dict[tuple[int, str], float]:
    """Share of the draws of each class of each folder."""
    found: dict[tuple[int, str], float] = {}
    weights = triple_weights(FOLDERS, KINDS, folder_weights, class_balance)
    for stratum, weight in zip(zip(FOLDERS, KINDS, strict=True), weights, strict=True):
        found[stratum] = found.get(stratum, 0) + weight
    assert sum(found.values()) == pytest.approx(1)
    return found


def rounds(weights, count: int, seed: int = 0) -> np.ndarray:
    """How often each triple comes up in each round, (count, n)."""
    indices = np.arange(len(weights))
    orders = [round_order(indices, weights, seed=seed, number=number) for number in range(count)]
    assert all(len(order) == len(weights) for order in orders)
    return np.stack([np.bincount(order, minlength=len(weights)) for order in orders])


def assert_floor_or_ceiling(counts, expected) -> None:
    assert (counts >= np.floor(expected - 1e-9)).all()
    assert (counts <= np.ceil(expected + 1e-9)).all()


@pytest.mark.parametrize(
    ("folder_weights", "class_balance", "wanted"),
    [
        (None, 0.0, (6 / 12, 2 / 12, 1 / 12, 3 / 12)),  # all triples alike
        (None, 1.0, (4 / 12, 4 / 12, 2 / 12, 2 / 12)),  # a folder keeps its size, its classes share it evenly
        ([2.0, 1.0], 0.0, (2 / 3 * 6 / 8, 2 / 3 * 2 / 8, 1 / 3 * 1 / 4, 1 / 3 * 3 / 4)),
        ([2.0, 1.0], 1.0, (1 / 3, 1 / 3, 1 / 6, 1 / 6)),
        ([1e308, 1e308], 1.0, (1 / 4, 1 / 4, 1 / 4, 1 / 4)),  # their sum is beyond floats
        ([2e-300, 1e-300], 1.0, (1 / 3, 1 / 3, 1 / 6, 1 / 6)),  # any unit
    ],
)
def test_folders_and_classes_get_their_shares(folder_weights, class_balance, wanted):
    found = shares(folder_weights, class_balance)
    strata = [(0, "cone"), (0, "box"), (1, "cone"), (1, "ball")]
    assert [found[stratum] for stratum in strata] == pytest.approx(wanted)


def test_half_a_balance_weighs_classes_by_the_root_of_their_number():
    found = shares([3.0, 1.0], 0.5)
    assert found[0, "cone"] / found[0, "box"] == pytest.approx(np.sqrt(6 / 2))
    assert found[1, "ball"] / found[1, "cone"] == pytest.approx(np.sqrt(3))
    assert found[0, "cone"] + found[0, "box"] == pytest.approx(3 / 4)


@pytest.mark.parametrize("class_balance", [0.0, 0.3, 1.0])
def test_triples_of_a_class_in_a_folder_weigh_the_same(class_balance):
    weights = triple_weights(FOLDERS, KINDS, [5.0, 2.0], class_balance)
    assert len(set(weights[:6])) == len(set(weights[6:8])) == len(set(weights[9:])) == 1
    assert weights[0] != weights[8]


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("size", [1, 2, 7, 500])
def test_a_round_draws_each_triple_as_often_as_expected_rounded_up_or_down(seed, size):
    weights = np.random.default_rng(seed).gamma(0.5, size=size)
    counts = rounds(weights, 40, seed)
    assert_floor_or_ceiling(counts, size * weights / weights.sum())
    assert_floor_or_ceiling(counts.cumsum(axis=1), size * weights.cumsum() / weights.sum())


def test_a_round_draws_each_folder_and_class_as_often_as_expected_rounded_up_or_down():
    weights = triple_weights(FOLDERS, KINDS, [2.0, 1.0], 0.5)
    counts = rounds(weights, 200)
    for first, last in ((0, 8), (8, 12), (0, 6), (6, 8), (8, 9), (9, 12)):
        assert_floor_or_ceiling(counts[:, first:last].sum(axis=1), 12 * weights[first:last].sum())


@pytest.mark.parametrize("seed", range(3))
def test_the_mean_over_many_rounds_is_what_is_expected(seed):
    weights = np.random.default_rng(seed).gamma(0.5, size=50)
    num_rounds = 3000
    expected = num_rounds * 50 * weights / weights.sum()
    # With offsets drawn by chance the standard deviation of the worst is 27 draws.
    assert np.abs(rounds(weights, num_rounds, seed).sum(axis=0) - expected).max() < 5


def test_a_triple_that_was_left_out_comes_up_soon():
    counts = rounds(np.array([1.0, 1.0, 1.0, 1.0, 4.0, 4.0]), 300)
    # Half a draw a round is expected of each of the first four.
    drawn = [np.flatnonzero(counts[:, triple]) for triple in range(4)]
    assert max(np.diff(rounds_with_it).max() for rounds_with_it in drawn) <= 3


def test_a_round_follows_from_seed_and_number_alone():
    weights, indices = np.array([1.0, 2.0, 3.0, 4.0] * 5), np.arange(100, 120)
    order = round_order(indices, weights, seed=3, number=17)
    assert set(order) <= set(indices)
    assert np.array_equal(order, round_order(indices, 7 * weights, seed=3, number=17))
    for other in ({"seed": 3, "number": 18}, {"seed": 4, "number": 17}):
        assert not np.array_equal(order, round_order(indices, weights, **other))


def test_the_order_of_a_round_is_mixed():
    weights = np.array([1.0] * 50 + [3.0] * 50)
    firsts = Counter(int(round_order(np.arange(100), weights, seed=0, number=number)[0]) >= 50 for number in range(400))
    assert 0.68 < firsts[True] / 400 < 0.82
