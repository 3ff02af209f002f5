"""Every kind of file that pictures come in becomes what it shows."""

import io
import struct
import zlib

import cv2
import numpy as np
import pytest
from PIL import Image

from situate.imageio.read import decode_picture, read_picture

HEIGHT, WIDTH = 24, 40


def smooth_rgb(height: int = HEIGHT, width: int = WIDTH) -> np.ndarray:
    rows, columns = np.mgrid[:height, :width]
    return np.dstack([rows * 8, columns * 6, 200 - rows * 4]).astype(np.uint8)


def random_samples(channels: int, dtype: type, seed: int = 0) -> np.ndarray:
    limit = np.iinfo(dtype).max + 1
    return np.random.default_rng(seed).integers(0, limit, (HEIGHT, WIDTH, channels), dtype=dtype)


def encoded(image: Image.Image, format_name: str, **options: object) -> bytes:
    stream = io.BytesIO()
    image.save(stream, format_name, **options)
    return stream.getvalue()


def decoded(content: bytes):
    return decode_picture(content, name="test")


@pytest.mark.parametrize(
    ("format_name", "options", "tolerance"),
    [
        ("PNG", {}, 0),
        ("BMP", {}, 0),
        ("TIFF", {}, 0),
        ("TIFF", {"compression": "tiff_lzw"}, 0),  # decoded by libtiff instead of Pillow
        ("WEBP", {"lossless": True}, 0),
        ("WEBP", {"quality": 95}, 16),
        ("JPEG", {"quality": 95}, 8),
        ("JPEG", {"quality": 95, "progressive": True}, 8),  # decoded in several scans
        ("MPO", {"quality": 95}, 8),  # what many phones call JPEG
    ],
)
def test_a_colour_picture_is_read_as_it_was_saved(format_name, options, tolerance):
    pixels = smooth_rgb()
    picture = decoded(encoded(Image.fromarray(pixels), format_name, **options))
    assert picture.pixels.dtype == np.uint8
    assert picture.pixels.shape == pixels.shape
    assert np.abs(picture.pixels.astype(int) - pixels).max() <= tolerance


def test_the_format_is_told_by_the_content_not_by_the_name(tmp_path):
    path = tmp_path / "photo.jpg"
    path.write_bytes(encoded(Image.fromarray(smooth_rgb()), "PNG"))
    picture = read_picture(str(path))
    assert np.array_equal(picture.pixels, smooth_rgb())
    assert picture.name == str(path)


def test_grey_becomes_three_equal_channels():
    grey = random_samples(1, np.uint8)[..., 0]
    assert np.array_equal(decoded(encoded(Image.fromarray(grey), "PNG")).pixels, np.dstack([grey] * 3))


def test_black_and_white_becomes_0_and_255():
    bits = random_samples(1, np.uint8)[..., 0] > 127
    picture = decoded(encoded(Image.fromarray(bits), "PNG"))
    assert np.array_equal(picture.pixels, np.dstack([bits * np.uint8(255)] * 3))


@pytest.mark.parametrize("mode", ["LA", "RGBA"])
def test_alpha_is_kept(mode):
    image = Image.fromarray(random_samples(4, np.uint8)).convert(mode)
    assert np.array_equal(decoded(encoded(image, "PNG")).pixels, np.array(image.convert("RGBA")))


def test_a_palette_picture_shows_its_colours():
    image = Image.fromarray(smooth_rgb()).quantize(16)
    assert np.array_equal(decoded(encoded(image, "PNG")).pixels, np.array(image.convert("RGB")))


@pytest.mark.parametrize(
    "transparency",
    [
        3,  # one palette entry is transparent
        bytes([0, 64, 128, 255]),  # alpha of the first entries
    ],
)
def test_a_palette_with_transparency_becomes_alpha(transparency):
    image = Image.fromarray(smooth_rgb()).quantize(16)
    indices = np.asarray(image)
    table = np.full(256, 255, np.uint8)
    if isinstance(transparency, int):
        table[transparency] = 0
    else:
        table[: len(transparency)] = list(transparency)
    picture = decoded(encoded(image, "PNG", transparency=transparency))
    assert picture.has_alpha
    assert np.array_equal(picture.pixels[..., 3], table[indices])


def test_the_transparent_colour_of_a_grey_picture_becomes_alpha():
    grey = random_samples(1, np.uint8)[..., 0]
    grey[0, 0] = 77
    picture = decoded(encoded(Image.fromarray(grey), "PNG", transparency=77))
    assert np.array_equal(picture.pixels[..., 3], np.where(grey == 77, 0, 255))


@pytest.mark.parametrize("suffix", [".png", ".tif"])
@pytest.mark.parametrize("channels", [1, 3, 4])
def test_sixteen_bits_stay_sixteen_bits(suffix, channels):
    samples = random_samples(channels, np.uint16)
    shown = samples if channels > 1 else np.repeat(samples, 3, axis=2)
    stored = samples[..., {1: [0], 3: [2, 1, 0], 4: [2, 1, 0, 3]}[channels]]
    picture = decoded(cv2.imencode(suffix, stored)[1].tobytes())
    assert picture.pixels.dtype == np.uint16
    assert np.array_equal(picture.pixels, shown)


