"""Paths, Pillow pictures and arrays become the same `Picture`."""

import numpy as np
import pytest
from PIL import Image

from situate.errors import ImageError
from situate.imageio.convert import as_picture
from situate.records.picture import Picture

RGB = np.random.default_rng(0).integers(0, 256, (12, 20, 3), dtype=np.uint8)


def test_a_path_a_pillow_picture_and_an_array_give_the_same_pixels(tmp_path):
    path = tmp_path / "picture.png"
    Image.fromarray(RGB).save(path)
    with Image.open(path) as opened:
        values = [path, str(path), Image.fromarray(RGB), opened, RGB]
        assert all(np.array_equal(as_picture(value).pixels, RGB) for value in values)


def test_a_picture_stays_itself():
    picture = Picture(RGB)
    assert as_picture(picture) is picture


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
@pytest.mark.parametrize(("shape", "channels"), [((12, 20), 3), ((12, 20, 1), 3), ((12, 20, 3), 3), ((12, 20, 4), 4)])
def test_arrays_keep_their_depth(dtype, shape, channels):
    array = np.random.default_rng(0).integers(0, np.iinfo(dtype).max + 1, shape, dtype=dtype)
    picture = as_picture(array)
    assert picture.pixels.dtype == dtype
    assert np.array_equal(picture.pixels, np.broadcast_to(array.reshape(12, 20, -1), (12, 20, channels)))


def test_a_view_of_an_array_is_taken_as_it_looks():
    assert np.array_equal(as_picture(RGB[:, ::-1]).pixels, RGB[:, ::-1])


def test_a_pillow_picture_is_turned_upright():
    turned = Image.fromarray(np.ascontiguousarray(np.rot90(RGB)))
    turned.getexif()[0x0112] = 6
    assert np.array_equal(as_picture(turned).pixels, RGB)


def test_a_sixteen_bit_grey_pillow_picture_stays_sixteen_bit():
    grey = np.arange(240, dtype=np.uint16).reshape(12, 20) * 273
    picture = as_picture(Image.fromarray(grey))
    assert np.array_equal(picture.pixels[..., 1], grey)


@pytest.mark.parametrize(
    ("value", "found"),
    [
        (RGB / 255.0, r"float64.*uint8 in \[0, 255\]"),
        (RGB > 127, "bool"),
        (RGB.astype(np.int64), "int64"),
        (RGB.transpose(2, 0, 1), r"\(3, 12, 20\).*channels to the end"),
        (RGB[..., :2], r"\(12, 20, 2\)"),
        (RGB[None], r"\(1, 12, 20, 3\)"),
        (RGB[:0], "at least 1 x 1"),
        (Image.new("F", (8, 8)), "8 or 16 bits"),
        (Image.new("RGB", (0, 8)), "at least 1 x 1"),
    ],
)
def test_what_cannot_be_used_is_refused(value, found):
    with pytest.raises(ImageError, match=found):
        as_picture(value)


def test_a_truncated_picture_opened_with_pillow_is_refused(tmp_path):
    path = tmp_path / "cut.png"
    Image.fromarray(RGB).save(path)
    path.write_bytes(path.read_bytes()[:-200])
    with Image.open(path) as opened, pytest.raises(ImageError, match=r"cut\.png cannot be decoded"):
        as_picture(opened)
