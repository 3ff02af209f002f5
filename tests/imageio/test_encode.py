"""Every format gives back the pixels it can hold, the profile, and the words that say what made it."""

import io
import struct

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as st_numpy
from PIL import Image

from situate import __version__
from situate.imageio.encode import PICTURE_SUFFIXES, encode_picture
from situate.imageio.read import decode_picture, read_picture
from situate.imageio.write import CompositeStamp, write_picture
from situate.records.picture import Picture

STAMP = CompositeStamp("0123abcd", 7)
SUFFIXES_WITH_METADATA = [suffix for suffix in PICTURE_SUFFIXES if suffix != ".bmp"]
SIXTEEN_BIT_SUFFIXES = (".png", ".tif", ".tiff")
SUFFIXES_WITH_ALPHA = (*SIXTEEN_BIT_SUFFIXES, ".webp")


def random_picture(channels: int = 3, dtype: type = np.uint8) -> Picture:
    limit = np.iinfo(dtype).max + 1
    return Picture(np.random.default_rng(0).integers(0, limit, (30, 50, channels), dtype=dtype))


@st.composite
def pictures_and_suffixes(draw):
    channels = draw(st.sampled_from([3, 4]))
    dtype = draw(st.sampled_from([np.uint8, np.uint16]))
    suffixes = [".png", ".tif", ".webp", ".bmp"]
    if dtype == np.uint16:
        suffixes = [suffix for suffix in suffixes if suffix in SIXTEEN_BIT_SUFFIXES]
    if channels == 4:
        suffixes = [suffix for suffix in suffixes if suffix in SUFFIXES_WITH_ALPHA]
    shape = (draw(st.integers(1, 20)), draw(st.integers(1, 20)), channels)
    return Picture(draw(st_numpy.arrays(dtype, shape))), draw(st.sampled_from(suffixes))


@given(pictures_and_suffixes(), st.booleans())
def test_lossless_files_come_back_bit_for_bit(picture_and_suffix, is_stamped):
    picture, suffix = picture_and_suffix
    content = encode_picture(picture, suffix, STAMP if is_stamped else None, 95)
    again = decode_picture(content, name="test")
    assert again.pixels.dtype == picture.pixels.dtype
    # WebP has no alpha where all of it is opaque: what is missing is 255.
    opaque = np.full(
        (*picture.pixels.shape[:2], picture.pixels.shape[2] - again.pixels.shape[2]), 255, again.pixels.dtype
    )
    assert np.array_equal(np.dstack([again.pixels, opaque]), picture.pixels)


@pytest.mark.parametrize("suffix", SUFFIXES_WITH_METADATA)
def test_a_composite_says_what_made_it_and_keeps_the_profile(suffix, tmp_path, srgb_profile):
    path = tmp_path / f"a{suffix}"
    write_picture(Picture(random_picture().pixels, srgb_profile), path, stamp=STAMP)
    sentence = f"Composite made by situate {__version__}, model 0123abcd, seed 7"
    with Image.open(path) as opened:
        exif = opened.getexif()
        assert (exif[0x0131], exif[0x010E]) == (f"situate {__version__}", sentence)
        assert exif.get(0x0112, 1) == 1
        if suffix == ".png":
            assert (opened.text["Software"], opened.text["Description"]) == (f"situate {__version__}", sentence)
        opened.load()
    assert read_picture(path).icc_profile == srgb_profile


@pytest.mark.parametrize("suffix", SIXTEEN_BIT_SUFFIXES)
@pytest.mark.parametrize("channels", [3, 4])
def test_sixteen_bit_composites_carry_profile_and_stamp_too(suffix, channels, tmp_path, srgb_profile):
    picture = Picture(random_picture(channels, np.uint16).pixels, srgb_profile)
    path = tmp_path / f"a{suffix}"
    write_picture(picture, path, stamp=STAMP)
    again = read_picture(path)
    assert np.array_equal(again.pixels, picture.pixels)
    assert again.icc_profile == srgb_profile
    with Image.open(path) as opened:
        assert opened.getexif()[0x010E] == STAMP.description


def test_without_a_stamp_nothing_claims_to_be_a_composite(tmp_path):
    for suffix in PICTURE_SUFFIXES:
        write_picture(random_picture(), tmp_path / f"a{suffix}")
        assert b"Composite" not in (tmp_path / f"a{suffix}").read_bytes()


def test_other_programs_read_our_tiff(tmp_path, srgb_profile):
    picture = Picture(random_picture(4).pixels, srgb_profile)
    content = encode_picture(picture, ".tiff", STAMP, 95)
    with Image.open(io.BytesIO(content)) as opened:
        assert opened.mode == "RGBA"
        assert opened.tag_v2[338] in (2, (2,))
        assert np.array_equal(np.asarray(opened), picture.pixels)


def test_the_tags_of_a_tiff_are_in_order(srgb_profile):
    """Some readers refuse a directory that is not sorted."""
    content = encode_picture(Picture(random_picture(4).pixels, srgb_profile), ".tiff", STAMP, 95)
    (start,) = struct.unpack_from("<I", content, 4)
    (count,) = struct.unpack_from("<H", content, start)
    tags = [struct.unpack_from("<H", content, start + 2 + 12 * index)[0] for index in range(count)]
    assert tags == sorted(set(tags))
    assert len(content) == start + 2 + 12 * count + 4
