"""Ray is started for the work and stopped with it, unless somebody else has started it."""

import pytest
from tests.sharding import jobs

from situate.errors import SituateError
from situate.sharding.engine import run_items

ray = pytest.importorskip("ray", reason="ray is not installed")


@pytest.mark.slow
def test_a_cluster_that_was_started_for_the_work_is_shut_down_with_it(monkeypatch):
    monkeypatch.delenv("RAY_ADDRESS", raising=False)
    assert not ray.is_initialized()
    results = run_items(jobs.double, [5, 6], num_workers=1, engine="ray")
    assert next(results) == (0, 10)
    assert ray.is_initialized()
    results.close()
    assert not ray.is_initialized()


@pytest.mark.slow
def test_more_workers_than_the_cluster_has_processors_wait_without_an_item(monkeypatch):
    monkeypatch.setenv("RAY_USAGE_STATS_ENABLED", "0")
    ray.init(address="local", num_cpus=1, include_dashboard=False, log_to_driver=False, configure_logging=False)
    try:
        results = dict(run_items(jobs.double, range(4), num_workers=3, engine="ray"))
        assert results == {0: 0, 1: 2, 2: 4, 3: 6}
        assert ray.is_initialized()
    finally:
        ray.shutdown()


def test_a_cluster_that_cannot_be_reached_is_said_in_plain_words(monkeypatch):
    def refuse(*, address: str, **_) -> None:
        raise ConnectionError(f"Failed to connect to Ray cluster at {address}")

    monkeypatch.setattr(ray, "init", refuse)
    monkeypatch.setenv("RAY_ADDRESS", "nowhere:6379")
    with pytest.raises(SituateError, match="at nowhere:6379.*RAY_ADDRESS.*RAY_AUTH_MODE=token"):
        list(run_items(jobs.double, [5], num_workers=1, engine="ray"))
