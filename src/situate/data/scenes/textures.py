"""Procedural textures as linear reflectance, tileable, made from a generator."""

import colorsys

import numpy as np
from jaxtyping import Float32

Texture = Float32[np.ndarray, "h w 3"]
Colour = tuple[float, float, float]

DISPLAY_GAMMA = 2.2


def fractal_noise(generator: np.random.Generator, shape: tuple[int, int], roughness: float) -> np.ndarray:
    """Return tileable noise with mean 0 and deviation 1; `roughness` 0 is soft as clouds, 1 is fine as sand."""
    rows, columns = np.fft.fftfreq(shape[0])[:, None], np.fft.rfftfreq(shape[1])[None]
    frequency = np.maximum(np.hypot(rows, columns), 1 / max(shape))
    spectrum = np.fft.rfft2(generator.standard_normal(shape)) * frequency ** (-1.6 * (1 - roughness))
    spectrum[0, 0] = 0
    noise = np.fft.irfft2(spectrum, shape)
    return noise / max(float(noise.std()), 1e-9)


def shaded(colour: np.ndarray | Colour, noise: np.ndarray, contrast: float) -> Texture:
    """Lighten and darken `colour` (one, or one per pixel) by noise of relative deviation `contrast`."""
    factor = np.clip(1 + contrast * noise, 0.2, 2.0)[..., None]
    return np.clip(np.asarray(colour) * factor, 0.01, 0.95).astype(np.float32)


def mixed(first: Colour | np.ndarray, second: Colour | np.ndarray, weight: np.ndarray) -> np.ndarray:
    """Blend two colours by a `weight` per pixel: 0 is the first, 1 the second."""
    share = np.clip(weight, 0, 1)[..., None]
    return np.asarray(first) * (1 - share) + np.asarray(second) * share


def stripes(shape: tuple[int, int], num: float | int, slant: float = 0.0, share: float = 0.5) -> np.ndarray:
    """Return 1 in `num` stripes across the rows (v), leaning by `slant` periods along u, else 0."""
    v, u = np.mgrid[0 : shape[0], 0 : shape[1]] / np.array(shape)[:, None, None]
    return ((v * num + u * slant) % 1 < share).astype(np.float64)


def columns(shape: tuple[int, int], num: float | int, share: float = 0.5) -> np.ndarray:
    """Return 1 in `num` stripes across the columns (u), else 0."""
    u = np.broadcast_to(np.arange(shape[1]) / shape[1], shape)
    return ((u * num) % 1 < share).astype(np.float64)


def checker(shape: tuple[int, int], num_v: int, num_u: int) -> np.ndarray:
    """Return a chess board of `num_v` by `num_u` fields of 0 and 1."""
    v, u = np.mgrid[0 : shape[0], 0 : shape[1]] / np.array(shape)[:, None, None]
    return ((np.floor(v * num_v) + np.floor(u * num_u)) % 2).astype(np.float64)


def frame(shape: tuple[int, int], share: float) -> np.ndarray:
    """Return 1 in a border whose width is `share` of each side, else 0."""
    v, u = np.mgrid[0 : shape[0], 0 : shape[1]] / (np.array(shape)[:, None, None] - 1)
    return (np.minimum(np.minimum(v, 1 - v), np.minimum(u, 1 - u)) < share).astype(np.float64)


def hsv(hue: float, saturation: float, value: float) -> Colour:
    """Return the linear reflectance of an sRGB-like hue (turns), saturation and value."""
    red, green, blue = colorsys.hsv_to_rgb(hue % 1, saturation, value)
    return red**DISPLAY_GAMMA, green**DISPLAY_GAMMA, blue**DISPLAY_GAMMA


def drawn_colour(
    generator: np.random.Generator,
    hue: tuple[float, float],
    saturation: tuple[float, float],
    value: tuple[float, float],
) -> Colour:
    """Draw a colour uniformly from ranges of hue (turns, may exceed 1), saturation and value."""
    return hsv(generator.uniform(*hue), generator.uniform(*saturation), generator.uniform(*value))
