"""Pictures with 16 bits per sample, decoded by OpenCV because Pillow reads 16-bit colour as 8-bit."""

import cv2
import numpy as np
from PIL import Image

from situate.errors import ImageError

_PNG_BIT_DEPTH_BYTE = 24
_BITS_PER_SAMPLE_TAG = 258
_PHOTOMETRIC_TAG = 262
_WHITE_IS_ZERO = 0
# 16-bit CMYK is no RGBA: it goes through Pillow and its profile, 8 bits deep.
_MODES_FOR_OPENCV = {"RGB", "RGBA", "RGBa", "RGBX", "I;16", "I;16B", "L", "LA", "I"}
_MODES_WITH_ALPHA = {"LA", "RGBA", "RGBa"}
_NUM_CHANNELS_WITH_ALPHA = 4


def is_sixteen_bit(content: bytes, header: Image.Image) -> bool:
    """Whether `content`, opened as `header`, holds 16-bit samples that OpenCV should decode."""
    if header.mode not in _MODES_FOR_OPENCV:
        return False
    if header.format == "PNG":
        return content[_PNG_BIT_DEPTH_BYTE] == 16
    if header.format == "TIFF":
        return set(header.tag_v2.get(_BITS_PER_SAMPLE_TAG, ())) == {16}  # type: ignore[attr-defined]
    return False


def decode_sixteen_bit(content: bytes, header: Image.Image, name: str) -> np.ndarray:
    """Decode to RGB or RGBA, `h w c` uint16; TIFF comes out upright, PNG as stored.

    Raises:
        ImageError: If OpenCV cannot decode it to 16-bit samples.
    """
    pixels = cv2.imdecode(np.frombuffer(content, np.uint8), cv2.IMREAD_UNCHANGED)
    if pixels is None or pixels.dtype != np.uint16:
        raise ImageError(f"{name}: 16-bit {header.format} of a kind that cannot be decoded; save it as an RGB PNG")
    if pixels.ndim == 2:
        if header.format == "TIFF" and header.tag_v2.get(_PHOTOMETRIC_TAG) == _WHITE_IS_ZERO:  # type: ignore[attr-defined]
            pixels = 65535 - pixels
        rgb = cv2.cvtColor(pixels, cv2.COLOR_GRAY2RGB)
        hidden_value = header.info.get("transparency")
        return rgb if hidden_value is None else np.dstack([rgb, (pixels != hidden_value) * np.uint16(65535)])
    if pixels.shape[2] != _NUM_CHANNELS_WITH_ALPHA:
        return cv2.cvtColor(pixels, cv2.COLOR_BGR2RGB)
    if header.mode not in _MODES_WITH_ALPHA and "transparency" not in header.info:
        return cv2.cvtColor(pixels, cv2.COLOR_BGRA2RGB)
    rgba = cv2.cvtColor(pixels, cv2.COLOR_BGRA2RGBA)
    return _straight(rgba) if header.mode == "RGBa" else rgba


def _straight(premultiplied: np.ndarray) -> np.ndarray:
    alpha = premultiplied[..., 3:].astype(np.uint32)
    colours = (premultiplied[..., :3].astype(np.uint32) * 65535 + alpha // 2) // np.maximum(alpha, 1)
    return np.dstack([np.minimum(colours, 65535).astype(np.uint16), premultiplied[..., 3]])
