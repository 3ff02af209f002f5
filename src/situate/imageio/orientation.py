"""The EXIF orientation, applied to pixels."""

from collections.abc import Callable

import numpy as np
from PIL import Image

_ORIENTATION_TAG = 0x0112
# Value of the tag to the turn that makes the picture upright (EXIF 2.32, 4.6.4 A).
_TO_UPRIGHT: dict[int, Callable[[np.ndarray], np.ndarray]] = {
    2: lambda pixels: pixels[:, ::-1],
    3: lambda pixels: pixels[::-1, ::-1],
    4: lambda pixels: pixels[::-1],
    5: lambda pixels: pixels.swapaxes(0, 1),
    6: lambda pixels: pixels[::-1].swapaxes(0, 1),
    7: lambda pixels: pixels[::-1, ::-1].swapaxes(0, 1),
    8: lambda pixels: pixels[:, ::-1].swapaxes(0, 1),
}


def orientation_of(image: Image.Image) -> int:
    """Return the orientation, 1 to 8, that `image` still has to be turned by; 1 where it is upright or says nonsense.

    Pillow turns TIFF pictures itself while it decodes them, and forgets their tag: ask after decoding.
    """
    value = image.getexif().get(_ORIENTATION_TAG, 1)
    return value if isinstance(value, int) and value in _TO_UPRIGHT else 1


def upright(pixels: np.ndarray, orientation: int) -> np.ndarray:
    """Turn and mirror `h w c` pixels so that a picture with this EXIF `orientation` stands upright."""
    return np.ascontiguousarray(_TO_UPRIGHT.get(orientation, lambda same: same)(pixels))
