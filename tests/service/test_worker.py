"""The worker: answers that do not depend on neighbours, jobs that are given up, and an end that forgets nobody."""

import gc
import threading
import weakref
from contextlib import contextmanager
from typing import Any

import numpy as np
import pytest
from tests.service.pictures import cutout, scene
from tests.service.running import until

from situate.errors import PlacementError
from situate.pipeline.batch import Pair
from situate.pipeline.inputs import cutout_from, scene_from
from situate.pipeline.options import Synthesis
from situate.pipeline.places import RankedPlaces
from situate.records.constraints import Extent, PlacementConstraints
from situate.service import worker as worker_module
from situate.service.refusals import BusyError, UnavailableError
from situate.service.worker import Job, Worker

LONG_S = 30.0


def pair(background="road", foreground="cone", seed=0, **about):
    return Pair(scene_from(scene(background)), cutout_from(cutout(foreground)), seed, **about)


def impossible():
    """A pair whose constraints leave no place."""
    return pair(constraints=PlacementConstraints(min_height=Extent(1e5, "px")))


@contextmanager
def working(composer, *, gather_s=0.0, max_waiting=32, shape=4):
    """A worker and the sizes of its batches."""
    batches = []
    limits: dict[str, Any] = {"batch_shape": shape, "gather_s": gather_s, "max_waiting": max_waiting}
    worker = Worker(composer, num_processors=2, watch=batches.append, **limits)
    try:
        yield worker, batches
    finally:
        worker.stop()
        composer.pipeline.batch_shape = None


def busy(worker, gate):
    """Give a worker something that it does not finish before the gate is opened."""
    first = worker.submit(Job(pair()))
    gate.wait_until_reached()
    return first


def assert_same(some, others):
    for one, other in zip(some, others, strict=True):
        assert np.array_equal(one.picture.pixels, other.picture.pixels)
        assert np.array_equal(one.effect, other.effect)
        assert [placed.placement for placed in one.objects] == [placed.placement for placed in other.objects]


def test_an_answer_does_not_depend_on_its_neighbours(composer):
    asked = Job(pair(seed=3), 2, Synthesis())
    with working(composer) as (worker, batches):
        alone = worker.submit(Job(asked.pair, 2, Synthesis())).result(LONG_S)()
    assert batches == [1]
    neighbours = [
        Job(pair("meadow", "bench", 7), 1, Synthesis(num_steps=2)),
        Job(pair("beach", "ball", 8), 1, Synthesis()),
        Job(pair("street", "sign"), 5),
    ]
    with working(composer, gather_s=LONG_S) as (worker, batches):
        answers = [worker.submit(job) for job in (*neighbours[:2], asked, neighbours[2])]
        together = answers[2].result(LONG_S)()
        assert isinstance(answers[3].result(LONG_S), RankedPlaces)
    assert batches == [4]
    assert_same(together, alone)


def test_places_do_not_depend_on_neighbours(composer):
    with working(composer) as (worker, _):
        alone = worker.submit(Job(pair(), 3)).result(LONG_S)
    with working(composer, gather_s=LONG_S) as (worker, batches):
        others = [pair("beach", "ball"), pair("meadow"), pair("park", "barrel")]
        answers = [worker.submit(Job(one, 3)) for one in (*others, pair())]
        together = answers[-1].result(LONG_S)
    assert batches == [4]
    assert together.placements == alone.placements
    assert np.array_equal(together.heatmap, alone.heatmap)


def test_a_job_that_cannot_be_done_leaves_its_neighbours_alone(composer):
    with working(composer, gather_s=LONG_S) as (worker, batches):
        jobs = [Job(pair(), 1), Job(impossible(), 1, Synthesis()), Job(impossible(), 1), Job(pair(), 1, Synthesis())]
        first, second, third, fourth = [worker.submit(job) for job in jobs]
        assert first.result(LONG_S).placements
        for refused in (second, third):
            with pytest.raises(PlacementError):
                refused.result(LONG_S)
        assert len(fourth.result(LONG_S)()) == 1
    assert batches == [4]


