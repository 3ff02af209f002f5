"""Identity: 1 for the same object, less the more it becomes another one, and blind to what is around it."""

import math

import cv2
import numpy as np
import pytest

pytest.importorskip("efficientnet_lite_pytorch")

from situate.evaluation.composites.identity import Identity

SIDE = 96


@pytest.fixture(scope="module")
def identity() -> Identity:
    return Identity()


def texture(seed: int) -> np.ndarray:
    noise = np.random.default_rng(seed).integers(0, 256, (8, 8, 3), dtype=np.uint8)
    return np.asarray(cv2.resize(noise, (SIDE, SIDE), interpolation=cv2.INTER_CUBIC))


def disc() -> np.ndarray:
    y, x = np.mgrid[:SIDE, :SIDE]
    return (((x - 40) ** 2 + (y - 50) ** 2) < 30**2).astype(np.float32)


def test_the_same_object_is_the_same_on_any_ground(identity):
    own, ground = texture(0), texture(1)
    elsewhere = np.where(disc()[..., None] > 0, own, ground)
    assert identity(own, own, disc()) == pytest.approx(1, abs=1e-5)
    assert identity(own, elsewhere, disc()) == pytest.approx(1, abs=1e-5)


def test_another_object_is_less_the_same_than_one_in_another_light(identity):
    own = texture(0)
    darker = (own * 0.8).astype(np.uint8)
    rows = np.where(np.arange(SIDE) % 2, 230, 20).astype(np.uint8)
    striped = np.broadcast_to(rows[:, None, None], own.shape).copy()
    assert identity(own, darker, disc()) > 0.9
    assert identity(own, striped, disc()) < identity(own, darker, disc()) - 0.2


def test_more_damage_is_less_identity(identity):
    own = texture(0)
    little, much = (np.asarray(cv2.GaussianBlur(own, (0, 0), sigma)) for sigma in (2.0, 12.0))
    assert 1 > identity(own, little, disc()) > identity(own, much, disc())


def test_an_object_that_is_not_there_has_no_identity(identity):
    assert math.isnan(identity(texture(0), texture(0), np.zeros((SIDE, SIDE), np.float32)))
