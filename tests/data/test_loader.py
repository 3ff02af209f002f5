"""Batches depend on the seed and the step, on nothing else; groups are never split."""

import multiprocessing
import os
import signal
from collections import Counter
from dataclasses import replace
from itertools import islice

import numpy as np
import pytest
import torch
from tests.synthetic import synthetic_triple, write_synthetic_set

from situate.data.loader import (
    StepSampler,
    TrainingSet,
    TripleUnion,
    drawn_validation,
    split_by_group,
    training_batches,
    validation_batches,
    weighed,
)
from situate.data.sample import SampleConfig
from situate.data.writer import TripleWriter
from situate.errors import DataError
from situate.seeds import seed_for

CONFIG = SampleConfig(background_size=32, foreground_size=16, window_size=32)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return write_synthetic_set(tmp_path_factory.mktemp("triples"), 16)


@pytest.fixture(scope="module")
def triples(folder):
    return TripleUnion([folder])


@pytest.fixture(scope="module")
def two_folders(tmp_path_factory):
    """Three triples in four are balls and the others boxes, 8 in the first folder and 4 in the second."""
    folders = []
    for count in (8, 4):
        folders.append(tmp_path_factory.mktemp("kinds"))
        with TripleWriter(folders[-1], triples_per_shard=16) as writer:
            for number in range(count):
                writer.write(replace(synthetic_triple(number), kind="ball" if number % 4 else "box"))
            writer.finish({"source": "scenes", "seed": count, "num_triples": count})
    return TripleUnion(folders)


def requests(count: int, **changes) -> list[list[tuple[int, int]]]:
    options = {"batch_size": 4, "seed": 0, "start_step": 0, "rank": 0, "world_size": 1} | changes
    return list(islice(StepSampler(list(range(10)), **options), count))


WEIGHTS = np.array([1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 9.0, 10.0])


@pytest.mark.filterwarnings("ignore:.*use of fork:DeprecationWarning")  # torch forks; Python 3.12 warns
@pytest.mark.parametrize("weights", [None, np.arange(1.0, 17.0)], ids=["alike", "weighed"])
def test_batches_do_not_depend_on_the_number_of_workers(triples, weights):
    batches = {}
    for num_workers in (0, 2):
        sampler = StepSampler(range(16), batch_size=3, seed=1, start_step=0, rank=0, world_size=1, weights=weights)
        iterator = training_batches(TrainingSet(triples, CONFIG), sampler, num_workers)
        batches[num_workers] = list(islice(iterator, 3))
        del iterator
    for first, second in zip(batches[0], batches[2], strict=True):
        assert torch.equal(first.image, second.image)
        assert torch.equal(first.positions, second.positions)
        assert torch.equal(first.placement.foreground, second.placement.foreground)


def test_validation_is_drawn_from_all_data_sets_and_the_same_every_time():
    drawn = drawn_validation(range(1000), 100, seed=0)
    assert drawn == drawn_validation(range(1000), 100, seed=0) == sorted(set(drawn))
    assert len(drawn) == 100
    assert 25 < sum(index >= 500 for index in drawn) < 75
    assert drawn != drawn_validation(range(1000), 100, seed=1)
    assert drawn_validation([3, 1, 2], 100, seed=0) == [1, 2, 3]


@pytest.mark.filterwarnings("ignore:.*use of fork:DeprecationWarning")  # torch forks; Python 3.12 warns
def test_signals_to_the_process_group_leave_the_workers_alive(triples):
    sampler = StepSampler(range(16), batch_size=3, seed=1, start_step=0, rank=0, world_size=1)
    batches = training_batches(TrainingSet(triples, CONFIG), sampler, 1)
    next(batches)
    for worker in multiprocessing.active_children():
        assert os.getpgid(worker.pid) != os.getpgid(0)
        os.kill(worker.pid, signal.SIGINT)
    assert [len(batch) for batch in islice(batches, 4)] == [3] * 4


@pytest.mark.parametrize("weights", [None, WEIGHTS], ids=["alike", "weighed"])
def test_a_plan_that_starts_later_is_the_rest_of_the_plan(weights):
    plan = requests(12, weights=weights)
    for step in range(12):
        assert plan[step:] == requests(12 - step, start_step=step, weights=weights)


def test_without_weights_an_epoch_is_one_permutation_drawn_from_seed_and_number():
    drawn = [request for batch in requests(15, seed=7) for request in batch]
    wanted = [
        int(index)
        for epoch in range(6)
        for index in np.random.default_rng(seed_for(7, "epoch", epoch)).permutation(list(range(10)))
    ]
    assert [index for index, _ in drawn] == wanted
    assert [seed for _, seed in drawn] == [seed_for(7, "sample", draw) for draw in range(60)]


def test_with_weights_an_epoch_draws_each_triple_as_often_as_expected_rounded_up_or_down():
    drawn = [index for batch in requests(50, weights=WEIGHTS) for index, _ in batch]
    expected = 10 * WEIGHTS / WEIGHTS.sum()
    for first in range(0, 200, 10):
        counts = np.bincount(drawn[first : first + 10], minlength=10)
        assert (counts >= np.floor(expected)).all()
        assert (counts <= np.ceil(expected)).all()
    assert np.abs(np.bincount(drawn, minlength=10) - 20 * expected).max() < 3


