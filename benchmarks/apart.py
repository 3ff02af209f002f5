"""Work in a process of its own: what it gives, and how much memory it takes at most."""

import multiprocessing
import os
import resource
import subprocess
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import TypeVar

MIB = 2**20
START_MIB = 1.0
"""A command under way holds more than this; before, its processes are not there yet."""
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


def peak_mib(process: int) -> float:
    """The most memory that a process itself has held since it began."""
    return _status_mib(process, "VmHWM") or 0.0


def cpu_s(process: int) -> float:
    """Seconds of processor time that a process, with all its threads, has taken since it began."""
    # Its name, in parentheses, may hold anything; times are the 14th and 15th word of all.
    words = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return (int(words[11]) + int(words[12])) / os.sysconf("SC_CLK_TCK")


def watched(words: Sequence[str], log: Path) -> tuple[float, list[tuple[float, float]]]:
    """Run a command; return its seconds, and the memory of its processes while it ran: seconds and MiB."""
    held: list[tuple[float, float]] = []
    start_s = time.perf_counter()
    with log.open("w") as file:
        command = subprocess.Popen(words, stdout=file, stderr=file)  # noqa: S603 - our own words
        try:
            while command.poll() is None:
                held.append((time.perf_counter() - start_s, memory_mib(command.pid)))
                time.sleep(0.5)
        finally:
            command.kill()
    assert command.returncode == 0, log.read_text()[-2000:]
    return time.perf_counter() - start_s, [(second, mib) for second, mib in held if mib > START_MIB]


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
