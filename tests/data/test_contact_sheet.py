"""The contact sheet shows what a triple holds, where it says."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from situate.cli.data_inspect import inspect
from situate.data.contact_sheet import (
    BOX_COLOUR,
    GAP_PX,
    HEADER_PX,
    HOLE_COLOUR,
    contact_sheet,
    on_checker,
)
from situate.data.writer import TripleWriter
from situate.errors import DataError, InputError
from situate.records.triple import Triple

CELL = 64


def triple(key: str = "one", kind: str = "ball") -> Triple:
    square = np.zeros((48, 64), np.uint8)
    square[10:30, 20:40] = 255
    composite = np.full((48, 64, 3), 100, np.uint8)
    composite[10:30, 20:40] = (200, 0, 0)
    return Triple(
        key=key,
        group=key,
        source="photos",
        kind=kind,
        background=np.full((48, 64, 3), 100, np.uint8),
        composite=composite,
        foreground=np.full((20, 20, 4), 255, np.uint8),
        visible_alpha=square,
        effect=square,
        hole=square,
        box_cxcywh=(30 / 64, 20 / 48, 20 / 64, 20 / 48),
    )


def test_every_picture_is_in_its_cell() -> None:
    sheet = contact_sheet([triple()], columns=3, cell_px=CELL)
    cells = [sheet[HEADER_PX : HEADER_PX + 48, place * (CELL + GAP_PX) :][:, :CELL] for place in range(5)]
    foreground, background, composite, visible, effect = cells
    assert (foreground[30, 30] == 255).all()
    assert {tuple(pixel) for pixel in background[10, 20:40].tolist()} == {HOLE_COLOUR}
    assert tuple(background[20, 30]) == (100, 100, 100)
    assert {tuple(pixel) for pixel in composite[10, 20:40].tolist()} == {BOX_COLOUR}
    assert tuple(composite[20, 30]) == (200, 0, 0)
    assert np.array_equal(visible[..., 0], triple().visible_alpha)
    assert np.array_equal(effect[..., 0], triple().effect)


def test_rows_and_columns_hold_all_triples() -> None:
    one = contact_sheet([triple()], columns=2, cell_px=CELL)
    three = contact_sheet([triple(), triple(), triple()], columns=2, cell_px=CELL)
    assert three.shape == (2 * one.shape[0], 2 * one.shape[1], 3)
    assert np.array_equal(three[one.shape[0] :, : one.shape[1]], one)


def test_transparency_shows_the_checker_and_opacity_the_object() -> None:
    foreground = np.zeros((24, 24, 4), np.uint8)
    foreground[12:, :, 3] = 255
    shown = on_checker(foreground)
    assert shown[12:].max() == 0
    assert len(np.unique(shown[:12])) == 2


@pytest.mark.parametrize(("columns", "cell_px"), [(0, 64), (2, 8)])
def test_a_sheet_that_cannot_be_drawn_is_refused(columns: int, cell_px: int) -> None:
    with pytest.raises(InputError, match=f"{columns} columns of {cell_px} px"):
        contact_sheet([triple()], columns=columns, cell_px=cell_px)
    with pytest.raises(InputError, match="0 triples"):
        contact_sheet([])


def test_inspect_prints_counts_and_writes_the_sheet(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with TripleWriter(tmp_path / "set") as writer:
        for number in range(5):
            writer.write(triple(f"t{number}", kind="ball" if number < 3 else "box"))
        writer.finish({"source": "photos", "report": {"skipped": {"tiny": 9}}})
    inspect(tmp_path / "set", output=tmp_path / "sheet.png", num=4, cell=CELL)
    printed = capsys.readouterr().out
    assert "5 triples in 5 groups" in printed
    assert "ball 3, box 2" in printed
    assert "photos 5" in printed
    assert "tiny 9" in printed
    expected = contact_sheet([triple()] * 4, columns=2, cell_px=CELL).shape
    sheet = cv2.imread(str(tmp_path / "sheet.png"))
    assert sheet is not None
    assert sheet.shape == expected


def test_inspect_refuses_what_is_no_data_set(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="not a data set"):
        inspect(tmp_path)
