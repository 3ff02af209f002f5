"""Keeps Gradio at home: its files lie in a folder of the page's own, and it fetches nothing."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NoReturn

import safehttpx

_FOLDER = "GRADIO_TEMP_DIR"
_FETCHING = ("get", "async_validate_url")
"""Whatever Gradio fetches for a client that sends an address in place of a file passes one of them."""


@contextmanager
def at_home(folder: str) -> Iterator[None]:
    """Hold until the block ends; Gradio takes neither as an argument."""
    before = os.environ.get(_FOLDER)
    fetching = {name: getattr(safehttpx, name) for name in _FETCHING}
    os.environ[_FOLDER] = folder
    for name in _FETCHING:
        setattr(safehttpx, name, _refuse)
    try:
        yield
    finally:
        for name, function in fetching.items():
            setattr(safehttpx, name, function)
        os.environ.pop(_FOLDER)
        if before is not None:
            os.environ[_FOLDER] = before


async def _refuse(*_: Any, **__: Any) -> NoReturn:
    raise ValueError("addresses are not fetched; upload the file itself")
