"""Light as a photographer measures it: how bright a grey card is that faces one way or another."""

import numpy as np
from jaxtyping import Float, Float32

from situate.data.scenes.light import GREY_LEVEL, GREY_REFLECTANCE, SKY_SHAPE, Lamp, Light, unclouded_sky
from situate.data.scenes.textures import Colour

FACINGS = ((-1.0, 0.0, 0.0), (1.0, 0.0, 0.0), (0.0, 0.0, 1.0), (0.0, 1.0, 0.0), (0.0, -1.0, 0.0))
"""Unit normals of the cards: to the left, to the right, up, away from the camera, towards it."""

LAMP_GRID = 6
"""A lamp is summed over so many points along each side."""


def card_brightness(light: Light, gain: Colour, point_m: tuple[float, float, float]) -> Float32[np.ndarray, "5 3"]:
    """Return how bright grey cards at a point would be, one for each of `FACINGS`.

    Nothing stands in the light's way. The unit is the natural log of linear RGB over the camera's mid grey.

    Args:
        light: What shines.
        gain: With which the camera develops it.
        point_m: Where the cards are; only lamps care.
    """
    normals = np.array(FACINGS)
    falling = _sky_irradiance(light, normals) + np.pi * np.asarray(light.ambient)
    towards_sun = np.clip(normals @ -np.asarray(light.sun_direction), 0, None)
    falling = falling + towards_sun[:, None] * np.asarray(light.sun_irradiance)
    for lamp in light.lamps:
        falling = falling + _lamp_irradiance(lamp, normals, np.asarray(point_m))
    seen = GREY_REFLECTANCE / np.pi * falling * np.asarray(gain)
    return np.log(np.maximum(seen / GREY_LEVEL, _DARKEST)).astype(np.float32)


_DARKEST = 1e-2


def _sky_irradiance(light: Light, normals: Float[np.ndarray, "n 3"]) -> Float[np.ndarray, "n 3"]:
    rows, columns = SKY_SHAPE
    polar = (np.arange(rows) + 0.5) / rows * np.pi
    azimuth = (np.arange(columns) + 0.5) / columns * 2 * np.pi
    ring = np.sin(polar)[:, None]
    up = np.broadcast_to(np.cos(polar)[:, None], SKY_SHAPE)
    directions = np.stack([ring * np.cos(azimuth), ring * np.sin(azimuth), up], -1)
    solid_angle = ring * (np.pi / rows) * (2 * np.pi / columns)
    facing = np.clip(directions @ normals.T, 0, None) * solid_angle[..., None]
    return np.einsum("rcn,rk->nk", facing, unclouded_sky(light))


def _lamp_irradiance(
    lamp: Lamp, normals: Float[np.ndarray, "n 3"], point_m: Float[np.ndarray, "3"]
) -> Float[np.ndarray, "n 3"]:
    """Sum the lamp's points by distance and both angles."""
    facing = np.asarray(lamp.facing)
    up = np.array([0.0, 0.0, 1.0]) if abs(facing[2]) < 0.5 else np.array([0.0, 1.0, 0.0])
    across = np.cross(up, facing)
    steps = (np.arange(LAMP_GRID) + 0.5) / LAMP_GRID - 0.5
    x, y = np.meshgrid(steps * lamp.size_m[0], steps * lamp.size_m[1])
    points = np.asarray(lamp.centre_m) + x.reshape(-1, 1) * across + y.reshape(-1, 1) * up
    towards = points - point_m
    distance_m = np.linalg.norm(towards, axis=1, keepdims=True)
    towards = towards / distance_m
    area_m2 = lamp.size_m[0] * lamp.size_m[1] / LAMP_GRID**2
    leaving = np.clip(-towards @ facing, 0, None) * area_m2 / distance_m[:, 0] ** 2
    return (np.clip(normals @ towards.T, 0, None) @ leaving)[:, None] * np.asarray(lamp.radiance)