def test_folders_get_their_shares_whatever_their_sizes(two_folders):
    indices, weights = weighed(two_folders, range(12), [1.0, 3.0], 0.0)
    drawn = [index for batch in drawn_by(indices, weights, num_steps=300) for index in batch]
    assert Counter(index >= 8 for index in drawn) == {True: 900, False: 300}
    assert set(drawn) == set(range(12))


@pytest.mark.parametrize(("class_balance", "share_of_boxes"), [(0.0, 1 / 4), (0.5, 0.366), (1.0, 1 / 2)])
def test_classes_are_balanced_within_each_folder(two_folders, class_balance, share_of_boxes):
    indices, weights = weighed(two_folders, range(12), [1.0, 3.0], class_balance)
    drawn = [index for batch in drawn_by(indices, weights, num_steps=300) for index in batch]
    for folder, num_draws in ((0, 300), (1, 900)):
        inside = [index for index in drawn if two_folders.folder_number(index) == folder]
        assert len(inside) == num_draws
        boxes = sum(two_folders.label(index)["kind"] == "box" for index in inside)
        assert boxes / num_draws == pytest.approx(share_of_boxes, abs=0.01)


def test_an_epoch_draws_each_class_of_a_folder_as_often_as_expected_rounded_up_or_down(two_folders):
    indices, weights = weighed(two_folders, range(12), None, 0.5)
    drawn = [index for batch in drawn_by(indices, weights, num_steps=90) for index in batch]
    # Of the 12 draws the first folder gets 8, and its two boxes root 2 for every root 6 of its six balls.
    expected = 8 / (1 + np.sqrt(3))
    boxes = [sum(index in (0, 4) for index in drawn[first : first + 12]) for first in range(0, 360, 12)]
    assert set(boxes) == {np.floor(expected), np.ceil(expected)}


def test_only_triples_that_are_trained_on_count(two_folders):
    # Of the first folder a box and a ball are left, of the second a box and three balls.
    indices, weights = weighed(two_folders, [0, 1, 8, 9, 10, 11], None, 1.0)
    assert sorted(indices) == [0, 1, 8, 9, 10, 11]
    found = dict(zip(indices, 6 * weights, strict=True))
    assert found == pytest.approx({0: 1, 1: 1, 8: 2, 9: 2 / 3, 10: 2 / 3, 11: 2 / 3})


def test_without_weights_and_balance_nothing_is_weighed(two_folders):
    assert weighed(two_folders, [3, 1, 2], None, 0.0) == ([3, 1, 2], None)


def test_a_folder_with_a_weight_and_nothing_to_draw_is_named(two_folders):
    name = two_folders.stores[1].folder.name
    with pytest.raises(DataError, match=f"{name} has the weight 3, but all its 4 triples are held out"):
        weighed(two_folders, range(8), [1.0, 3.0], 0.0)


def drawn_by(indices, weights, *, num_steps: int) -> list[list[int]]:
    sampler = StepSampler(indices, batch_size=4, seed=5, start_step=0, rank=0, world_size=1, weights=weights)
    return [[index for index, _ in batch] for batch in islice(sampler, num_steps)]


def test_every_triple_comes_up_once_before_any_comes_up_twice():
    drawn = [index for batch in requests(5) for index, _ in batch]
    assert sorted(drawn[:10]) == list(range(10))
    assert sorted(drawn[10:]) == list(range(10))
    assert drawn[:10] != drawn[10:]


def test_no_two_draws_share_a_seed():
    seeds = [seed for batch in requests(10) for _, seed in batch]
    assert len(set(seeds)) == len(seeds)


@pytest.mark.parametrize("weights", [None, WEIGHTS], ids=["alike", "weighed"])
def test_two_processes_together_draw_what_one_would_with_twice_the_batch(weights):
    ranks = [requests(6, batch_size=2, rank=rank, world_size=2, weights=weights) for rank in (0, 1)]
    assert [first + second for first, second in zip(*ranks, strict=True)] == requests(6, weights=weights)


def test_groups_are_never_split_and_the_split_is_stable(triples, folder):
    training, validation = split_by_group(triples, 0.25)
    assert sorted(training + validation) == list(range(16))
    assert {triples.group(index) for index in training}.isdisjoint(triples.group(index) for index in validation)
    assert split_by_group(TripleUnion([folder]), 0.25) == (training, validation)


def test_a_larger_validation_share_keeps_those_held_out_before(triples):
    _, small = split_by_group(triples, 0.2)
    _, large = split_by_group(triples, 0.5)
    assert set(small) < set(large)


@pytest.mark.parametrize("fraction", [0.0, 1.0])
def test_a_split_with_an_empty_side_is_refused(triples, fraction):
    with pytest.raises(DataError, match="both need at least one"):
        split_by_group(triples, fraction)


def test_several_data_sets_stand_behind_one_index(triples, folder, tmp_path):
    other = write_synthetic_set(tmp_path / "other", 3)
    union = TripleUnion([folder, other])
    assert len(union) == 19
    assert [union[index].key for index in (0, 15, 16, 18)] == ["ball00000", "ball00015", "ball00000", "ball00002"]


def test_validation_batches_hold_all_samples_in_order(triples):
    batches = validation_batches(triples, [3, 1, 2, 0, 5], CONFIG, 2)
    assert [len(batch) for batch in batches] == [2, 2, 1]
    alone = validation_batches(triples, [2], CONFIG, 1)[0]
    assert torch.equal(batches[1].image[:1], alone.image)
