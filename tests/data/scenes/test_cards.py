"""How bright grey cards are, against closed forms."""

import math
from dataclasses import replace

import numpy as np
import pytest

from situate.data.scenes.cards import FACINGS, card_brightness
from situate.data.scenes.light import GREY_LEVEL, GREY_REFLECTANCE, Lamp, Light

DARK = (0.0, 0.0, 0.0)
NIGHT = Light((0.0, 0.0, -1.0), DARK, DARK, DARK, DARK, 0.0, (1.0, 1.0, 1.0), 0)
LEFT, RIGHT, UP, AWAY, TOWARDS = range(len(FACINGS))
PLACE_M = (0.0, 5.0, 1.0)


def irradiance(light: Light, gain: tuple[float, float, float] = (1.0, 1.0, 1.0)) -> np.ndarray:
    """What falls on each card, in linear units."""
    return np.exp(card_brightness(light, gain, PLACE_M)) * GREY_LEVEL * np.pi / GREY_REFLECTANCE


def test_a_sky_that_is_the_same_all_round_lights_every_card_alike():
    light = replace(NIGHT, sky_zenith=(0.5, 0.4, 0.3), sky_horizon=(0.5, 0.4, 0.3), bounce=(0.5, 0.4, 0.3))
    np.testing.assert_allclose(irradiance(light), np.pi * np.array([[0.5, 0.4, 0.3]] * 5), rtol=2e-3)


def test_half_a_sky_lights_upright_cards_half():
    light = replace(NIGHT, sky_zenith=(1.0,) * 3, sky_horizon=(1.0,) * 3)
    found = irradiance(light)[:, 0]
    assert found[UP] == pytest.approx(np.pi, rel=2e-3)
    np.testing.assert_allclose(found[[LEFT, RIGHT, AWAY, TOWARDS]], np.pi / 2, rtol=2e-3)


@pytest.mark.parametrize(
    ("direction", "lit"),
    [
        ((0.0, 1.0, 0.0), TOWARDS),  # the sun behind the camera
        ((0.0, -1.0, 0.0), AWAY),  # against the light
        ((1.0, 0.0, 0.0), LEFT),  # it travels to the right, so it comes from the left
        ((-1.0, 0.0, 0.0), RIGHT),
        ((0.0, 0.0, -1.0), UP),  # noon
    ],
)
def test_the_sun_lights_the_card_that_faces_it(direction, lit):
    found = irradiance(replace(NIGHT, sun_direction=direction, sun_irradiance=(2.0, 2.0, 2.0)))[:, 0]
    assert found[lit] == pytest.approx(2.0)
    assert (np.delete(found, lit) < 0.1).all()


def test_a_small_lamp_obeys_the_inverse_square():
    lamp = Lamp((0.0, 5.0, 5.0), (0.0, 0.0, -1.0), (0.1, 0.1), (100.0, 100.0, 100.0))
    found = irradiance(replace(NIGHT, lamps=(lamp,)))[:, 0]
    assert found[UP] == pytest.approx(100 * 0.01 / 4**2, rel=1e-3)


def test_a_lamp_that_shines_away_gives_no_light():
    lamp = Lamp((0.0, 5.0, 5.0), (0.0, 0.0, 1.0), (1.0, 1.0), (100.0, 100.0, 100.0))
    assert irradiance(replace(NIGHT, lamps=(lamp,))).max() < 0.1


def test_ambient_light_reaches_every_card():
    np.testing.assert_allclose(irradiance(replace(NIGHT, ambient=(0.3, 0.3, 0.3))), 0.3 * np.pi, rtol=1e-5)


def test_a_stop_more_exposure_adds_the_log_of_two():
    light = replace(NIGHT, ambient=(1.0, 1.0, 1.0))
    change = card_brightness(light, (2.0, 2.0, 2.0), PLACE_M) - card_brightness(light, (1.0, 1.0, 1.0), PLACE_M)
    np.testing.assert_allclose(change, math.log(2), rtol=1e-5)
