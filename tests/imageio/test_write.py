"""What is written is whole, says what it is, and comes back."""

import errno
import json
import os
import re
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from situate.errors import InputError, OutputError
from situate.imageio.read import read_picture
from situate.imageio.write import (
    PICTURE_SUFFIXES,
    CompositeStamp,
    check_output,
    losses,
    write_bytes,
    write_grey,
    write_json,
    write_picture,
)
from situate.records.picture import Picture, to_u8

STAMP = CompositeStamp("0123abcd", 7)


def random_picture(channels: int = 3, dtype: type = np.uint8) -> Picture:
    limit = np.iinfo(dtype).max + 1
    return Picture(np.random.default_rng(0).integers(0, limit, (30, 50, channels), dtype=dtype))


@pytest.mark.parametrize("suffix", [".webp", ".bmp", ".jpg"])
def test_sixteen_bits_are_rounded_to_eight_where_the_format_has_no_more(suffix, tmp_path):
    smooth = np.linspace(0, 65535, 30 * 50 * 3).astype(np.uint16).reshape(30, 50, 3)
    write_picture(Picture(smooth), tmp_path / f"a{suffix}")
    again = read_picture(tmp_path / f"a{suffix}")
    assert np.abs(again.pixels.astype(int) - to_u8(smooth)).max() <= (2 if suffix == ".jpg" else 0)


@pytest.mark.parametrize(
    ("dtype", "lossy"),
    [(np.uint8, {".jpg", ".jpeg", ".bmp"}), (np.uint16, {".jpg", ".jpeg", ".bmp", ".webp"})],
)
def test_what_a_format_cannot_hold_is_said(dtype, lossy):
    picture = Picture(np.zeros((4, 4, 3), dtype))
    assert {suffix for suffix in PICTURE_SUFFIXES if losses(Path(f"a{suffix}"), picture)} == lossy
    assert "8 bits a channel" in "; ".join(losses(Path("A.WEBP"), Picture(np.zeros((4, 4, 3), np.uint16))))
    assert "say that this is a composite" in "; ".join(losses(Path("a.bmp"), picture))


def test_jpeg_keeps_colours_at_full_resolution(tmp_path):
    stripes = np.zeros((32, 32, 3), np.uint8)
    stripes[:, ::2] = [255, 0, 0]
    stripes[:, 1::2] = [0, 0, 255]
    write_picture(Picture(stripes), tmp_path / "a.jpg")
    assert np.abs(read_picture(tmp_path / "a.jpg").pixels.astype(int) - stripes).max() < 32


@pytest.mark.parametrize("suffix", PICTURE_SUFFIXES)
def test_the_same_picture_gives_the_same_bytes(suffix, tmp_path):
    for name in ("a", "b"):
        write_picture(random_picture(), tmp_path / f"{name}{suffix}", stamp=STAMP)
    assert (tmp_path / f"a{suffix}").read_bytes() == (tmp_path / f"b{suffix}").read_bytes()


@pytest.mark.parametrize("suffix", [".jpg", ".bmp"])
def test_transparency_is_refused_where_the_format_has_none(suffix, tmp_path):
    with pytest.raises(InputError, match=r"cannot hold transparency; write \.png"):
        write_picture(random_picture(4), tmp_path / f"a{suffix}")
    assert not list(tmp_path.iterdir())


def test_a_picture_too_long_for_webp_is_refused(tmp_path):
    with pytest.raises(InputError, match="at most 16383 pixels a side, got 16384"):
        write_picture(Picture(np.zeros((1, 16384, 3), np.uint8)), tmp_path / "a.webp")


@pytest.mark.parametrize("name", ["a", "a.gif", "a.png.partial"])
def test_an_unknown_suffix_is_refused_with_those_allowed(name, tmp_path):
    for write in (check_output, lambda path: write_picture(random_picture(), path)):
        with pytest.raises(InputError, match=re.escape(", ".join(PICTURE_SUFFIXES))):
            write(tmp_path / name)
    assert not list(tmp_path.iterdir())