def test_an_error_that_nobody_foresaw_hits_the_job_that_caused_it_only(composer, monkeypatch):
    predictions, bad = worker_module.predictions, pair("beach")

    def breaking(pipeline, pairs):
        if any([one is bad for one in pairs]):
            raise ZeroDivisionError("what nobody foresaw")
        return predictions(pipeline, pairs)

    monkeypatch.setattr(worker_module, "predictions", breaking)
    with working(composer, gather_s=LONG_S) as (worker, _):
        answers = [worker.submit(Job(one)) for one in (pair(), bad, pair("park"), pair("meadow"))]
        failures = [answer.exception(LONG_S) for answer in answers]
        assert isinstance(failures.pop(1), ZeroDivisionError)
        assert failures == [None, None, None]
    with working(composer) as (worker, _):
        with pytest.raises(ZeroDivisionError):
            worker.submit(Job(bad)).result(LONG_S)
        assert worker.submit(Job(pair())).result(LONG_S).placements, "the thread lives"


def test_an_error_while_composing_leaves_those_who_asked_for_places_alone(composer, monkeypatch):
    def breaking(*_, **__):
        raise MemoryError

    with working(composer, gather_s=LONG_S, shape=2) as (worker, _):
        monkeypatch.setattr(composer.pipeline, "synthesised", breaking)
        places, composites = worker.submit(Job(pair())), worker.submit(Job(pair(), 1, Synthesis()))
        assert places.result(LONG_S).placements
        assert isinstance(composites.exception(LONG_S), MemoryError)


def test_who_gives_up_leaves_the_place_to_another(composer, gate):
    with working(composer, gather_s=0.0, max_waiting=2) as (worker, batches):
        first = busy(worker, gate)
        second, third = worker.submit(Job(pair())), worker.submit(Job(pair("park")))
        with pytest.raises(BusyError):
            worker.submit(Job(pair()))
        assert second.cancel()
        assert worker.num_waiting == 1
        fourth = worker.submit(Job(pair("beach")))
        gate.is_open.set()
        assert [one.result(LONG_S).placements for one in (first, third, fourth)]
    assert sum(batches) == 3, "nothing is computed for who has gone"


def test_who_has_begun_cannot_be_given_up(composer, gate):
    with working(composer) as (worker, _):
        first = busy(worker, gate)
        assert not first.cancel()
        gate.is_open.set()
        assert first.result(LONG_S).placements


def test_a_full_queue_says_when_to_come_back(composer, gate):
    with working(composer, max_waiting=1) as (worker, _):
        busy(worker, gate)
        worker.check_room()
        worker.submit(Job(pair()))
        with pytest.raises(BusyError, match="1 requests wait already") as caught:
            worker.check_room()
        assert caught.value.retry_after_s >= 1
        gate.is_open.set()


def test_an_end_answers_all_that_was_submitted_and_takes_nothing_more(composer, gate):
    with working(composer) as (worker, batches):
        answers = [busy(worker, gate), *[worker.submit(Job(pair(seed=number))) for number in range(6)]]
        ended = threading.Thread(target=worker.stop)
        ended.start()
        until(lambda: refuses(worker))
        gate.is_open.set()
        ended.join(LONG_S)
        assert all(answer.done() for answer in answers)
        assert all(answer.result().placements for answer in answers)
        assert sum(batches) == 7
        worker.stop()
        with pytest.raises(UnavailableError, match="stopping"):
            worker.submit(Job(pair()))


def refuses(worker):
    try:
        worker.check_room()
    except UnavailableError:
        return True
    return False


@pytest.mark.parametrize("synthesis", [None, Synthesis()])
def test_nothing_is_kept_of_an_answered_job(composer, synthesis):
    """Pictures in a reference cycle would stay until Python looks for garbage: hundreds of MiB after minutes."""
    gc.collect()
    gc.disable()
    try:
        with working(composer) as (worker, _):
            job = Job(pair(), 1, synthesis)
            kept = [weakref.ref(job), weakref.ref(job.pair), weakref.ref(job.pair.background)]
            assert worker.submit(job).result(LONG_S)
            del job
            until(lambda: all(one() is None for one in kept))
    finally:
        gc.enable()
