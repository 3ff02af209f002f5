"""What is wrong, in few words: a value that may be huge, and a list that may be long."""

from collections.abc import Sequence
from reprlib import Repr
from typing import Any

NUM_PROBLEMS_SHOWN = 10
_NUM_CHARACTERS_SHOWN = 120

_shortened = Repr()
_shortened.maxstring = _shortened.maxother = _NUM_CHARACTERS_SHOWN


def brief(value: Any) -> str:
    """Return the beginning of what `repr` says; a hostile file makes no megabyte of message."""
    return _shortened.repr(value)


def first_problems(problems: Sequence[str]) -> str:
    """Return the first problems and how many more there are."""
    more = len(problems) - NUM_PROBLEMS_SHOWN
    shown = "; ".join(problems[:NUM_PROBLEMS_SHOWN])
    return f"{shown}; and {more} more" if more > 0 else shown
