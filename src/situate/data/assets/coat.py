"""The material of a model file as bytes to keep, and as the paint that it becomes."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import UInt8
from PIL import Image

from situate.data.scenes.materials import Paint
from situate.errors import DataError

MAX_TEXTURE_PX = 512
# What a material without any colour looks like: light grey plaster.
PLAIN_RGB = (204, 204, 204)
# Below this exponent a highlight is so broad that the surface looks matt.
MIN_SHARPNESS = 20.0
GLOSS_PER_SPECULAR = 0.5
# What Blender wrote for every material whose maker did not think of gloss, wood and cloth among them.
UNTOUCHED_SHARPNESS, UNTOUCHED_SPECULAR = 96.078431, 0.5


@dataclass(frozen=True)
class Coat:
    """A material, colours in sRGB; `opacity` has its own size, None where nothing shines through."""

    texture: UInt8[np.ndarray, "h w 3"]
    gloss: float = 0.0
    opacity: float | UInt8[np.ndarray, "oh ow"] | None = None

    def paint(self) -> Paint:
        """Return it in linear reflectance."""
        opacity = self.opacity.astype(np.float32) / 255 if isinstance(self.opacity, np.ndarray) else self.opacity
        return Paint(_LINEAR[self.texture], self.gloss, opacity)


PLAIN_COAT = Coat(np.full((2, 2, 3), PLAIN_RGB, np.uint8))


def coat_of(material: Any, *, has_uv: bool) -> Coat:
    """Turn a trimesh material (of MTL or glTF) into a coat.

    A texture hides the colour of an MTL material, as in the programs that wrote such files; the colour factor of glTF
    is multiplied with it, as its specification says.

    Raises:
        DataError: If the texture is damaged.
    """
    if hasattr(material, "baseColorFactor"):
        return _gltf_coat(material, has_uv=has_uv)
    opacity = _number(material.kwargs.get("d"), 1.0 - _number(material.kwargs.get("tr"), 0.0))
    diffuse = PLAIN_RGB if material.diffuse is None else material.diffuse[:3]
    texture, stencil = _texture(material.image, diffuse, has_uv=has_uv)
    return Coat(texture, _gloss(material), _opacity(opacity, stencil))


def _gloss(material: Any) -> float:
    specular = 0.0 if material.specular is None else float(np.mean(material.specular[:3])) / 255
    is_untouched = (
        abs(material.glossiness - UNTOUCHED_SHARPNESS) < 0.01 and abs(specular - UNTOUCHED_SPECULAR) < 1 / 255
    )
    if material.glossiness < MIN_SHARPNESS or is_untouched:
        return 0.0
    return round(GLOSS_PER_SPECULAR * specular, 4)


def _gltf_coat(material: Any, *, has_uv: bool) -> Coat:
    factor = material.baseColorFactor
    factor = np.array([255, 255, 255, 255] if factor is None else factor, np.float64) / 255
    white = (255, 255, 255)
    texture, stencil = _texture(material.baseColorTexture, white, has_uv=has_uv)
    coloured = np.rint(_encoded(_LINEAR[texture] * factor[:3]) * 255).astype(np.uint8)
    roughness = 1.0 if material.roughnessFactor is None else float(material.roughnessFactor)
    opacity = None if material.alphaMode in (None, "OPAQUE") else _opacity(float(factor[3]), stencil)
    return Coat(coloured, round(GLOSS_PER_SPECULAR * (1 - roughness), 4), opacity)


def _texture(image: Image.Image | None, colour: Any, *, has_uv: bool) -> tuple[np.ndarray, np.ndarray | None]:
    """Return the colours, and what the picture's transparency leaves of them."""
    if image is None:
        return np.full((2, 2, 3), np.asarray(colour)[:3], np.uint8), None
    try:
        pixels = np.array(_shrunk(image.convert("RGBA")))
    except (OSError, SyntaxError, ValueError, EOFError, Image.DecompressionBombError) as error:
        name = image.info.get("file_path", "picture")
        raise DataError(f"texture {name} is damaged ({error}); replace the file") from error
    if not has_uv:
        # Nothing says where the picture lies on the surface.
        mean = pixels[..., :3].reshape(-1, 3).mean(axis=0)
        return np.full((2, 2, 3), np.rint(mean), np.uint8), None
    stencil = pixels[..., 3]
    return np.ascontiguousarray(pixels[..., :3]), stencil if stencil.min() < 255 else None


def _shrunk(image: Image.Image) -> Image.Image:
    image.thumbnail((MAX_TEXTURE_PX, MAX_TEXTURE_PX), Image.Resampling.BOX)
    return image


def _opacity(factor: float, stencil: np.ndarray | None) -> float | np.ndarray | None:
    if stencil is not None:
        return np.rint(stencil * factor).astype(np.uint8)
    return factor if factor < 1 else None


def _number(words: list[str] | None, default: float) -> float:
    try:
        return min(max(float(words[-1]), 0.0), 1.0) if words else default
    except ValueError:
        return default


def _decoded(encoded: np.ndarray) -> np.ndarray:
    return np.where(encoded <= 0.04045, encoded / 12.92, ((encoded + 0.055) / 1.055) ** 2.4)


def _encoded(linear: np.ndarray) -> np.ndarray:
    return np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055)


_LINEAR = _decoded(np.arange(256) / 255).astype(np.float32)
