"""Runs a service until a signal or a failure stops it."""

import math
import signal
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from types import FrameType

import uvicorn

from situate.errors import InputError
from situate.service.app import Service

_BACKLOG = 2048
_GOODBYE_S = 30
"""So long after the deadline every request has been answered or given up."""


class _Server(uvicorn.Server):
    """Finishes what runs when a signal comes, and returns; uvicorn's own ends the process by the same signal again."""

    service: Service | None = None

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Listen to SIGTERM and Ctrl-C."""
        before = {one: signal.signal(one, self.handle_exit) for one in (signal.SIGINT, signal.SIGTERM)}
        try:
            yield
        finally:
            for one, handler in before.items():
                signal.signal(one, handler)

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Stop; a second Ctrl-C does not wait for what runs."""
        # In this order: to uvicorn a Ctrl-C is the second one if it is on its way down already.
        super().handle_exit(sig, frame)
        self.stop()

    def stop(self) -> None:
        """Take nothing more."""
        self.should_exit = True
        if self.service is not None:
            self.service.refuse()


def listening(host: str, port: int) -> socket.socket:
    """Listen at an address; 0 takes a free port.

    Raises:
        InputError: If that is not possible.
    """
    found: socket.socket | None = None
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        found = socket.socket(family, kind, protocol)
        found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        found.bind(address)
        found.listen(_BACKLOG)
    except (OSError, OverflowError, UnicodeError) as error:
        if found is not None:
            with suppress(OSError):
                found.close()
        reason = getattr(error, "strerror", None) or error
        raise InputError(f"cannot listen at {host}, port {port} ({reason}); choose another --port or --host") from error
    return found


def serve_until_stopped(service_of: Callable[[Callable[[], None]], Service], at: socket.socket) -> None:
    """Serve until SIGTERM, Ctrl-C or a failure.

    Args:
        service_of: Makes the service; it is given what the service calls if it cannot go on.
        at: Where it listens; closed in the end.

    Raises:
        SituateError: Why the model could not be loaded.
    """
    server: _Server | None = None

    def stop() -> None:
        assert server is not None
        server.stop()

    service = service_of(stop)
    config = uvicorn.Config(
        service.application,
        log_level="warning",
        access_log=False,
        server_header=False,
        ws="none",
        timeout_graceful_shutdown=math.ceil(service.settings.deadline_s) + _GOODBYE_S,
    )
    server = _Server(config)
    server.service = service
    with at:
        server.run(sockets=[at])
    if service.opening.failure is not None:
        raise service.opening.failure
