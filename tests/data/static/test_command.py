"""`situate data static` from the shell: exit codes, what is printed, what is refused."""

from pathlib import Path

import numpy as np
import pytest
from tests.data.static.drawn import DrawnClip

from situate.cli.app import main


def run(clip: DrawnClip, folder: Path, *options: str) -> int:
    plate = clip.save_plate(folder.parent / "plate.png")
    words = ["data", "static", str(clip.frames), str(folder), "--plate", str(plate), "--masks", str(clip.masks)]
    return main([*words, *options])


def test_a_dry_run_prints_the_counts_and_writes_nothing(
    moving_car: DrawnClip, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(moving_car, tmp_path / "out", "--dry-run") == 0
    assert "triples         6" in capsys.readouterr().out
    assert not (tmp_path / "out").exists()


def test_unusable_frames_end_with_one(
    moving_car: DrawnClip, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (moving_car.frames / "0003.png").write_bytes(b"no picture")
    assert run(moving_car, tmp_path / "out", "--kind", "car") == 1
    printed = capsys.readouterr().out
    assert "(1 unusable)" in printed
    assert "kinds           car 5" in printed


def test_nothing_usable_ends_with_two_and_says_why(
    moving_car: DrawnClip, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(moving_car, tmp_path / "out", "--size", "32") == 2
    assert "none of 6 objects can be used (6 tiny)" in capsys.readouterr().err


def test_a_limit_below_one_ends_with_two(
    moving_car: DrawnClip, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(moving_car, tmp_path / "out", "--limit", "0") == 2
    assert "limit is 0, at least 1 is needed" in capsys.readouterr().err


def test_a_min_quality_that_nothing_reaches_ends_with_two(
    moving_car: DrawnClip, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(moving_car, tmp_path / "out", "--min-quality", "1") == 2
    assert "6 low_quality" in capsys.readouterr().err


def test_wrong_mask_values_end_with_two(
    moving_car: DrawnClip, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(moving_car, tmp_path / "out", "--mask-values", "car=255") == 2
    assert "'car=255' does not name object, shadow or ignore" in capsys.readouterr().err


def test_a_plate_of_another_size_ends_with_two(
    moving_car: DrawnClip, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    moving_car.plate = np.zeros((10, 20, 3), np.uint8)
    assert run(moving_car, tmp_path / "out") == 2
    assert "is 20 x 10 pixels" in capsys.readouterr().err
