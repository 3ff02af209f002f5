"""Batches depend on the seed and the step, on nothing else; groups are never split."""

import multiprocessing
import os
import signal
from itertools import islice

import pytest
import torch
from tests.synthetic import write_synthetic_set

from situate.data.loader import (
    StepSampler,
    TrainingSet,
    TripleUnion,
    drawn_validation,
    split_by_group,
    training_batches,
    validation_batches,
)
from situate.data.sample import SampleConfig
from situate.errors import DataError

CONFIG = SampleConfig(background_size=32, foreground_size=16, window_size=32)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return write_synthetic_set(tmp_path_factory.mktemp("triples"), 16)


@pytest.fixture(scope="module")
def triples(folder):
    return TripleUnion([folder])


def requests(count: int, **changes) -> list[list[tuple[int, int]]]:
    options = {"batch_size": 4, "seed": 0, "start_step": 0, "rank": 0, "world_size": 1} | changes
    return list(islice(StepSampler(list(range(10)), **options), count))


@pytest.mark.filterwarnings("ignore:.*use of fork:DeprecationWarning")  # torch forks; Python 3.12 warns
def test_batches_do_not_depend_on_the_number_of_workers(triples):
    batches = {}
    for num_workers in (0, 2):
        sampler = StepSampler(range(16), batch_size=3, seed=1, start_step=0, rank=0, world_size=1)
        iterator = training_batches(TrainingSet(triples, CONFIG), sampler, num_workers)
        batches[num_workers] = list(islice(iterator, 3))
        del iterator
    for first, second in zip(batches[0], batches[2], strict=True):
        assert torch.equal(first.image, second.image)
        assert torch.equal(first.position, second.position)
        assert torch.equal(first.placement.foreground, second.placement.foreground)


def test_validation_is_drawn_from_all_data_sets_and_the_same_every_time():
    drawn = drawn_validation(range(1000), 100, seed=0)
    assert drawn == drawn_validation(range(1000), 100, seed=0) == sorted(set(drawn))
    assert len(drawn) == 100
    assert 25 < sum(index >= 500 for index in drawn) < 75
    assert drawn != drawn_validation(range(1000), 100, seed=1)
    assert drawn_validation([3, 1, 2], 100, seed=0) == [1, 2, 3]


@pytest.mark.filterwarnings("ignore:.*use of fork:DeprecationWarning")  # torch forks; Python 3.12 warns
def test_ctrl_c_leaves_the_workers_alive(triples):
    sampler = StepSampler(range(16), batch_size=3, seed=1, start_step=0, rank=0, world_size=1)
    batches = training_batches(TrainingSet(triples, CONFIG), sampler, 1)
    next(batches)
    for worker in multiprocessing.active_children():
        os.kill(worker.pid, signal.SIGINT)
    assert [len(batch) for batch in islice(batches, 4)] == [3] * 4


def test_a_plan_that_starts_later_is_the_rest_of_the_plan():
    assert requests(5)[2:] == requests(3, start_step=2)


def test_every_triple_comes_up_once_before_any_comes_up_twice():
    drawn = [index for batch in requests(5) for index, _ in batch]
    assert sorted(drawn[:10]) == list(range(10))
    assert sorted(drawn[10:]) == list(range(10))
    assert drawn[:10] != drawn[10:]


def test_no_two_draws_share_a_seed():
    seeds = [seed for batch in requests(10) for _, seed in batch]
    assert len(set(seeds)) == len(seeds)


def test_two_processes_together_draw_what_one_would_with_twice_the_batch():
    ranks = [requests(3, batch_size=2, rank=rank, world_size=2) for rank in (0, 1)]
    assert [first + second for first, second in zip(*ranks, strict=True)] == requests(3)


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
