"""Small bytes of one picture in memory: how pictures lie in a shard that has to be small."""

import io

import numpy as np
from PIL import Image

EFFORT = 6


def encode_webp(pixels: np.ndarray, quality: int | None = None) -> bytes:
    """Encode `h w`, `h w 3` (RGB) or `h w 4` (RGBA) uint8 pixels.

    Args:
        pixels: What to encode; a grey picture is stored as colours, one side is at most 16,383 pixels.
        quality: Of a lossy picture, at most 100; lossless without it, also where alpha is 0.
    """
    content = io.BytesIO()
    options = {"lossless": True, "exact": True} if quality is None else {"quality": quality}
    Image.fromarray(pixels).save(content, "WEBP", method=EFFORT, **options)
    return content.getvalue()
