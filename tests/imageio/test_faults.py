"""Files that are no pictures, no longer or too much so, are refused by name, with finding and remedy."""

import io
import os
import struct
import tracemalloc
import zlib

import cv2
import numpy as np
import pytest
from PIL import Image

from situate.errors import ImageError
from situate.imageio import read
from situate.imageio.read import decode_picture, read_picture


def noise_file(format_name: str, **options: object) -> bytes:
    stream = io.BytesIO()
    samples = np.random.default_rng(0).integers(0, 256, (64, 80, 3), dtype=np.uint8)
    Image.fromarray(samples).save(stream, format_name, **options)
    return stream.getvalue()


def sixteen_bit_file(suffix: str) -> bytes:
    samples = np.random.default_rng(0).integers(0, 65536, (64, 80, 3), dtype=np.uint16)
    return cv2.imencode(suffix, samples)[1].tobytes()


def png_chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png_bomb(width: int, height: int) -> bytes:
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    content = zlib.compress(bytes(10_000_000), 9)
    return b"\x89PNG\r\n\x1a\n" + png_chunk(b"IHDR", header) + png_chunk(b"IDAT", content) + png_chunk(b"IEND", b"")


@pytest.mark.parametrize("share", [0.02, 0.2, 0.5, 0.9, 0.99])
@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("jpeg", noise_file("JPEG")),
        ("progressive", noise_file("JPEG", progressive=True)),
        ("png", noise_file("PNG")),
        ("webp", noise_file("WEBP")),
        ("bmp", noise_file("BMP")),
        ("tiff", noise_file("TIFF")),
        ("png16", sixteen_bit_file(".png")),
        ("tiff16", sixteen_bit_file(".tif")),
    ],
)
def test_a_truncated_picture_is_refused(tmp_path, name, content, share):
    path = tmp_path / name
    path.write_bytes(content[: int(len(content) * share)])
    with pytest.raises(ImageError, match=r"truncated|not a picture") as caught:
        read_picture(path)
    assert str(path) in str(caught.value)


def decoded_or_refused(content: bytes) -> np.ndarray | str:
    try:
        return decode_picture(content, name="test").pixels
    except ImageError as error:
        return str(error)


@pytest.mark.parametrize("flipped", range(0, 200, 7))
def test_a_damaged_header_gives_a_picture_or_a_clear_error(flipped):
    for format_name in ("PNG", "TIFF", "WEBP", "BMP", "JPEG"):
        content = bytearray(noise_file(format_name))
        content[flipped] ^= 0xFF
        answer = decoded_or_refused(bytes(content))
        assert "test" in answer if isinstance(answer, str) else answer.ndim == 3


def test_a_bomb_is_refused_from_its_header_without_being_decoded(tmp_path):
    path = tmp_path / "bomb.png"
    path.write_bytes(png_bomb(30_000, 30_000))
    assert path.stat().st_size < 20_000
    tracemalloc.start()
    with pytest.raises(ImageError, match=r"30000 x 30000 = 900\.0 megapixels, the limit is 100\.0") as caught:
        read_picture(path)
    _, peak_bytes = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert str(path) in str(caught.value)
    assert peak_bytes < 1_000_000


def test_a_picture_between_our_limit_and_pillows_warning_is_refused_without_a_warning():
    with pytest.raises(ImageError, match="megapixels"):
        decode_picture(png_bomb(11_000, 10_000), name="test")


def test_the_pixel_limit_is_an_argument(tmp_path):
    path = tmp_path / "small.png"
    path.write_bytes(noise_file("PNG"))
    assert read_picture(path, max_pixels=64 * 80).width_px == 80
    with pytest.raises(ImageError, match="80 x 64"):
        read_picture(path, max_pixels=64 * 80 - 1)


def test_a_bomb_in_a_text_chunk_is_refused():
    header = struct.pack(">IIBBBBB", 8, 8, 8, 2, 0, 0, 0)
    text = b"Comment\0\0" + zlib.compress(bytes(80_000_000), 9)
    content = b"\x89PNG\r\n\x1a\n" + png_chunk(b"IHDR", header) + png_chunk(b"zTXt", text)
    with pytest.raises(ImageError, match="damaged"):
        decode_picture(content, name="test")


@pytest.mark.parametrize(
    ("content", "found"),
    [
        (b"", "empty"),
        (b"hello, I am no picture\n", "found text"),
        (b'{"images": []}', "found text"),
        (b"%PDF-1.7\n%\xe2\xe3", "a PDF document"),
        (b"GIF89a\x01\x00\x01\x00", "a GIF picture"),
        (b"\0\0\0\x18ftypheic\0\0\0\0", "HEIC"),
        (b"\0\0\0\0\0\0\0\0", "unknown data"),
        (b"\xff\xd8\xff", "damaged"),  # nothing but the first bytes of a JPEG
        (b"\x89PNG\r\n\x1a\n", "damaged"),
        (b"RIFF\x04\0\0\0WEBP", "damaged"),
    ],
)
def test_what_is_no_picture_is_refused_with_what_was_found(tmp_path, content, found):
    path = tmp_path / "picture.png"
    path.write_bytes(content)
    with pytest.raises(ImageError, match=found) as caught:
        read_picture(path)
    assert str(path) in str(caught.value)


@pytest.mark.parametrize("mode", ["F", "I"])
def test_samples_of_32_bits_are_refused(mode):
    stream = io.BytesIO()
    Image.new(mode, (8, 8)).save(stream, "TIFF")
    with pytest.raises(ImageError, match="8 or 16 bits"):
        decode_picture(stream.getvalue(), name="test")


def test_a_missing_file_is_refused_by_name(tmp_path):
    with pytest.raises(ImageError, match=r"missing\.png does not exist"):
        read_picture(tmp_path / "missing.png")


def test_a_folder_is_refused_by_name(tmp_path):
    with pytest.raises(ImageError, match="is a folder"):
        read_picture(tmp_path)


def test_a_pipe_is_refused_instead_of_waited_for(tmp_path):
    os.mkfifo(tmp_path / "pipe.png")
    with pytest.raises(ImageError, match="no ordinary file"):
        read_picture(tmp_path / "pipe.png")


@pytest.mark.parametrize("name", ["a\0b.png", "x" * 300 + ".png"])
def test_a_name_that_no_file_can_have_is_refused(name):
    with pytest.raises(ImageError, match="cannot be read|does not exist"):
        read_picture(name)


def test_a_file_that_may_not_be_read_is_refused(tmp_path, monkeypatch):
    path = tmp_path / "secret.png"
    path.write_bytes(noise_file("PNG"))

    def refuse(self):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("pathlib.Path.read_bytes", refuse)
    with pytest.raises(ImageError, match=r"secret\.png cannot be read .*permissions"):
        read_picture(path)


def test_a_file_larger_than_any_picture_is_not_read(tmp_path, monkeypatch):
    path = tmp_path / "huge.png"
    path.write_bytes(noise_file("PNG"))
    monkeypatch.setattr(read, "MAX_FILE_BYTES", 1000)
    with pytest.raises(ImageError, match="limit"):
        read_picture(path)
