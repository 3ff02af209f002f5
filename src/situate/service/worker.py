"""The thread that owns the model: it gathers what several requests ask, and runs the networks once for all of them."""

import queue
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field

from situate.errors import SituateError
from situate.nn.placement import PlacementPrediction
from situate.pipeline.batch import Pair, order_of, predictions, ranked_places
from situate.pipeline.compose import ComposePipeline
from situate.pipeline.composer import Composer
from situate.pipeline.options import Synthesis
from situate.pipeline.order import Order
from situate.pipeline.places import RankedPlaces
from situate.records.batch import PlacementInput
from situate.records.placement import Composite
from situate.service.refusals import BusyError, UnavailableError
from situate.service.threads import use_processors

Assemble = Callable[[], list[Composite]]
"""Does the rest of composing, in the thread of whoever asked."""
_SLOW_START_S = 1.0
_MEMORY = 0.9
"""How much of the mean of earlier batches stays when another has been timed."""


@dataclass(frozen=True, eq=False)
class Job:
    """What one request asks of the networks.

    Attributes:
        pair: What goes where.
        top_k: How many places.
        synthesis: How composites are made, but for the seed, which is the pair's; None asks for places only.
        answer: Its places, or what makes its composites.
    """

    pair: Pair
    top_k: int = 1
    synthesis: Synthesis | None = None
    answer: "Future[RankedPlaces | Assemble]" = field(default_factory=Future)


class Worker:
    """Runs the jobs of all requests, on one thread."""

    def __init__(
        self,
        composer: Composer,
        *,
        batch_shape: int,
        gather_s: float,
        max_waiting: int,
        num_processors: int,
        watch: Callable[[int], None],
    ) -> None:
        """Start to work.

        Args:
            composer: The model.
            batch_shape: What the networks always see at once.
            gather_s: How long the first job of a batch waits for others.
            max_waiting: Jobs that may wait.
            num_processors: That the networks use.
            watch: Told how many jobs each batch has.
        """
        composer.pipeline.batch_shape = batch_shape
        self.composer = composer
        self._shape, self._gather_s, self._watch = batch_shape, gather_s, watch
        self._jobs: queue.Queue[Job | None] = queue.Queue()
        self._max_waiting, self._lock, self._is_stopped = max_waiting, threading.Lock(), False
        self._batch_s, self._num_processors = _SLOW_START_S, num_processors
        self._thread = threading.Thread(target=self._run, name="situate-worker", daemon=True)
        self._thread.start()

    @property
    def num_waiting(self) -> int:
        """Jobs that have not begun."""
        return self._jobs.qsize()

    def submit(self, job: Job) -> "Future[RankedPlaces | Assemble]":
        """Queue a job; its answer can be cancelled as long as it has not begun.

        Raises:
            BusyError: If too many wait.
            UnavailableError: If the worker was told to stop.
        """
        with self._lock:
            self.check_room()
            self._jobs.put(job)
        # What is called must not hold the job: with its answer it would be a cycle, and keep its pictures for minutes.
        job.answer.add_done_callback(self._forget)
        return job.answer

    def check_room(self) -> None:
        """Find out before any work whether a job would be taken now; raises what `submit` does."""
        if self._is_stopped:
            raise UnavailableError("the service is stopping; ask again when it is back")
        if self.num_waiting >= self._max_waiting:
            batches = self.num_waiting / self._shape
            raise BusyError(self.num_waiting, max(1, round(batches * self._batch_s)))

    def stop(self) -> None:
        """Finish what was submitted, and take nothing more; returns when all is done."""
        with self._lock:
            if not self._is_stopped:
                self._is_stopped = True
                self._jobs.put(None)
        self._thread.join()

    def _forget(self, answer: "Future[RankedPlaces | Assemble]") -> None:
        """Take a job that was given up out of the queue: its pictures need memory, its place is another's."""
        if not answer.cancelled():
            return
        with self._jobs.mutex:
            left = [job for job in self._jobs.queue if job is None or job.answer is not answer]
            self._jobs.queue.clear()
            self._jobs.queue.extend(left)

    def _run(self) -> None:
        use_processors(self._num_processors)
        # Nothing of a batch is held while there is nothing to do: pictures are large.
        while not self._is_last_batch():
            pass

    def _is_last_batch(self) -> bool:
        """Wait for a batch and answer it; say whether nothing follows."""
        first = self._jobs.get()
        if first is None:
            return True
        batch, is_last = self._gathered(first)
        start_s = time.perf_counter()
        # Who has gone meanwhile leaves the place to others.
        begun = [job for job in batch if job.answer.set_running_or_notify_cancel()]
        if begun:
            self._watch(len(begun))
            self._answer(begun)
            self._batch_s = _MEMORY * self._batch_s + (1 - _MEMORY) * (time.perf_counter() - start_s)
        return is_last

    def _gathered(self, first: Job) -> tuple[list[Job], bool]:
        """Return a job with those that come within some milliseconds, and whether nothing follows."""
        batch, end_s = [first], time.perf_counter() + self._gather_s
        while len(batch) < self._shape:
            try:
                job = self._jobs.get(timeout=max(0.0, end_s - time.perf_counter()))
            except queue.Empty:
                return batch, False
            if job is None:
                return batch, True
            batch.append(job)
        return batch, False

    def _answer(self, jobs: Sequence[Job]) -> None:
        """Answer jobs: with what they ask for, or with what kept it from them; nothing ends the thread."""
        try:
            orders = self._placed(jobs)
            for synthesis in dict.fromkeys(job.synthesis for job, _ in orders):
                self._compose([one for one in orders if one[0].synthesis == synthesis])
        except Exception as error:  # noqa: BLE001 (whatever it is, the client is told, and the next batch comes)
            left = [job for job in jobs if not job.answer.done()]
            if len(jobs) == 1:
                left[0].answer.set_exception(error)
            # One of them has done it: each alone, so that the others do not suffer.
            else:
                for job in left:
                    self._answer([job])

    def _compose(self, orders: Sequence[tuple[Job, Order]]) -> None:
        """Run the synthesis network on orders that want it the same way."""
        synthesis = orders[0][0].synthesis
        assert synthesis is not None
        made = self.composer.pipeline.synthesised(
            [order for _, order in orders],
            num_steps=synthesis.num_steps,
            model_fingerprint=self.composer.model_fingerprint,
            correction=synthesis.correction,
        )
        for (job, _), assemble in zip(orders, made, strict=True):
            job.answer.set_result(assemble)

    def _placed(self, jobs: Sequence[Job]) -> list[tuple[Job, Order]]:
        """Answer jobs that ask for places; return what there is to compose for the others."""
        pipeline, orders = self.composer.pipeline, []
        for job, seen in zip(jobs, predictions(pipeline, [job.pair for job in jobs]), strict=True):
            if job.synthesis is not None:
                found = order_of(pipeline, job.pair, *seen, job.top_k)
            else:
                found = _places(pipeline, job, *seen)
            if isinstance(found, Order):
                orders.append((job, found))
            elif isinstance(found, SituateError):
                job.answer.set_exception(found)
            else:
                job.answer.set_result(found)
        return orders


def _places(
    pipeline: ComposePipeline, job: Job, inputs: PlacementInput, prediction: PlacementPrediction
) -> RankedPlaces | SituateError:
    try:
        return ranked_places(pipeline, job.pair, inputs, prediction, job.top_k)
    except SituateError as error:
        return error
