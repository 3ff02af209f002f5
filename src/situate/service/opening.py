"""From an empty process to one that composes: the model is loaded beside the event loop, which answers meanwhile."""

import asyncio
import gc
import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from situate.errors import SituateError
from situate.service.metrics import Metrics
from situate.service.refusals import UnavailableError
from situate.service.settings import ServiceSettings

if TYPE_CHECKING:
    from situate.service.studio import Studio

_logger = logging.getLogger(__name__)


class Opening:
    """The studio, as soon as there is one."""

    def __init__(self, settings: ServiceSettings, metrics: Metrics) -> None:
        """Say what is to be loaded."""
        self._settings, self._metrics = settings, metrics
        self._studio: "Studio | None" = None
        self._is_closed = False
        self.failure: Exception | None = None

    @property
    def is_ready(self) -> bool:
        """Whether requests are answered."""
        return self._studio is not None and not self._is_closed

    def studio(self) -> "Studio":
        """Return what does the work.

        Raises:
            UnavailableError: If the model is not loaded yet, or the service is on its way down.
        """
        if self._is_closed:
            raise UnavailableError("the service is stopping; ask again when it is back")
        if self._studio is None:
            raise UnavailableError("the model is being loaded; ask again in some seconds, /readyz says when")
        return self._studio

    async def open(self, on_failure: Callable[[], None]) -> "Studio | None":
        """Load the model; if that cannot be, keep why and call `on_failure`."""
        try:
            self._studio = await asyncio.to_thread(self._load)
        except Exception as error:
            if not isinstance(error, SituateError):
                _logger.exception("the model cannot be loaded")
            self.failure = error
            on_failure()
        return self._studio

    def refuse(self) -> None:
        """Take nothing more; what was taken is still answered."""
        self._is_closed = True

    async def close(self) -> None:
        """Finish what was taken."""
        self.refuse()
        if self._studio is not None:
            await asyncio.to_thread(self._studio.worker.stop)

    def _load(self) -> "Studio":
        with _nothing_to_collect():
            # Networks are imported in this thread: the process answers /healthz meanwhile.
            import torch

            from situate.pipeline.runtime import composer_of
            from situate.service.studio import Studio
            from situate.service.threads import use_processors
            from situate.service.worker import Worker

            settings = self._settings
            # OpenVINO has threads of its own.
            num_processors = 1 if settings.runtime.backend == "openvino" else torch.get_num_threads()
            use_processors(1)
            worker = Worker(
                composer_of(settings.model, settings.runtime),
                batch_shape=settings.batch_shape,
                gather_s=settings.gather_s,
                max_waiting=settings.max_waiting,
                num_processors=num_processors,
                watch=self._metrics.batch,
            )
        self._metrics.watch(lambda: worker.num_waiting)
        return Studio.around(worker, settings)


@contextmanager
def _nothing_to_collect() -> Iterator[None]:
    """Import and load without looking for garbage, a fifth of the time; what is there then stays for good."""
    gc.disable()
    try:
        yield
        gc.freeze()
    finally:
        gc.enable()