def sixteen_bit_png(colour_type: int, samples: np.ndarray, transparent: np.ndarray | None = None) -> bytes:
    """A PNG with chunks that neither Pillow nor OpenCV writes."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", samples.shape[1], samples.shape[0], 16, colour_type, 0, 0, 0)
    rows = b"".join(b"\0" + row.astype(">u2").tobytes() for row in samples)
    hidden = b"" if transparent is None else chunk(b"tRNS", transparent.astype(">u2").tobytes())
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + hidden
        + chunk(b"IDAT", zlib.compress(rows))
        + chunk(b"IEND", b"")
    )


@pytest.mark.parametrize(("colour_type", "channels"), [(0, 1), (2, 3)])
def test_the_transparent_colour_of_a_sixteen_bit_picture_becomes_alpha(colour_type, channels):
    samples = random_samples(channels, np.uint16)
    picture = decoded(sixteen_bit_png(colour_type, samples, transparent=samples[2, 3]))
    alpha = np.full((HEIGHT, WIDTH), 65535)
    alpha[(samples == samples[2, 3]).all(axis=2)] = 0
    assert np.array_equal(picture.pixels[..., 3], alpha)
    assert np.array_equal(picture.rgb, np.broadcast_to(samples, (HEIGHT, WIDTH, 3)))


def test_sixteen_bit_grey_with_alpha_keeps_both():
    samples = random_samples(2, np.uint16)
    picture = decoded(sixteen_bit_png(4, samples))
    assert np.array_equal(picture.pixels, samples[..., [0, 0, 0, 1]])


def test_a_sixteen_bit_tiff_that_counts_from_white_is_turned_round():
    grey = random_samples(1, np.uint16)[..., 0]
    content = encoded(Image.fromarray(grey), "TIFF", tiffinfo={262: 0})
    assert Image.open(io.BytesIO(content)).tag_v2[262] == 0
    assert np.array_equal(decoded(content).pixels[..., 0], 65535 - grey)


def test_of_an_animated_picture_the_first_frame_is_read():
    first, second = Image.fromarray(smooth_rgb()), Image.fromarray(255 - smooth_rgb())
    for format_name in ("PNG", "WEBP", "TIFF"):
        content = encoded(first, format_name, save_all=True, append_images=[second], lossless=True)
        assert np.array_equal(decoded(content).pixels, smooth_rgb()), format_name


def stored_as(orientation: int, upright: np.ndarray) -> np.ndarray:
    """Where the rows and columns of the upright picture go in the file, said in words by the EXIF standard."""
    return {
        1: upright,
        2: np.fliplr(upright),
        3: np.rot90(upright, 2),
        4: np.flipud(upright),
        5: upright.swapaxes(0, 1),
        6: np.rot90(upright, 1),  # the camera was turned clockwise: the picture lies on its left side
        7: np.rot90(upright, 2).swapaxes(0, 1),
        8: np.rot90(upright, -1),
    }[orientation]


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("format_name", ["JPEG", "PNG", "WEBP", "TIFF"])
def test_a_rotated_picture_is_turned_upright(format_name, orientation):
    stored = np.ascontiguousarray(stored_as(orientation, smooth_rgb()))
    exif = Image.Exif()
    exif[0x0112] = orientation
    options = {"tiffinfo": {0x0112: orientation}} if format_name == "TIFF" else {"exif": exif.tobytes()}
    picture = decoded(encoded(Image.fromarray(stored), format_name, lossless=True, quality=100, **options))
    assert picture.pixels.shape == (HEIGHT, WIDTH, 3)
    assert np.abs(picture.pixels.astype(int) - smooth_rgb()).max() <= (8 if format_name == "JPEG" else 0)


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("format_name", ["PNG", "TIFF"])
def test_a_rotated_sixteen_bit_picture_is_turned_upright(format_name, orientation):
    grey = random_samples(1, np.uint16)[..., 0]
    stored = Image.fromarray(np.ascontiguousarray(stored_as(orientation, grey)))
    exif = Image.Exif()
    exif[0x0112] = orientation
    options = {"tiffinfo": {0x0112: orientation}} if format_name == "TIFF" else {"exif": exif.tobytes()}
    picture = decoded(encoded(stored, format_name, **options))
    assert picture.pixels.dtype == np.uint16
    assert np.array_equal(picture.pixels[..., 0], grey)


def test_a_nonsense_orientation_changes_nothing():
    exif = Image.Exif()
    exif[0x0112] = 99
    picture = decoded(encoded(Image.fromarray(smooth_rgb()), "PNG", exif=exif.tobytes()))
    assert np.array_equal(picture.pixels, smooth_rgb())
