"""Light by day (a sun, a sky with a gradient) or in a room (window, lamps), and the exposure a camera would choose."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Float32

from situate.data.scenes.textures import Colour, fractal_noise

SKY_SHAPE = (32, 64)
GREY_REFLECTANCE = 0.25
GREY_LEVEL = 0.22
SEEN_LEVEL, MAX_HIGHLIGHT, HIGHLIGHT_PERCENT = 0.16, 1.1, 80.0
ROOM_REFLECTANCE = 0.6
"""Mean over the surfaces of a room, by which its light is thrown about."""

LUMINANCE = (0.2126, 0.7152, 0.0722)


@dataclass(frozen=True)
class Lamp:
    """A rectangle that shines: a window, a panel at the ceiling.

    Attributes:
        centre_m: Its middle.
        facing: Unit vector in which it shines.
        size_m: Width and height; a lamp that faces up or down has its height along y.
        radiance: RGB, the same in all directions.
    """

    centre_m: tuple[float, float, float]
    facing: tuple[float, float, float]
    size_m: tuple[float, float]
    radiance: Colour


@dataclass(frozen=True)
class Light:
    """The light of one picture, in linear units.

    Attributes:
        sun_direction: Unit vector in which the sun's light travels.
        sun_irradiance: RGB on a surface that faces the sun.
        sky_zenith: Radiance overhead.
        sky_horizon: Radiance at the horizon.
        bounce: Radiance from below, what a ground would send up.
        cloud: Contrast of the clouds.
        gain: RGB that the camera multiplies with: white balance, and exposure by the light that falls in.
        seed: Of the clouds.
        bias: How much brighter than the meter says the camera exposes; part of `gain`, too.
        lamps: Rectangles that shine.
        ambient: RGB that every surface sees from all around, besides; what walls throw back.
    """

    sun_direction: tuple[float, float, float]
    sun_irradiance: Colour
    sky_zenith: Colour
    sky_horizon: Colour
    bounce: Colour
    cloud: float
    gain: Colour
    seed: int
    bias: float = 1.0
    lamps: tuple[Lamp, ...] = ()
    ambient: Colour = (0.0, 0.0, 0.0)


def draw_light(generator: np.random.Generator) -> Light:
    """Draw a light: one of six days is overcast, the sun stands 18 to 70 degrees high, anywhere round the scene."""
    elevation, azimuth = np.radians(generator.uniform(18, 70)), generator.uniform(0, 2 * np.pi)
    is_overcast = generator.random() < 1 / 6
    sun = 0.0 if is_overcast else generator.uniform(1.5, 4.5)
    warmth = generator.uniform(0.0, 0.3)
    sun_rgb = sun * np.array([1.0, 1 - 0.35 * warmth, 1 - warmth])
    blue = generator.uniform(0.0, 0.12) if is_overcast else generator.uniform(0.1, 0.55)
    zenith = generator.uniform(0.3, 0.55) * np.array([1 - 0.8 * blue, 1 - 0.4 * blue, 1.0])
    horizon = generator.uniform(0.45, 0.75) * np.array([1 - 0.25 * blue, 1 - 0.1 * blue, 1.0])
    falling = np.cos(elevation) * np.cos(azimuth), np.cos(elevation) * np.sin(azimuth), -np.sin(elevation)
    irradiance = sun_rgb * np.sin(elevation) + np.pi * (0.5 * zenith + 0.5 * horizon)
    bounce = irradiance / np.pi * generator.uniform(0.08, 0.2) * np.array([1.0, 0.97, 0.85])
    brightness = float(irradiance.mean()) / np.pi * GREY_REFLECTANCE
    bias = 2 ** generator.uniform(-0.5, 0.45)
    gain = GREY_LEVEL / brightness * bias * np.exp(generator.normal(0, [0.05, 0.01, 0.05]))
    return Light(
        sun_direction=_rgb(falling),
        sun_irradiance=_rgb(sun_rgb),
        sky_zenith=_rgb(zenith),
        sky_horizon=_rgb(horizon),
        bounce=_rgb(bounce),
        cloud=float(generator.uniform(0.0, 0.25)),
        gain=_rgb(gain),
        seed=int(generator.integers(2**31)),
        bias=float(bias),
    )


def draw_room_light(generator: np.random.Generator, lamps: tuple[Lamp, ...], area_m2: float) -> Light:
    """Draw how a camera develops a room of `area_m2` lit by `lamps` alone: it takes away about half of their colour.

    What the walls throw back is the same everywhere, as in a sphere with walls of one reflectance.
    """
    shone = np.sum([np.asarray(lamp.radiance) * np.prod(lamp.size_m) for lamp in lamps], axis=0)
    ambient = shone / area_m2 * ROOM_REFLECTANCE / (1 - ROOM_REFLECTANCE)
    bias = 2 ** generator.uniform(-0.45, 0.45)
    balance = (np.mean(shone) / shone) ** generator.uniform(0.3, 0.9)
    gain = bias * balance * np.exp(generator.normal(0, [0.04, 0.01, 0.04]))
    dark = (0.0, 0.0, 0.0)
    return Light((0.0, 0.0, -1.0), dark, dark, dark, dark, 0.0, _rgb(gain), 0, float(bias), lamps, _rgb(ambient))


def seen_gain(light: Light, radiance: Float32[np.ndarray, "h w 3"]) -> Colour:
    """Return the gain of a camera that meters what it sees: the geometric mean becomes grey, highlights stay whole."""
    luminance = np.maximum(radiance @ np.asarray(LUMINANCE), 1e-6)
    mean = float(np.exp(np.log(luminance).mean()))
    exposure = min(SEEN_LEVEL / mean, MAX_HIGHLIGHT / float(np.percentile(luminance, HIGHLIGHT_PERCENT)))
    balance = np.asarray(light.gain) / float(np.asarray(light.gain) @ np.asarray(LUMINANCE))
    return _rgb(exposure * light.bias * balance)


def _rgb(values: object) -> Colour:
    red, green, blue = (float(value) for value in np.asarray(values))
    return red, green, blue


def sky_picture(light: Light) -> Float32[np.ndarray, "h w 3"]:
    """Return the sky as a latitude-longitude radiance map, zenith in the first row, the bounce in the lower half."""
    clouds = fractal_noise(np.random.default_rng(light.seed), SKY_SHAPE, 0.1)[..., None]
    share = np.where(_sky_height()[..., None] > 0, np.clip(1 + light.cloud * clouds, 0.4, 1.6), 1.0)
    return (share * unclouded_sky(light)[:, None]).astype(np.float32)


def unclouded_sky(light: Light) -> Float[np.ndarray, "rows 3"]:
    """Return the radiance of each row of the sky's map, without its clouds."""
    height = _sky_height()
    share = np.clip(height, 0, 1) ** 0.6
    sky = share * np.asarray(light.sky_zenith) + (1 - share) * np.asarray(light.sky_horizon)
    return np.where(height > 0, sky, np.asarray(light.bounce))


def _sky_height() -> Float[np.ndarray, "rows 1"]:
    return np.linspace(1, -1, SKY_SHAPE[0])[:, None]


def developed(radiance: Float32[np.ndarray, "h w 3"], gain: Colour) -> np.ndarray:
    """Turn linear radiance into an sRGB picture of bytes."""
    linear = np.clip(radiance * np.asarray(gain), 0, 1)
    encoded = np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055)
    return np.rint(encoded * 255).astype(np.uint8)
