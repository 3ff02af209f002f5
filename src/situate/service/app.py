"""The whole service as an ASGI application: routes, guard, metrics, and a page once the model is there."""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from importlib.util import find_spec
from typing import Any

from fastapi import FastAPI
from starlette.types import ASGIApp

from situate import __version__
from situate.service.failures import answer_failures
from situate.service.guard import Guard
from situate.service.jobs import Jobs
from situate.service.metrics import Counting, Metrics
from situate.service.opening import Opening
from situate.service.routes_compose import compose_routes
from situate.service.routes_jobs import job_routes
from situate.service.routes_page import page_routes
from situate.service.routes_status import status_routes
from situate.service.settings import ServiceSettings

_logger = logging.getLogger(__name__)


class Service:
    """One process's service.

    Attributes:
        settings: What it takes on.
        opening: Gives the studio, once the model is loaded; or says why there is none.
        api: The HTTP API, without guard.
        application: What a server runs.
    """

    def __init__(
        self,
        settings: ServiceSettings,
        *,
        with_page: bool = True,
        on_failure: Callable[[], None] = lambda: None,
    ) -> None:
        """Put the parts together; nothing is loaded before the server starts.

        Args:
            settings: What it takes on.
            with_page: Whether there is a page, too.
            on_failure: Called if the model cannot be loaded; `opening.failure` says why.
        """
        self.settings, self._on_failure = settings, on_failure
        self._with_page = with_page and find_spec("gradio") is not None
        metrics = Metrics()
        self.opening = Opening(settings, metrics)
        self.jobs = Jobs(settings)
        self.api = FastAPI(
            title="Situate",
            summary="Puts an object into a picture where it belongs.",
            version=__version__,
            # Their pages come from another machine; /openapi.json says the same.
            docs_url=None,
            redoc_url=None,
            lifespan=self._lifespan,
        )
        answer_failures(self.api)
        if self._with_page:
            self.api.include_router(page_routes())
        self.api.include_router(status_routes(self.opening, settings, metrics))
        self.api.include_router(compose_routes(self.opening.studio))
        self.api.include_router(job_routes(self.jobs, self.opening, settings))
        self.application: ASGIApp = Counting(Guard(self.api, settings), metrics)
        self._close_page: Callable[[], None] = lambda: None

    def refuse(self) -> None:
        """Take nothing more, and let go of open pages; what was taken is finished when the server closes."""
        self.opening.refuse()
        self._close_page()

    @asynccontextmanager
    async def _lifespan(self, _: FastAPI) -> AsyncIterator[None]:
        opened = asyncio.create_task(self._open())
        try:
            yield
        finally:
            self.refuse()
            await self.jobs.close()
            opened.cancel()
            with suppress(asyncio.CancelledError):
                await opened
            await self.opening.close()

    async def _open(self) -> None:
        studio = await self.opening.open(self._on_failure)
        if studio is None or not self._with_page:
            return
        try:
            # Gradio takes seconds to import: programs need not wait for it.
            mounted = await asyncio.to_thread(_page)
            async with mounted(self.api, studio, self.jobs, self.settings) as self._close_page:
                await asyncio.Event().wait()  # until the service stops
        except Exception as error:
            _logger.exception("the page cannot be built")
            self.opening.failure = error
            self._on_failure()


def _page() -> Any:
    from situate.service.page.mounted import mounted

    return mounted
