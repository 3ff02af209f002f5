"""Pictures of a folder, and their size from the header alone."""

from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np
import pytest
from PIL import Image

from situate.errors import ImageError, InputError
from situate.imageio.read import read_picture
from situate.labels.picture_files import picture_files, upright_size_wh

WIDTH, HEIGHT = 7, 5


def save(path: Path, **options: Any) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(np.zeros((HEIGHT, WIDTH, 3), np.uint8)).save(path, **options)
    return path


def exif(orientation: int) -> bytes:
    tags = Image.Exif()
    tags[0x0112] = orientation
    return tags.tobytes()


@pytest.mark.parametrize("suffix", [".jpg", ".png", ".webp", ".tif", ".bmp"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_the_upright_size_is_that_of_the_decoded_picture(tmp_path: Path, suffix: str, orientation: int) -> None:
    options = {"tiffinfo": {0x0112: orientation}} if suffix == ".tif" else {"exif": exif(orientation)}
    path = save(tmp_path / f"a{suffix}", **({} if suffix == ".bmp" else options))
    height, width = read_picture(path).rgb_u8.shape[:2]
    assert upright_size_wh(path) == (width, height)


def test_an_orientation_behind_the_pixels_of_a_png_is_seen(tmp_path: Path) -> None:
    path = save(tmp_path / "a.png", exif=exif(6))
    content = path.read_bytes()
    start = content.index(b"eXIf") - 4
    end = start + 12 + int.from_bytes(content[start : start + 4], "big")
    closing = content.index(b"IEND") - 4
    path.write_bytes(content[:start] + content[end:closing] + content[start:end] + content[closing:])
    assert read_picture(path).rgb_u8.shape[:2] == (WIDTH, HEIGHT)
    assert upright_size_wh(path) == (HEIGHT, WIDTH)


def test_the_size_of_a_picture_is_told_without_its_pixels(tmp_path: Path) -> None:
    path = save(tmp_path / "a.png")
    content = path.read_bytes()
    path.write_bytes(content[: content.index(b"IDAT") + 6])
    assert upright_size_wh(path) == (WIDTH, HEIGHT)


def large_bmp(path: Path) -> None:
    save(path)
    content = bytearray(path.read_bytes())
    content[18:26] = (40_000).to_bytes(4, "little") * 2
    path.write_bytes(content)


@pytest.mark.parametrize(
    ("name", "write", "message"),
    [
        ("a.jpg", lambda path: None, "does not exist"),
        ("a.jpg", lambda path: path.write_bytes(b""), "is damaged or no JPEG"),
        ("a.jpg", lambda path: path.write_text("<html>"), "is damaged or no JPEG"),  # a failed download
        ("a.png", lambda path: path.write_bytes(b"\x89PNG\r\n\x1a\n"), "is damaged or no JPEG"),
        ("a.jpg", lambda path: path.mkdir(), "is damaged or no JPEG"),
        ("a.bmp", large_bmp, "the limit is 100 megapixels; make it smaller"),  # larger than any machine here decodes
    ],
)
def test_what_has_no_size_is_refused_by_name(tmp_path: Path, name: str, write, message: str) -> None:
    write(tmp_path / name)
    with pytest.raises(ImageError, match=message) as caught:
        upright_size_wh(tmp_path / name)
    assert name in str(caught.value)


def test_pictures_of_nested_folders_are_listed_in_order(tmp_path: Path) -> None:
    for name in ("b/a.jpg", "a.PNG", "b/.hidden.jpg", ".trash/a.jpg", "b/c/d.webp", "notes.txt", "b/a.jpg.xml"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    assert picture_files(tmp_path) == [PurePosixPath(name) for name in ("a.PNG", "b/a.jpg", "b/c/d.webp")]


def test_linked_folders_are_walked_once(tmp_path: Path) -> None:
    save(tmp_path / "pictures" / "a.jpg")
    save(tmp_path / "elsewhere" / "b.jpg")
    (tmp_path / "pictures" / "loop").symlink_to(tmp_path / "pictures")
    (tmp_path / "pictures" / "more").symlink_to(tmp_path / "elsewhere")
    assert [str(name) for name in picture_files(tmp_path / "pictures")] == ["a.jpg", "more/b.jpg"]


def test_a_file_is_no_folder_of_pictures(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"a\.jpg is not a folder"):
        picture_files(save(tmp_path / "a.jpg"))
