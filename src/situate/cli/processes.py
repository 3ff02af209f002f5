"""How a command behaves that torchrun starts in several processes: it says everything once."""

import os
from collections.abc import Iterator
from contextlib import contextmanager

from situate.cli.app import EXIT_ERROR
from situate.errors import SituateError

RANK = "RANK"
"""Where torchrun puts the number of a process."""


def is_first_process() -> bool:
    """Whether this process is the one that speaks; also if it is alone."""
    return int(os.environ.get(RANK, "0")) == 0


@contextmanager
def together() -> Iterator[None]:
    """Run what several processes do together: an error that all of them have is told by the first one only.

    Comes before anything that imports torch.
    """
    if RANK in os.environ:
        # It advises to wait for every parameter in every step, which some steps do not reach.
        os.environ.setdefault("TORCH_CPP_LOG_LEVEL", "ERROR")
    try:
        yield
    except SituateError as error:
        if is_first_process():
            raise
        raise SystemExit(EXIT_ERROR) from error
    finally:
        if RANK in os.environ:
            _part()


def _part() -> None:
    """Give back the connection to the other processes, which warns if it is cut off at exit."""
    import torch.distributed

    if torch.distributed.is_initialized():
        torch.distributed.destroy_process_group()
