"""Processes of this machine as workers, each at its own pipe, so that one that is killed takes nobody with it.

They are spawned: a fork would copy the locks of the parent's threads (torch, OpenCV). They end with their parent.
"""

import multiprocessing
import os
import pickle
import signal
import threading
from collections.abc import Sequence
from contextlib import suppress
from multiprocessing.connection import Connection, wait
from typing import Any

from situate.errors import ConfigError
from situate.sharding.schedule import Prepare, Task, WorkerLostError
from situate.sharding.station import Outcome, outcome_of

_GRACE_S = 10.0
"""A process may take so long for its `finally` clauses; then it is killed."""


def num_processors() -> int:
    """How many processors this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def check_num_workers(num_workers: int) -> None:
    """Look whether there is a worker to do the work.

    Raises:
        ConfigError: If there is none.
    """
    if num_workers < 1:
        raise ConfigError(f"num_workers is {num_workers}; pass 1 or more")


class LocalWorker:
    """A process and this end of its pipe."""

    def __init__(self, start: bytes) -> None:
        """Start the process and let it prepare itself.

        Args:
            start: The work and its preparation, pickled.
        """
        context = multiprocessing.get_context("spawn")
        self.pipe, theirs = context.Pipe()
        self.process = context.Process(target=_serve, args=(theirs,), daemon=True)
        self.process.start()
        theirs.close()  # so that the pipe ends with the process
        # Through the pipe, not as an argument: it is unpickled (which imports torch ...) when Ctrl-C is ignored.
        self._send(start)

    def give(self, item: Any) -> None:
        """Let it begin `item`."""
        self._send(pickle.dumps(item))

    def outcome(self) -> Outcome:
        """Return what it was waited for; see `Worker`."""
        try:
            if self.pipe.poll():  # False if only the end of the process was noticed
                return _unpacked(self.pipe.recv_bytes())
        except (EOFError, OSError) as error:
            raise WorkerLostError("a process ended while it was at work") from error
        raise WorkerLostError("a process ended while it was at work")

    def _send(self, message: bytes) -> None:
        with suppress(ConnectionError):  # it is gone; `outcome` will say so
            self.pipe.send_bytes(message)


class LocalCrew:
    """Processes that do the same work."""

    def __init__(self, work: Task, prepare: Prepare | None) -> None:
        """Let processes do `work`, after `prepare`."""
        self._start = pickle.dumps((work, prepare))

    def start(self) -> LocalWorker:
        """Start a process."""
        return LocalWorker(self._start)

    def wait(self, busy: Sequence[LocalWorker]) -> list[LocalWorker]:
        """Wait until some of `busy` have an outcome or are dead."""
        signs: dict[Any, LocalWorker] = {worker.pipe: worker for worker in busy} | {
            worker.process.sentinel: worker for worker in busy
        }
        return list(dict.fromkeys(signs[sign] for sign in wait(list(signs))))

    def end(self, workers: Sequence[LocalWorker], *, at_once: bool) -> None:
        """Close the pipes, which ends who is idle; `at_once` ends others, too, after their `finally` clauses."""
        for worker in workers:
            worker.pipe.close()
            if at_once:
                worker.process.terminate()
        for worker in workers:
            worker.process.join(_GRACE_S)
            if worker.process.is_alive():
                worker.process.kill()
                worker.process.join()
            worker.process.close()


def _serve(pipe: "Connection[Any, Any]") -> None:
    """Work until the pipe is closed: first comes the work and its preparation, then item after item."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's, which ends its workers
    signal.signal(signal.SIGTERM, _leave)
    threading.Thread(target=_end_after_parent, daemon=True).start()
    with suppress(EOFError, OSError):
        outcome = outcome_of(_prepared, pipe.recv_bytes())
        _send(pipe, Outcome(error=outcome.error))
        while True:
            _send(pipe, outcome_of(_done, outcome.value, pipe.recv_bytes()))


def _prepared(message: bytes) -> Task:
    work, prepare = _unpacked(message)
    if prepare is not None:
        prepare()
    return work


def _done(work: Task, message: bytes) -> Any:
    return work(_unpacked(message))


def _send(pipe: "Connection[Any, Any]", outcome: Outcome) -> None:
    packed = outcome_of(pickle.dumps, outcome)
    pipe.send_bytes(packed.value if packed.error is None else pickle.dumps(packed))


def _unpacked(message: bytes) -> Any:
    return pickle.loads(message)  # noqa: S301 - the other end is this program


def _leave(number: int, _: Any) -> None:
    raise SystemExit(128 + number)


def _end_after_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)
