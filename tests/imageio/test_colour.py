"""Profiles: an RGB one is kept, one of another kind is applied and dropped."""

import io
import logging

import numpy as np
import pytest
from PIL import Image

from situate.imageio.read import decode_picture
from situate.records.picture import Picture

GREY = np.full((20, 30), 128, np.uint8)
# Linear 128/255 is 0.502 of full light, which sRGB writes as 188.
GREY_IN_SRGB = 188


def read_back(image: Image.Image, format_name: str, **options: object) -> Picture:
    stream = io.BytesIO()
    image.save(stream, format_name, **options)
    return decode_picture(stream.getvalue(), name="test")


@pytest.mark.parametrize("format_name", ["PNG", "JPEG", "WEBP", "TIFF"])
def test_an_rgb_profile_is_kept(format_name, srgb_profile):
    picture = read_back(Image.new("RGB", (30, 20), (10, 20, 30)), format_name, icc_profile=srgb_profile)
    assert picture.icc_profile == srgb_profile


def test_a_grey_picture_drops_an_rgb_profile(srgb_profile):
    picture = read_back(Image.fromarray(GREY), "PNG", icc_profile=srgb_profile)
    assert picture.icc_profile is None
    assert (picture.pixels == 128).all()


def test_a_grey_picture_is_converted_through_its_profile(linear_grey_profile):
    picture = read_back(Image.fromarray(GREY), "PNG", icc_profile=linear_grey_profile)
    assert picture.icc_profile is None
    assert np.abs(picture.pixels.astype(int) - GREY_IN_SRGB).max() <= 1


def test_grey_with_alpha_is_converted_through_its_profile(linear_grey_profile):
    alpha = np.arange(600, dtype=np.uint16).reshape(20, 30).astype(np.uint8)
    picture = read_back(Image.fromarray(np.dstack([GREY, alpha]), "LA"), "PNG", icc_profile=linear_grey_profile)
    assert np.array_equal(picture.pixels[..., 3], alpha)
    assert np.abs(picture.rgb.astype(int) - GREY_IN_SRGB).max() <= 1


@pytest.mark.parametrize("format_name", ["JPEG", "TIFF"])
def test_cmyk_without_a_profile_becomes_rgb(format_name):
    cyan = Image.new("CMYK", (30, 20), (255, 0, 0, 0))
    picture = read_back(cyan, format_name)
    assert picture.pixels.shape == (20, 30, 3)
    assert np.abs(picture.pixels[10, 10].astype(int) - [0, 255, 255]).max() <= 4
    assert picture.icc_profile is None


@pytest.mark.parametrize("format_name", ["JPEG", "TIFF"])
def test_cmyk_is_converted_through_its_profile(format_name, red_ink_cmyk_profile):
    cyan = Image.new("CMYK", (30, 20), (255, 0, 0, 0))
    picture = read_back(cyan, format_name, icc_profile=red_ink_cmyk_profile)
    red, green, blue = picture.pixels[10, 10]
    assert red > 240
    assert max(green, blue) < 20
    assert picture.icc_profile is None


def test_a_damaged_cmyk_profile_is_logged_and_left_out(red_ink_cmyk_profile, caplog):
    damaged = red_ink_cmyk_profile[:140]
    with caplog.at_level(logging.WARNING):
        picture = read_back(Image.new("CMYK", (30, 20), (0, 0, 0, 0)), "JPEG", icc_profile=damaged)
    assert (picture.pixels == 255).all()
    assert "profile cannot be used" in caplog.text


def test_a_cmyk_profile_never_stays_on_an_rgb_picture(red_ink_cmyk_profile):
    picture = read_back(Image.new("RGB", (30, 20), (10, 20, 30)), "PNG", icc_profile=red_ink_cmyk_profile)
    assert picture.icc_profile is None
    assert (picture.pixels == [10, 20, 30]).all()
