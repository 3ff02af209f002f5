"""Who does what: items are handed out one at a time, and a worker that is lost is replaced.

An engine says how workers are started, given an item, waited for and ended; nothing here knows what a worker is.
"""

from collections import Counter, deque
from collections.abc import Callable, Generator, Iterable, Sequence
from typing import Any, Generic, Protocol, TypeVar, runtime_checkable

from situate.errors import SituateError
from situate.sharding.station import Outcome

MAX_LOSSES = 3
"""So many workers one item may cost: one may be bad luck, three are the item's fault."""

Task = Callable[[Any], Any]
Prepare = Callable[[], None]


class WorkerLostError(Exception):
    """A worker ended before its outcome came: killed, crashed, or its machine is gone."""


@runtime_checkable
class Worker(Protocol):
    """Somebody who is prepared first and then does one item at a time."""

    def give(self, item: Any) -> None:
        """Let it begin `item`; whether it still lives shows when it is waited for."""
        ...

    def outcome(self) -> Outcome:
        """Return the outcome of the item given last, or at first of the preparation.

        Raises:
            WorkerLostError: If none will come.
        """
        ...


W = TypeVar("W", bound=Worker)


@runtime_checkable
class Crew(Protocol[W]):
    """How an engine comes by workers."""

    def start(self) -> W:
        """Start one, without waiting until it is prepared."""
        ...

    def wait(self, busy: Sequence[W]) -> Iterable[W]:
        """Wait until some of `busy` have an outcome, or are lost, and return these."""
        ...

    def end(self, workers: Sequence[W], *, at_once: bool) -> None:
        """End `workers`; `at_once` does not wait for an item that is begun."""
        ...


class Schedule(Generic[W]):
    """The items of one run, and which worker is at which."""

    def __init__(self, crew: Crew[W], items: Sequence[Any], num_workers: int) -> None:
        """Plan to do `items` with `num_workers` workers of `crew`."""
        self._crew = crew
        self._items = items
        self._num_workers = num_workers
        self._waiting = deque(range(len(items)))
        self._idle: list[W] = []
        self._busy: dict[W, int | None] = {}
        self._losses: Counter[int | None] = Counter()
        self._failure: Exception | None = None

    def results(self) -> Generator[tuple[int, Any], None, None]:
        """Do the work; yield positions and results as they come. All workers end when this does, for any reason.

        Raises:
            SituateError: If an item, or the preparation, has cost `MAX_LOSSES` workers.
        """
        try:
            for _ in range(self._num_workers):
                self._start()
            self._hand_out()
            num_left = len(self._items)
            while num_left:
                arrived = list(self._arrivals())
                if self._failure is None:
                    # Before the results are given: whoever takes them may take their time.
                    self._hand_out()
                num_left -= len(arrived)
                yield from arrived
                if self._failure is not None:
                    raise self._failure
        finally:
            self._crew.end(list(self._busy), at_once=True)
            self._crew.end(self._idle, at_once=False)

    def _start(self) -> None:
        self._busy[self._crew.start()] = None

    def _hand_out(self) -> None:
        while self._idle and self._waiting:
            worker, position = self._idle.pop(), self._waiting.popleft()
            self._busy[worker] = position
            worker.give(self._items[position])

    def _arrivals(self) -> Generator[tuple[int, Any], None, None]:
        for worker in self._crew.wait(list(self._busy)):
            position = self._busy[worker]
            try:
                outcome = worker.outcome()
            except WorkerLostError as error:
                self._replace(worker, error)
                continue
            del self._busy[worker]
            self._idle.append(worker)
            if outcome.error is not None:
                self._failure = outcome.error
            elif position is None:
                self._losses.pop(None, None)
            else:
                yield position, outcome.value

    def _replace(self, lost: W, error: WorkerLostError) -> None:
        """Start another worker, and let the item be the next that is handed out."""
        position = self._busy.pop(lost)
        self._crew.end([lost], at_once=True)
        self._losses[position] += 1
        if self._losses[position] == MAX_LOSSES:
            self._failure = _hopeless(position, len(self._items))
            self._failure.__cause__ = error
            return
        if position is not None:
            self._waiting.appendleft(position)
        self._start()


def _hopeless(position: int | None, num_items: int) -> SituateError:
    where = "before it had begun" if position is None else f"at item {position} (counted from 0) of {num_items}"
    return SituateError(
        f"a worker was killed {where}, {MAX_LOSSES} times, perhaps for memory; pass fewer --num-workers, "
        "and --resume to go on where the command has it"
    )
