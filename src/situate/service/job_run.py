"""Runs one job in a process of its own, and hears what it tells; the process never outlives who waits for it."""

import asyncio
import json
import os
import signal
import sys
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

_LONGEST_LINE = 1 << 20


async def run_job(folder: Path, log: Path, tell: Callable[[Mapping[str, Any]], None], max_s: float) -> int:
    """Run the job in a folder; see `job_process`.

    Args:
        folder: Of the job.
        log: Where its standard error goes.
        tell: Called with every line that it says.
        max_s: It is ended if it takes longer.

    Returns:
        Its exit code.

    Raises:
        TimeoutError: If it has taken longer.
        OSError: If it cannot be started.
    """
    with log.open("wb") as errors:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "situate.service.job_process", str(folder)),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=errors,
            start_new_session=True,
            limit=_LONGEST_LINE,
        )
    try:
        async with asyncio.timeout(max_s):
            await _follow(process, tell)
            return await process.wait()
    finally:
        if process.returncode is None:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            await process.wait()


async def _follow(process: asyncio.subprocess.Process, tell: Callable[[Mapping[str, Any]], None]) -> None:
    assert process.stdout is not None
    async for line in process.stdout:
        try:
            told = json.loads(line)
        except ValueError:
            continue  # what a library prints
        if isinstance(told, dict):
            tell(told)
