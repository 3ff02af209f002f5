"""The exception tree drawn in the docstring is the one in the code."""

import inspect
import re

import pytest

import situate.errors
from situate.errors import MissingExtraError, SituateError


def drawn_tree() -> dict[str, tuple[str, set[str]]]:
    """Parent and further bases of each class drawn in the module's docstring."""
    stack: list[str] = []
    tree: dict[str, tuple[str, set[str]]] = {}
    for line in (situate.errors.__doc__ or "").splitlines():
        match = re.match(r"^    ([│ ├└─]*)(\w+Error)(?: \(also (\w+)\))?", line)
        if match is None:
            continue
        depth = len(match[1]) // 4
        parent = stack[depth - 1] if depth else "Exception"
        stack[depth:] = [match[2]]
        tree[match[2]] = (parent, {match[3]} if match[3] else set())
    return tree


def test_errors_drawn_are_the_errors_there_are():
    classes = inspect.getmembers(situate.errors, lambda item: inspect.isclass(item) and issubclass(item, Exception))
    in_code = {
        name: (error.__bases__[0].__name__, {base.__name__ for base in error.__bases__[1:]}) for name, error in classes
    }
    assert in_code == drawn_tree()


@pytest.mark.parametrize("name", sorted(drawn_tree()))
def test_every_error_can_be_caught_as_situate_error_and_explains_itself(name):
    error = getattr(situate.errors, name)
    assert issubclass(error, SituateError)
    assert error.__doc__


def test_missing_extra_names_the_remedy():
    assert "pip install 'situate[scenes]'" in str(MissingExtraError("mitsuba", "scenes"))
