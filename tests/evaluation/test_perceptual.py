"""The perceptual distance: 0 for the same picture, more for more damage, and only where it is asked for."""

import math

import cv2
import numpy as np
import pytest

pytest.importorskip("efficientnet_lite_pytorch")

from situate.evaluation.perceptual import PerceptualDistance

SIDE = 64


@pytest.fixture(scope="module")
def distance() -> PerceptualDistance:
    return PerceptualDistance()


@pytest.fixture(scope="module")
def picture() -> np.ndarray:
    noise = np.random.default_rng(0).integers(0, 256, (SIDE // 4, SIDE // 4, 3), dtype=np.uint8)
    return np.asarray(cv2.resize(noise, (SIDE, SIDE), interpolation=cv2.INTER_CUBIC))


def everywhere() -> np.ndarray:
    return np.ones((SIDE, SIDE), bool)


def blurred(picture: np.ndarray, sigma: float) -> np.ndarray:
    return np.asarray(cv2.GaussianBlur(picture, (0, 0), sigma))


def test_the_same_picture_is_at_no_distance(distance, picture):
    assert distance(picture, picture, everywhere()) == 0


def test_more_blur_is_farther_away(distance, picture):
    near, far = (distance(blurred(picture, sigma), picture, everywhere()) for sigma in (1.0, 3.0))
    assert 0 < near < far < 4


def test_noise_is_farther_away_than_a_shade(distance, picture):
    noise = np.random.default_rng(1).integers(0, 256, picture.shape, dtype=np.uint8)
    shade = (picture * 0.9).astype(np.uint8)
    assert distance(noise, picture, everywhere()) > 3 * distance(shade, picture, everywhere())


def test_what_is_far_from_the_region_does_not_matter(distance):
    flat = np.full((4 * SIDE, 4 * SIDE, 3), 120, np.uint8)
    spoilt = flat.copy()
    spoilt[:SIDE, :SIDE] = np.random.default_rng(2).integers(0, 256, (SIDE, SIDE, 3))
    region = np.zeros(flat.shape[:2], bool)
    region[:SIDE, :SIDE] = True
    near = distance(spoilt, flat, region)
    region[:] = False
    region[-SIDE:, -SIDE:] = True
    assert distance(spoilt, flat, region) < 0.05 * near


def test_it_is_symmetric_and_says_nothing_about_nothing(distance, picture):
    other = blurred(picture, 2.0)
    assert distance(other, picture, everywhere()) == pytest.approx(distance(picture, other, everywhere()))
    assert math.isnan(distance(other, picture, ~everywhere()))
