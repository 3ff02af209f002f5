"""Every step of the method leads to code that exists."""

import importlib
import re
from functools import reduce
from pathlib import Path

import pytest

METHOD = Path(__file__).resolve().parents[2] / "docs" / "method.md"
# The steps that the design lists: training, composing, devices, uses.
STEPS = ["T1", "T1a", "T2", "T2a", "T2b", "T2c", "T3", "T4", "C1", "C2", "C3", "C4", "D1", "D2", "D3", "U1", "U2", "U3"]
NUM_COLUMNS = 4
# Uses and devices restate other steps or have no formula of their own.
WITHOUT_EQUATION = {"D3", "U1", "U2", "U3"}


def rows() -> dict[str, list[str]]:
    """Cells of the table by step, without the heading."""
    lines = [line for line in METHOD.read_text(encoding="utf-8").splitlines() if line.startswith("| ")]
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[1:]]
    return {row[0]: row for row in cells}


def names_in(text: str) -> list[str]:
    return re.findall(r"`(situate[\w.]*:[\w.]+)`", text)


def test_every_step_has_a_row_in_order():
    assert list(rows()) == STEPS


def test_every_row_has_all_cells():
    assert {step: len(row) for step, row in rows().items() if len(row) != NUM_COLUMNS} == {}


@pytest.mark.parametrize("step", STEPS)
def test_every_step_names_code_and_its_equation(step):
    _, meaning, equation, where = rows()[step]
    assert meaning
    assert names_in(where)
    assert bool(equation) == (step not in WITHOUT_EQUATION)


@pytest.mark.parametrize("name", sorted(set(names_in(METHOD.read_text(encoding="utf-8")))))
def test_every_name_can_be_imported_and_explains_itself(name):
    module, _, qualified = name.partition(":")
    found = reduce(getattr, qualified.split("."), importlib.import_module(module))
    assert found.__doc__


def test_nothing_in_code_style_is_misspelt_as_a_name():
    spelt = re.findall(r"`(situate\.[^`]*)`", METHOD.read_text(encoding="utf-8"))
    assert [text for text in spelt if not re.fullmatch(r"situate[\w.]*:[\w.]+", text)] == []
