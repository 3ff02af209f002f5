"""Gives memory back that the C library keeps of pictures long gone: heaps fragment, and a service runs for weeks."""

import ctypes
from collections.abc import Callable
from functools import cache


def give_back() -> None:
    """Do it, where the C library can (glibc)."""
    trim = _trim()
    if trim is not None:
        trim(0)


@cache
def _trim() -> Callable[[int], int] | None:
    try:
        return ctypes.CDLL(None).malloc_trim
    except (OSError, AttributeError, TypeError):
        return None
