"""Pictures and triples in memory."""

import dataclasses

import numpy as np
import pytest
from beartype.roar import BeartypeCallHintViolation
from hypothesis import given
from hypothesis import strategies as st
from jaxtyping import TypeCheckError

from situate.records.picture import Picture, to_u8
from situate.records.triple import Triple


@given(st.integers(0, 255))
def test_eight_bits_survive_sixteen(value):
    assert to_u8(np.array([[value * 257]], np.uint16)) == value


@given(st.integers(0, 65535))
def test_sixteen_bits_are_rounded_to_the_nearest_of_eight(value):
    assert abs(int(to_u8(np.array([[value]], np.uint16))[0, 0]) - value / 257) <= 0.5


def test_eight_bits_are_not_copied():
    pixels = np.zeros((2, 3, 3), np.uint8)
    assert to_u8(pixels) is pixels


def test_a_picture_knows_its_size_depth_and_alpha():
    picture = Picture(np.zeros((4, 6, 4), np.uint16))
    assert (picture.height_px, picture.width_px, picture.max_value, picture.has_alpha) == (4, 6, 65535, True)
    assert picture.rgb.shape == (4, 6, 3)
    assert picture.rgb_u8.dtype == np.uint8


def test_other_pixels_keep_profile_and_name():
    picture = Picture(np.zeros((2, 2, 3), np.uint8), icc_profile=b"profile", name="a.jpg")
    other = picture.with_pixels(np.ones((5, 5, 3), np.uint8))
    assert (other.icc_profile, other.name, other.height_px) == (b"profile", "a.jpg", 5)


def test_records_are_frozen():
    picture = Picture(np.zeros((2, 2, 3), np.uint8))
    with pytest.raises(dataclasses.FrozenInstanceError):
        picture.name = "other"  # pyright: ignore[reportAttributeAccessIssue]


@pytest.mark.parametrize("pixels", [np.zeros((2, 2, 3)), np.zeros((2, 2), np.uint8)], ids=["float", "no channels"])
def test_a_picture_of_another_kind_is_refused_in_tests(pixels):
    with pytest.raises((TypeCheckError, BeartypeCallHintViolation)):
        Picture(pixels)


def test_pictures_of_a_triple_must_agree_in_size_in_tests():
    plane = np.zeros((4, 4), np.uint8)
    with pytest.raises((TypeCheckError, BeartypeCallHintViolation)):
        Triple(
            key="a",
            group="a",
            source="scenes",
            kind="cone",
            background=np.zeros((4, 5, 3), np.uint8),
            composite=np.zeros((4, 4, 3), np.uint8),
            foreground=np.zeros((2, 2, 4), np.uint8),
            visible_alpha=plane,
            effect=plane,
            hole=plane,
            box_cxcywh=(0.5, 0.5, 0.5, 0.5),
        )
