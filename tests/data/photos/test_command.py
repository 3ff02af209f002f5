"""`situate data photos` from the shell: exit codes, what is printed, what is refused."""

from pathlib import Path
from typing import Any

import pytest

from situate.cli.app import main
from situate.data.store import TripleStore


def run(photo_set: Any, folder: Path, *options: str) -> int:
    words = ["data", "photos", str(photo_set.annotations), str(photo_set.images), str(folder)]
    return main([*words, "--size", "160", "--inpaint", "telea", *options])


def test_a_dry_run_prints_the_counts_and_writes_nothing(
    usable_set: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    usable_set.add_picture((10, 60, 14, 20))
    assert run(usable_set, tmp_path / "out", "--dry-run") == 0
    printed = capsys.readouterr().out
    assert "triples         7" in printed
    assert "skipped       1 border_cut" in printed
    assert not (tmp_path / "out").exists()


def test_a_build_prints_the_report_and_ends_with_zero(
    usable_set: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(usable_set, tmp_path / "out", "--limit", "2", "--group-by", "prefix") == 0
    assert "repaired by     telea" in capsys.readouterr().out
    assert len(TripleStore(tmp_path / "out")) == 2


def test_a_dry_run_that_leaves_nothing_ends_with_two_and_the_counts(
    photo_set: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    photo_set.add_picture((80, 60, 4, 4))
    assert run(photo_set, tmp_path / "out", "--dry-run") == 2
    assert "skipped       1 tiny" in capsys.readouterr().out
    assert not (tmp_path / "out").exists()


def test_bad_pictures_end_with_one_and_are_printed_as_unusable(
    usable_set: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (usable_set.images / "a__0.png").write_text("no picture")
    assert run(usable_set, tmp_path / "out") == 1
    assert "(1 unusable)" in capsys.readouterr().out
    assert "a__0.png" in (tmp_path / "out" / "errors.jsonl").read_text()


def test_a_broken_annotation_file_ends_with_two_and_leaves_nothing(
    usable_set: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    usable_set.content["annotations"][0]["image_id"] = 99
    assert run(usable_set, tmp_path / "out") == 2
    assert "annotation 1: image_id 99 does not exist" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_a_wrong_option_ends_with_two(usable_set: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(usable_set, tmp_path / "out", "--max-per-image", "0") == 2
    assert "max_per_image is 0" in capsys.readouterr().err
