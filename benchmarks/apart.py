"""Work in a process of its own: what it gives, and how much memory it takes at most."""

import multiprocessing
import os
import resource
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import TypeVar

MIB = 2**20
Result = TypeVar("Result")


def apart(work: Callable[..., Result], *arguments: object) -> tuple[Result, float]:
    """Call `work` in a new process; return what it gives, and the most memory that the process has held, in MiB."""
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as pool:
        return pool.submit(_with_peak, work, arguments).result()


def forget_peak() -> None:
    """Let the peak of this process begin anew, where the system can: what was drawn for a benchmark does not count."""
    with suppress(OSError):
        Path("/proc/self/clear_refs").write_text("5")


def memory_mib(process: int) -> float:
    """Memory that a process, and all that it has started, hold now; what they share is counted for each."""
    held = [_status_mib(one, "VmRSS") for one in (process, *_descendants(process))]
    return sum(mib for mib in held if mib is not None)


def _with_peak(work: Callable[..., Result], arguments: tuple[object, ...]) -> tuple[Result, float]:
    result = work(*arguments)
    peak = _status_mib(os.getpid(), "VmHWM")
    # Not everywhere: there the peak of the process that started this one may be counted, too.
    return result, peak or resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def _status_mib(process: int, name: str) -> float | None:
    try:
        lines = Path(f"/proc/{process}/status").read_text().splitlines()
    except OSError:
        return None
    return next((int(line.split()[1]) / 1024 for line in lines if line.startswith(f"{name}:")), None)


def _descendants(process: int) -> list[int]:
    found = []
    for task in Path(f"/proc/{process}/task").glob("*"):
        try:
            children = [int(child) for child in (task / "children").read_text().split()]
        except OSError:
            continue
        for child in children:
            found += [child, *_descendants(child)]
    return found
