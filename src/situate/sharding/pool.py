"""A pool of processes on this machine, which ends with whoever started it."""

import multiprocessing
import os
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager

from situate.errors import ConfigError, SituateError


def num_processors() -> int:
    """How many processors this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def check_num_workers(num_workers: int) -> None:
    """Look whether there is a process to do the work.

    Raises:
        ConfigError: If there is none.
    """
    if num_workers < 1:
        raise ConfigError(f"num_workers is {num_workers}; pass 1 or more")


@contextmanager
def local_pool(num_workers: int, prepare: Callable[[], None] | None = None) -> Iterator[ProcessPoolExecutor]:
    """Give a pool; when the block is left, whatever the reason, work that has not begun is dropped.

    Processes are spawned: a fork would copy the locks of the parent's threads (torch, OpenCV).

    Args:
        num_workers: Processes.
        prepare: Called once in each of them; must be picklable.

    Raises:
        ConfigError: If `num_workers` is under 1.
        SituateError: If a process was killed.
    """
    check_num_workers(num_workers)
    context = multiprocessing.get_context("spawn")
    pool = ProcessPoolExecutor(num_workers, mp_context=context, initializer=_begin, initargs=(prepare,))
    try:
        yield pool
    except BrokenProcessPool as error:
        raise SituateError(
            "a worker process was killed, perhaps for memory; pass fewer --num-workers, and --resume to go on where "
            "the command has it"
        ) from error
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def _begin(prepare: Callable[[], None] | None) -> None:
    threading.Thread(target=_end_after_parent, daemon=True).start()
    if prepare is not None:
        prepare()


def _end_after_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)
