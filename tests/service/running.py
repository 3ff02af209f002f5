"""A service on a socket of this machine, in a thread, and applications that are asked without a socket."""

import asyncio
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx
import uvicorn

from situate.service.app import Service
from situate.service.settings import ServiceSettings
from situate.service.worker import Worker

PATIENCE_S = 60.0


@dataclass(frozen=True)
class Running:
    """A service that runs, and a client for it."""

    service: Service
    port: int
    http: httpx.Client

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def worker(self) -> Worker:
        return self.service.opening.studio().worker


@dataclass(frozen=True)
class Gate:
    """Something before which a thread waits."""

    is_reached: threading.Event = field(default_factory=threading.Event)
    is_open: threading.Event = field(default_factory=threading.Event)

    def wait_until_reached(self) -> None:
        assert self.is_reached.wait(PATIENCE_S)


@contextmanager
def running(settings: ServiceSettings) -> Iterator[Running]:
    """Run a service until the block ends."""
    service = Service(settings, with_page=False)
    config = uvicorn.Config(
        service.application, log_level="critical", access_log=False, ws="none", timeout_graceful_shutdown=10
    )
    server = uvicorn.Server(config)
    with socket.create_server(("127.0.0.1", 0)) as at:
        thread = threading.Thread(target=server.run, kwargs={"sockets": [at]})
        thread.start()
        port = at.getsockname()[1]
        try:
            with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=PATIENCE_S, trust_env=False) as http:
                until(lambda: server.started and service.opening.is_ready)
                yield Running(service, port, http)
        finally:
            server.should_exit = True
            thread.join()


def until(is_so: Callable[[], Any]) -> None:
    """Wait for something that comes soon."""
    end_s = time.monotonic() + PATIENCE_S
    while not is_so():
        assert time.monotonic() < end_s, "waited in vain"
        time.sleep(0.01)


def asked(app: Any, method: str, path: str, **about: Any) -> httpx.Response:
    """Ask an application that needs no start."""

    async def ask() -> httpx.Response:
        transport = httpx.ASGITransport(app, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
            return await client.request(method, path, **about)

    return asyncio.run(ask())
