"""What a service counts, as Prometheus reads it."""

import time
from collections.abc import Callable

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from starlette.types import ASGIApp, Message, Receive, Scope, Send

_SIZES = range(1, 17)
_SECONDS = (0.05, 0.1, 0.2, 0.3, 0.5, 0.75, 1, 1.5, 2, 3, 5, 10, 30, 60)
KNOWN_PATHS = ("/v1/compose", "/v1/place", "/v1/jobs/augment", "/v1/jobs/{id}", "/v1/jobs/{id}/result", "/v1/model")


class Metrics:
    """Counters of one service, in a registry of their own."""

    def __init__(self) -> None:
        """Begin at 0."""
        self._registry = CollectorRegistry()
        kept = self._registry
        self._answers = Counter("situate_requests", "Answers, by path and status.", ["path", "status"], registry=kept)
        self._seconds = Histogram(
            "situate_request_seconds", "Time to answer.", ["path"], buckets=_SECONDS, registry=kept
        )
        self._batches = Histogram("situate_batch_size", "Requests that a batch answers.", buckets=_SIZES, registry=kept)
        self._waiting = Gauge("situate_waiting", "Requests that wait for the networks.", registry=kept)

    def batch(self, size: int) -> None:
        """Count a batch of the worker's."""
        self._batches.observe(size)

    def answer(self, path: str, status: int, seconds: float) -> None:
        """Count an answer."""
        self._answers.labels(path, status).inc()
        self._seconds.labels(path).observe(seconds)

    def watch(self, num_waiting: Callable[[], int]) -> None:
        """Ask how many wait whenever somebody reads the metrics."""
        self._waiting.set_function(num_waiting)

    def text(self) -> bytes:
        """Return all of them."""
        return generate_latest(self._registry)


class Counting:
    """Counts the answers of an application."""

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        """Watch `app`."""
        self._app, self._metrics = app, metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, and count how."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        start_s, status = time.perf_counter(), 499  # of a client that has gone

        async def noted(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self._app(scope, receive, noted)
        finally:
            self._metrics.answer(known_path(scope["path"]), status, time.perf_counter() - start_s)


def known_path(path: str) -> str:
    """Return a path as it is counted: few of them, whatever clients ask for."""
    pieces = path.strip("/").split("/")
    if pieces[:2] == ["v1", "jobs"] and len(pieces) in (3, 4) and pieces[2] != "augment":
        path = "/v1/jobs/{id}" + ("/result" if pieces[3:] == ["result"] else "")
    return path if path in KNOWN_PATHS else "other"
