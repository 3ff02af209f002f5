"""`situate serve`: a page to try it on and an HTTP API, in one process."""

import ipaddress
import math
import os
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from situate.cli.extras import require
from situate.errors import InputError
from situate.pipeline.runtime import Backend, Runtime

if TYPE_CHECKING:
    import socket

TOKEN_VARIABLE = "SITUATE_TOKEN"  # noqa: S105 (its name, not the token)
MAX_PORT = 65_535
_MEGA = 1_000_000
_HOST_NAME = re.compile(r"[a-z0-9_-]+(\.[a-z0-9_-]+)*")


def serve(
    *,
    port: int = 8000,
    host: str = "127.0.0.1",
    allow_host: Annotated[tuple[str, ...], Parameter(negative=())] = (),
    model: Path | None = None,
    device: str = "auto",
    backend: Backend = "torch",
    batch: int = 4,
    max_waiting: int = 32,
    deadline: float = 60.0,
    max_megabytes: float = 64.0,
    max_megapixels: float = 40.0,
    no_page: bool = False,
) -> int:
    """Serve a page for people and an HTTP API for programs; docs/service.md describes both.

    With a token in the environment variable SITUATE_TOKEN, whoever asks must show it. SIGTERM and Ctrl-C finish what
    was asked before, and refuse the rest; jobs that make data sets larger are ended.

    Args:
        port: Where to listen; 0 takes a free one.
        host: Address to listen at. Any but this machine's own lets others in.
        allow_host: Name under which it may be asked for, besides this machine's own: that of a proxy on this machine.
            May be given several times. With --host any name will do, unless some are given.
        model: Model folder, such as RUN/model; the shipped weights by default.
        device: auto, cpu, cuda or mps.
        backend: Who runs the networks: torch, or openvino for a folder that situate export made.
        batch: Pictures that the networks always see at once: 1 answers a single client soonest, 4 makes most in a
            second. Changes results by rounding only.
        max_waiting: Requests that may wait; others are told to come back (429).
        deadline: Seconds within which a request is answered or given up (504).
        max_megabytes: Largest request (413).
        max_megapixels: Largest picture (422).
        no_page: Leave the page out; only the API.
    """
    require("serve")
    from situate.service.app import Service
    from situate.service.server import listening, serve_until_stopped
    from situate.service.settings import LOCAL_HOSTS, ServiceSettings

    if not 0 <= port <= MAX_PORT:
        raise InputError(f"--port is {port}; it must be between 0 (any that is free) and {MAX_PORT}")
    is_local = host in LOCAL_HOSTS
    is_open = not is_local and not allow_host
    settings = ServiceSettings(
        model=model,
        runtime=Runtime(device, backend),
        token=os.environ.get(TOKEN_VARIABLE),
        host_names=None if is_open else (*LOCAL_HOSTS, *map(_host_name, allow_host)),
        batch_shape=batch,
        max_waiting=max_waiting,
        deadline_s=deadline,
        max_body_bytes=_millions(max_megabytes, "--max-megabytes"),
        max_pixels=_millions(max_megapixels, "--max-megapixels"),
    )
    socket = listening(host, port)
    _greet(socket, host, settings.token, is_local=is_local)
    serve_until_stopped(lambda stop: Service(settings, with_page=not no_page, on_failure=stop), socket)
    return 0


def _millions(value: float, option: str) -> int:
    if not math.isfinite(value):
        raise InputError(f"{option} is {value:g}; it must be a number above 0")
    return round(value * _MEGA)


def _host_name(name: str) -> str:
    plain = name.lower()
    try:
        return str(ipaddress.ip_address(plain))
    except ValueError:
        if _HOST_NAME.fullmatch(plain):
            return plain
    remedy = "give a name or an address only, such as situate.example.org, without https:// and port"
    raise InputError(f"--allow-host is {name!r}; {remedy}")


def _greet(socket: "socket.socket", host: str, token: str | None, *, is_local: bool) -> None:
    name = f"[{host}]" if ":" in host else host
    print(f"listening at http://{name}:{socket.getsockname()[1]}, loading the model ...", file=sys.stderr)
    if not is_local:
        who = "whoever has the token" if token else f"everybody, as there is no {TOKEN_VARIABLE}"
        print(
            f"warning: at {host} others can reach it: {who}. Nothing is encrypted; put a proxy with TLS before it.",
            file=sys.stderr,
        )
