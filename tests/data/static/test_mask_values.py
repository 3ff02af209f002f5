"""What grey values mean: the written form, and what is wrong with it."""

import pytest

from situate.data.static.mask_values import MaskValues, parse_mask_values
from situate.errors import InputError


def test_the_documented_form_gives_the_defaults() -> None:
    assert parse_mask_values("object=255,shadow=50,ignore=85,170") == MaskValues()


def test_objects_alone_are_enough_and_spaces_do_not_matter() -> None:
    assert parse_mask_values(" object = 1, 2 ") == MaskValues(object=(1, 2), shadow=(), ignore=())


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("255", "'255' does not name"),  # a number that belongs to no name
        ("objects=255", "'objects=255' does not name"),  # a misspelt name
        ("object=255,object=1", "'object=1' does not name"),  # a name twice
        ("object=white", "'white' is not a whole number"),  # no number
        ("object=256", "'256' is not a whole number from 1 to 255"),  # no grey value
        ("object=0", "'0' is not a whole number from 1 to 255"),  # background
        ("object=255,shadow=255", "a value has two meanings"),  # ambiguous
        ("shadow=50", "no value means object"),  # nothing to cut out
        ("", "'' does not name"),  # empty
    ],
)
def test_what_is_wrong_is_said_with_an_example(text: str, problem: str) -> None:
    with pytest.raises(InputError, match=problem) as raised:
        parse_mask_values(text)
    assert "object=255,shadow=50" in str(raised.value)
