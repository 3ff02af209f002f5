"""Processes end with whoever started them, for whatever reason."""

import multiprocessing
import os
import pickle
import signal
import subprocess
import sys
import time
from functools import partial
from pathlib import Path

import pytest
from tests.sharding import jobs

from situate.sharding.engine import run_items
from situate.sharding.pool import num_processors

COMMAND = """
import signal
import sys
from functools import partial
from pathlib import Path
from situate.sharding.engine import run_items
from tests.sharding import jobs
if __name__ == "__main__":
    # A shell lets what it starts in the background ignore this signal, and whatever that starts, too.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        for _ in run_items(partial(jobs.pid_and_wait, Path(sys.argv[1])), range(3), num_workers=2):
            pass
    except KeyboardInterrupt:
        sys.exit(130)
"""

needs_signals = pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="this system has no SIGKILL")


def test_iteration_that_is_closed_early_leaves_no_process(tmp_path):
    results = run_items(partial(jobs.pid_and_wait, tmp_path), range(3), num_workers=2)
    assert next(results) == (0, 0)
    await_lines(tmp_path, 2)
    assert len(multiprocessing.active_children()) == 2
    results.close()
    assert multiprocessing.active_children() == []
    assert_gone(jobs.begun(tmp_path))
    assert len(list(tmp_path.glob("left-*"))) == len(jobs.begun(tmp_path))  # each had its `finally`


def test_an_error_of_who_takes_the_results_leaves_no_process(tmp_path):
    with pytest.raises(ValueError, match="disk full"):
        take_badly(tmp_path)
    assert multiprocessing.active_children() == []


def take_badly(folder: Path) -> None:
    for _ in run_items(partial(jobs.pid_and_wait, folder), range(3), num_workers=2):
        raise ValueError("disk full")


@needs_signals
@pytest.mark.parametrize(("sent", "code"), [(signal.SIGINT, 130), (signal.SIGKILL, -signal.SIGKILL)])
def test_workers_end_with_a_command_that_is_interrupted_or_killed(tmp_path, sent, code):
    script = tmp_path / "command.py"
    script.write_text(COMMAND)
    root = Path(__file__).parents[2]
    environment = os.environ | {"PYTHONPATH": str(root)}
    started = subprocess.Popen(
        [sys.executable, script, tmp_path], env=environment, stderr=subprocess.PIPE, text=True, start_new_session=True
    )
    await_lines(tmp_path, 3)
    if sent == signal.SIGINT:
        os.killpg(started.pid, sent)  # as a terminal does: to the workers, too
    else:
        started.kill()
    _, complaints = started.communicate()
    assert started.returncode == code
    assert complaints == ""
    assert_gone(jobs.begun(tmp_path))


def test_work_that_cannot_be_sent_is_an_error_before_a_process_is_started():
    with pytest.raises((pickle.PicklingError, AttributeError)):
        list(run_items(lambda value: value, range(2), num_workers=2))
    assert multiprocessing.active_children() == []


def test_a_result_that_cannot_be_sent_is_an_error():
    with pytest.raises((pickle.PicklingError, AttributeError, RuntimeError), match="lambda"):
        list(run_items(jobs.give_back_a_function, range(2), num_workers=2))


def test_a_lone_worker_is_this_process(tmp_path):
    assert list(run_items(partial(jobs.pid_and_wait, tmp_path), [0], num_workers=4)) == [(0, 0)]
    assert jobs.begun(tmp_path) == [os.getpid()]


def test_this_process_may_use_at_least_one_processor():
    assert 1 <= num_processors() <= (os.cpu_count() or 1)


def await_lines(folder: Path, number: int) -> None:
    for _ in range(600):
        if (folder / "begun").exists() and len(jobs.begun(folder)) >= number:
            return
        time.sleep(0.05)
    raise AssertionError(f"no {number} items were begun")


def assert_gone(pids: list[int]) -> None:
    for _ in range(100):
        if not any([Path(f"/proc/{pid}").exists() for pid in pids]):
            return
        time.sleep(0.05)
    raise AssertionError(f"of {pids} some are left")
