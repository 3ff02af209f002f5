"""Ray Core actors as workers, on the cluster that RAY_ADDRESS names or on one started here for the while."""

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from situate.errors import MissingExtraError, SituateError
from situate.sharding.schedule import Prepare, Task, WorkerLostError
from situate.sharding.station import Outcome, outcome_of

try:
    import ray
    from ray.exceptions import (
        NodeDiedError,
        ObjectLostError,
        OutOfMemoryError,
        RayActorError,
        RayTaskError,
        WorkerCrashedError,
    )
except ImportError as missing:
    raise MissingExtraError("ray", "ray") from missing

_LOST = (RayActorError, WorkerCrashedError, OutOfMemoryError, NodeDiedError, ObjectLostError)


@contextmanager
def ray_crew(work: Task, prepare: Prepare | None, num_workers: int) -> Iterator["RayCrew"]:
    """Give a crew; what was started for it is shut down when the block is left.

    Raises:
        SituateError: If the cluster that RAY_ADDRESS names cannot be reached.
    """
    is_ours = not ray.is_initialized()
    if is_ours:
        _connect(num_workers)
    try:
        yield RayCrew(work, prepare)
    finally:
        if is_ours:
            ray.shutdown()


def _connect(num_workers: int) -> None:
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    address = os.environ.get("RAY_ADDRESS") or "local"
    size: dict[str, Any] = {"num_cpus": num_workers + 1, "include_dashboard": False} if address == "local" else {}
    try:
        ray.init(address=address, log_to_driver=False, configure_logging=False, **size)
    except ConnectionError as error:
        raise SituateError(
            f"no Ray cluster could be reached ({error}); look at RAY_ADDRESS, and set RAY_AUTH_MODE=token if the "
            "cluster asks for a token"
        ) from error


class _Station:
    """What lives in an actor."""

    def __init__(self, work: Task, prepare: Prepare | None) -> None:
        self._work = work
        self._prepare = prepare

    def ready(self) -> Outcome:
        return Outcome() if self._prepare is None else outcome_of(self._prepare)

    def do(self, item: Any) -> Outcome:
        return outcome_of(self._work, item)


class RayWorker:
    """An actor and the promise of its next outcome."""

    def __init__(self, actor: Any) -> None:
        """Let `actor` prepare itself."""
        self.actor = actor
        self.promise: Any = actor.ready.remote()

    def give(self, item: Any) -> None:
        """Let it begin `item`."""
        self.promise = self.actor.do.remote(item)

    def outcome(self) -> Outcome:
        """Return what it was waited for; see `Worker`."""
        try:
            return ray.get(self.promise)
        except _LOST as error:
            raise WorkerLostError(str(error)) from error
        except RayTaskError as error:
            # Outcomes carry what the work raises; this comes of what cannot be pickled or imported.
            raise error.cause from error


class RayCrew:
    """Actors that hold one processor each; an actor waits, without an item, until a processor is free."""

    def __init__(self, work: Task, prepare: Prepare | None) -> None:
        """Let actors do `work`, after `prepare`."""
        self._arguments = ray.put(work), ray.put(prepare)
        self._kind: Any = ray.remote(num_cpus=1, max_restarts=0)(_Station)

    def start(self) -> RayWorker:
        """Start an actor."""
        return RayWorker(self._kind.remote(*self._arguments))

    def wait(self, busy: Sequence[RayWorker]) -> list[RayWorker]:
        """Wait until some of `busy` have an outcome or are dead."""
        promised = {worker.promise: worker for worker in busy}
        done, _ = ray.wait(list(promised), num_returns=1)
        return [promised[promise] for promise in done]

    def end(self, workers: Sequence[RayWorker], *, at_once: bool) -> None:
        """Kill the actors; idle ones have nothing to finish."""
        del at_once
        for worker in workers:
            ray.kill(worker.actor)
