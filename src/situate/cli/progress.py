"""A bar on stderr while a command goes through triples."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager


@contextmanager
def progress_bar(text: str, *, can_resume: bool = False) -> Iterator[Callable[[int, int], None]]:
    """Yield what is called with how many of how many are done.

    Args:
        text: What is being done.
        can_resume: Whether the command has --resume; said when it is interrupted.
    """
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = TextColumn(text), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn()
    with Progress(*columns, console=Console(stderr=True)) as bar:
        task = bar.add_task(text, total=None)
        try:
            yield lambda num_done, num_all: bar.update(task, completed=num_done, total=num_all)
        except KeyboardInterrupt:
            if can_resume:
                print(
                    "what is finished is kept; --resume in place of --overwrite goes on with it",
                    file=sys.stderr,
                )
            raise
