"""Which triples are looked at."""

import pytest

from situate.data.sets.selection import selected
from situate.errors import InputError

LABELS = [
    {"kind": "car", "quality": 0.5},
    {"kind": "bus"},
    {"kind": "car", "quality": 0.0},
    {"kind": "car", "quality": 0.9},
    {"kind": "bus", "quality": 0.2},
]


def test_some_are_drawn_in_order_and_again_the_same():
    drawn = selected(LABELS, 3, seed=1)
    assert len(drawn) == 3
    assert drawn == sorted(drawn) == selected(LABELS, 3, seed=1)
    assert {tuple(selected(LABELS, 3, seed=seed)) for seed in range(9)} != {tuple(drawn)}


def test_the_worst_come_first_and_the_unknown_last():
    assert selected(LABELS, 9, is_worst=True) == [2, 4, 0, 3, 1]
    assert selected(LABELS, 2, is_worst=True) == [2, 4]


def test_a_kind_leaves_out_the_others():
    assert selected(LABELS, 9, kind="bus") == [1, 4]
    assert selected(LABELS, 9, kind="bus", is_worst=True) == [4, 1]


def test_what_cannot_be_drawn_is_refused():
    with pytest.raises(InputError, match="no triple is of the kind 'tram'; choose one of bus, car"):
        selected(LABELS, 1, kind="tram")
    with pytest.raises(InputError, match="0 triples cannot be drawn"):
        selected(LABELS, 0)