def test_a_suffix_in_capitals_is_known(tmp_path):
    write_picture(random_picture(), tmp_path / "A.PNG")
    assert read_picture(tmp_path / "A.PNG").pixels.shape == (30, 50, 3)


def test_a_mask_is_an_eight_bit_grey_png(tmp_path):
    mask = random_picture().pixels[..., 0]
    write_grey(np.ascontiguousarray(mask), tmp_path / "mask.png")
    with Image.open(tmp_path / "mask.png") as opened:
        assert opened.mode == "L"
        assert np.array_equal(np.asarray(opened), mask)
    with pytest.raises(InputError, match=r"use one of \.png"):
        write_grey(np.ascontiguousarray(mask), tmp_path / "mask.jpg")


def test_json_comes_back(tmp_path):
    value = [{"box_xywh_px": [1, 2, 3, 4], "score": None, "file": "Bär.png"}]
    write_json(value, tmp_path / "a.json")
    assert json.loads((tmp_path / "a.json").read_text(encoding="utf-8")) == value


def test_a_number_json_does_not_have_is_refused_and_nothing_is_written(tmp_path):
    with pytest.raises(ValueError, match="not JSON compliant"):
        write_json({"loss": float("nan")}, tmp_path / "a.json")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("code", "remedy"),
    [(errno.ENOSPC, "free some space"), (errno.EACCES, "may write to"), (errno.EROFS, "may write to")],
)
@pytest.mark.parametrize("step", ["write", "replace"])
def test_when_writing_fails_the_old_file_stays_and_nothing_is_left(tmp_path, monkeypatch, code, remedy, step):
    path = tmp_path / "a.png"
    path.write_bytes(b"old")
    real_write_bytes = Path.write_bytes

    def write_half(self, content):
        real_write_bytes(self, content[:10])
        raise OSError(code, os.strerror(code))

    def refuse(source, target):
        raise OSError(code, os.strerror(code))

    if step == "write":
        monkeypatch.setattr(Path, "write_bytes", write_half)
    else:
        monkeypatch.setattr(os, "replace", refuse)
    with pytest.raises(OutputError, match=remedy) as caught:
        write_picture(random_picture(), path)
    assert str(path) in str(caught.value)
    assert path.read_bytes() == b"old"
    assert [entry.name for entry in tmp_path.iterdir()] == ["a.png"]


def test_an_interrupt_leaves_nothing_behind(tmp_path, monkeypatch):
    def interrupt(source, target):
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "replace", interrupt)
    with pytest.raises(KeyboardInterrupt):
        write_bytes(b"content", tmp_path / "a.json")
    assert not list(tmp_path.iterdir())


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full")
def test_a_full_disk_is_said_so(tmp_path):
    (tmp_path / "a.png.partial").symlink_to("/dev/full")
    with pytest.raises(OutputError, match=r"a\.png cannot be written: No space left on device; free some space"):
        write_picture(random_picture(), tmp_path / "a.png")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("missing/a.png", "no folder"),
        ("file/a.png", "no folder"),  # the folder is a file
        ("folder.png", "is a folder"),
    ],
)
def test_a_place_that_cannot_be_written_is_found_before_any_work(tmp_path, name, found):
    (tmp_path / "file").touch()
    (tmp_path / "folder.png").mkdir()
    with pytest.raises(OutputError, match=found):
        check_output(tmp_path / name)
    with pytest.raises(OutputError, match=re.escape(name)):
        write_picture(random_picture(), tmp_path / name)


def test_a_folder_without_permission_is_found_before_any_work(tmp_path, monkeypatch):
    monkeypatch.setattr(os, "access", lambda path, mode: False)
    with pytest.raises(OutputError, match="no permission"):
        check_output(tmp_path / "a.png")


def test_a_place_that_can_be_written_passes_and_stays_untouched(tmp_path):
    check_output(tmp_path / "a.png")
    check_output(tmp_path / "a.json", suffixes=(".json",))
    assert not list(tmp_path.iterdir())


def test_written_files_have_the_usual_permissions(tmp_path):
    (tmp_path / "usual").touch()
    write_json([], tmp_path / "a.json")
    assert (tmp_path / "a.json").stat().st_mode == (tmp_path / "usual").stat().st_mode
