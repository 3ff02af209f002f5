"""A network of the user's in a folder: what its JSON says, where it runs, and no chatter while it loads."""

import json
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch

from situate.errors import MissingExtraError, ModelFileError


def read_folder_json(folder: Path, name: str, *, remedy: str) -> dict[str, Any]:
    """Read a JSON object of a network's folder.

    Raises:
        ModelFileError: If folder or file is missing, or the file is no JSON object; ends with `remedy`.
    """
    if not folder.is_dir():
        raise ModelFileError(f"{folder} is not a folder; {remedy}")
    path = folder / name
    if not path.is_file():
        raise ModelFileError(f"{folder} has no {name}; {remedy}")
    try:
        content = json.loads(path.read_text())
    except ValueError as error:
        raise ModelFileError(f"{path} is not JSON ({error}); copy the folder again") from error
    if not isinstance(content, dict):
        raise ModelFileError(f"{path} is not a JSON object; {remedy}")
    return content


def require_transformers(extra: str) -> None:
    """Refuse to go on without transformers.

    Raises:
        MissingExtraError: Naming the `extra` that brings it.
    """
    try:
        import transformers  # noqa: F401
    except ImportError as error:
        raise MissingExtraError("transformers", extra) from error


def network_device() -> torch.device:
    """Return where such a network runs: the GPU if there is one."""
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")


@contextmanager
def one_thread() -> Iterator[None]:
    """Run a network on one thread of the processor: the last digits of its sums would follow the number of threads.

    The workers are the parallelism, and a data set does not depend on how many there are.
    """
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)


@contextmanager
def quiet_libraries() -> Iterator[None]:
    """Keep notes, warnings about old folders and progress bars of diffusers and transformers off the terminal.

    Errors still show.
    """
    from diffusers.utils import logging as diffusers_logging
    from transformers.utils import logging as transformers_logging

    libraries: tuple[Any, ...] = (diffusers_logging, transformers_logging)
    before = [(library, library.get_verbosity(), library.is_progress_bar_enabled()) for library in libraries]
    try:
        for library in libraries:
            library.set_verbosity_error()
            library.disable_progress_bar()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", FutureWarning)
            yield
    finally:
        for library, verbosity, has_bar in before:
            library.set_verbosity(verbosity)
            if has_bar:
                library.enable_progress_bar()
