"""Lossless bytes of one picture in memory, fast: how pictures lie in a shard."""

import cv2
import numpy as np

PNG_COMPRESSION = 3


def encode_png(pixels: np.ndarray) -> bytes:
    """Encode `h w`, `h w 3` (RGB) or `h w 4` (RGBA) uint8 pixels, losslessly."""
    swapped = pixels if pixels.ndim == 2 else cv2.cvtColor(pixels, _SWAP[pixels.shape[2]])
    done, content = cv2.imencode(".png", swapped, [cv2.IMWRITE_PNG_COMPRESSION, PNG_COMPRESSION])
    assert done, "cv2 could not encode a PNG"
    return content.tobytes()


def decode_png(content: bytes) -> np.ndarray | None:
    """Decode what `encode_png` wrote (or any picture of 8 bits that cv2 reads); None if the bytes are damaged."""
    pixels = cv2.imdecode(np.frombuffer(content, np.uint8), cv2.IMREAD_UNCHANGED)
    if pixels is None or pixels.ndim == 2:
        return pixels
    return cv2.cvtColor(pixels, _SWAP[pixels.shape[2]])


_SWAP = {3: cv2.COLOR_BGR2RGB, 4: cv2.COLOR_BGRA2RGBA}
