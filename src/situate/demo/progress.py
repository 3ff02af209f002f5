"""Bars on stderr, one a phase, and how long each phase took."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

Advance = Callable[[int, int], None]


class Phases:
    """Times the phases of a demo."""

    def __init__(self) -> None:
        """Start the clock."""
        self._start_s = time.monotonic()
        self.seconds: dict[str, float] = {}

    @property
    def elapsed_s(self) -> float:
        """Seconds since the start."""
        return time.monotonic() - self._start_s

    @contextmanager
    def timed(self, name: str) -> Iterator[None]:
        """Time a phase that shows its own progress."""
        start_s = time.monotonic()
        try:
            yield
        finally:
            self.seconds[name] = round(self.seconds.get(name, 0.0) + time.monotonic() - start_s, 2)

    @contextmanager
    def bar(self, name: str, title: str, total: int) -> Iterator[Advance]:
        """Time a phase and show a bar; call what is yielded with the number done and the total."""
        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
        with self.timed(name), Progress(*columns, console=Console(stderr=True)) as progress:
            task = progress.add_task(title, total=total)
            yield lambda done, wanted: progress.update(task, completed=done, total=wanted)
