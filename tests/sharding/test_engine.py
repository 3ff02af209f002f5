"""Workers give every result and repeat only what a killed one was at, in both engines alike."""

import inspect
import os
import signal
from functools import partial
from importlib.util import find_spec

import pytest
from tests.sharding import jobs

from situate.errors import ConfigError, DataError, MissingExtraError, SituateError
from situate.sharding.engine import check_engine, run_items

needs_sigkill = pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="this system has no SIGKILL")
needs_ray = pytest.mark.skipif(find_spec("ray") is None, reason="ray is not installed")


@pytest.fixture(scope="module")
def ray_cluster():
    """A cluster for the tests of this file, so that each does not start its own."""
    import ray

    os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
    ray.init(address="local", num_cpus=3, include_dashboard=False, log_to_driver=False, configure_logging=False)
    yield
    ray.shutdown()


# One start of Ray and all its tests take more than ten seconds together.
@pytest.fixture(params=["local", pytest.param("ray", marks=[needs_ray, pytest.mark.slow])])
def engine(request):
    if request.param == "ray":
        request.getfixturevalue("ray_cluster")
    return request.param


@pytest.mark.parametrize("num_workers", [1, 2])
def test_every_result_comes_with_its_position(engine, num_workers):
    results = dict(run_items(jobs.double, [5, 6, 7, 8], num_workers=num_workers, engine=engine))
    assert results == {0: 10, 1: 12, 2: 14, 3: 16}


@needs_sigkill
def test_a_killed_worker_repeats_its_item_and_nothing_else(engine, tmp_path):
    items = range(8)
    results = dict(run_items(partial(jobs.double_after, tmp_path), items, num_workers=2, engine=engine))
    assert results == {item: 2 * item for item in items}
    assert sorted(jobs.begun(tmp_path)) == [0, 1, 1, 2, 3, 4, 5, 6, 7]


@needs_sigkill
def test_an_item_that_kills_every_worker_is_named(engine):
    with pytest.raises(SituateError, match=r"at item 2 \(counted from 0\) of 5, 3 times.*fewer --num-workers"):
        list(run_items(jobs.kill_at_2, range(5), num_workers=2, engine=engine))


@pytest.mark.parametrize(
    ("work", "kind", "message"),
    [
        (jobs.fail, DataError, "^line 7 is broken$"),
        (jobs.lack, MissingExtraError, r"situate\[scenes\]"),  # built from other arguments than its message
        (jobs.divide, ZeroDivisionError, "in a worker:(.|\n)*return 1 / value"),  # a bug keeps its trace
        (jobs.fail_oddly, RuntimeError, "odd.txt:3"),  # an error that cannot be unpickled
    ],
)
def test_an_error_of_the_work_keeps_its_type(engine, work, kind, message):
    with pytest.raises(kind, match=message) as caught:
        list(run_items(work, range(3), num_workers=2, engine=engine))
    assert type(caught.value) is kind


def test_workers_are_prepared_once(engine):
    work = partial(run_items, jobs.double_prepared, range(5), num_workers=2, engine=engine)
    assert sorted(work(prepare=jobs.prepare)) == [(0, 7), (1, 9), (2, 11), (3, 13), (4, 15)]


def test_an_error_of_the_preparation_keeps_its_type(engine):
    with pytest.raises(DataError, match="^the models are broken$"):
        list(run_items(jobs.double, range(3), num_workers=2, engine=engine, prepare=jobs.prepare_badly))


@needs_sigkill
def test_a_preparation_that_kills_every_worker_says_so(engine):
    with pytest.raises(SituateError, match="a worker was killed before it had begun, 3 times"):
        list(run_items(jobs.double, range(3), num_workers=2, engine=engine, prepare=jobs.prepare_and_die))


def test_no_items_need_no_workers(engine):
    assert list(run_items(jobs.double, [], num_workers=2, engine=engine)) == []


def test_no_workers_are_refused_before_the_first_result_is_asked_for():
    with pytest.raises(ConfigError, match="num_workers is 0; pass 1 or more"):
        run_items(jobs.double, [1], num_workers=0)


def test_an_unknown_engine_is_refused():
    unchecked = inspect.unwrap(check_engine)  # beartype would be first
    with pytest.raises(ConfigError, match="engine is 'dask'; choose one of local, ray"):
        unchecked("dask")


def test_ray_that_is_not_installed_is_named(monkeypatch):
    monkeypatch.setattr("situate.sharding.engine.find_spec", lambda _: None)
    with pytest.raises(MissingExtraError, match=r"ray is not installed.*situate\[ray\]"):
        run_items(jobs.double, [1], num_workers=1, engine="ray")
