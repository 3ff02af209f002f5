"""The pool of processes gives results, prepares its workers, and says so when one of them is killed."""

import os
import signal

import pytest

from situate.errors import ConfigError, SituateError
from situate.sharding.pool import local_pool, num_processors

_prepared: list[int] = []


def prepare():
    _prepared.append(7)


def doubled(value: int) -> int:
    return 2 * value + sum(_prepared)


def killed(_: int) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def test_workers_are_prepared_once_and_keep_the_order():
    with local_pool(2, prepare) as pool:
        assert list(pool.map(doubled, range(5))) == [7, 9, 11, 13, 15]


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="this system has no SIGKILL")
def test_a_killed_worker_is_an_error_in_plain_words():
    with pytest.raises(SituateError, match="a worker process was killed.*fewer --num-workers"), local_pool(1) as pool:
        list(pool.map(killed, range(2)))


def test_no_workers_are_refused():
    with pytest.raises(ConfigError, match="num_workers is 0; pass 1 or more"), local_pool(0):
        pass


def test_this_process_may_use_at_least_one_processor():
    assert 1 <= num_processors() <= (os.cpu_count() or 1)
