"""`situate serve` as a process of its own: started, waited for, ended."""

import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

START_S = 120.0
"""Nobody waits longer for a start."""
STOP_S = 60.0
_LOOK_EVERY_S = 0.05


@dataclass(frozen=True)
class Served:
    """A service that runs.

    Attributes:
        process: Its number.
        url: Where it is.
        start_s: Seconds from the start of the process until it was ready.
    """

    process: int
    url: str
    start_s: float


@contextmanager
def served(options: list[str], log: Path) -> Iterator[Served]:
    """Start a service at a free port, without its page; stop it in the end.

    Args:
        options: More options of `situate serve`.
        log: What it writes goes there.
    """
    words = [sys.executable, "-m", "situate", "serve", "--no-page", "--port", "0", *options]
    environment = {name: value for name, value in os.environ.items() if name != "SITUATE_TOKEN"}
    begin_s = time.perf_counter()
    with log.open("w") as file:
        process = subprocess.Popen(words, stdout=file, stderr=file, env=environment)  # noqa: S603 - our own words
    try:
        url = _until_ready(process, log, begin_s + START_S)
        yield Served(process.pid, url, time.perf_counter() - begin_s)
    finally:
        process.terminate()
        try:
            process.wait(STOP_S)
        finally:
            process.kill()


def _until_ready(process: "subprocess.Popen[bytes]", log: Path, until_s: float) -> str:
    while time.perf_counter() < until_s and process.poll() is None:
        found = re.search(r"listening at (http://127\.0\.0\.1:\d+)", log.read_text())
        if found is not None and _is_ready(found[1]):
            return found[1]
        time.sleep(_LOOK_EVERY_S)
    raise SystemExit(f"error: the service is not ready: {log.read_text()[-2000:]}")


def _is_ready(url: str) -> bool:
    try:
        return httpx.get(f"{url}/readyz", trust_env=False).is_success
    except httpx.TransportError:
        return False  # it is on its way down
