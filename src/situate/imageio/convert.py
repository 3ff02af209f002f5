"""Whatever a caller holds (path, Pillow picture, array) becomes a `Picture`."""

from pathlib import Path

import numpy as np
from PIL import Image

from situate.errors import ImageError
from situate.imageio.colour import colour_samples, is_grey
from situate.imageio.orientation import orientation_of, upright
from situate.imageio.read import check_size, read_picture
from situate.records.picture import Picture

_NUM_CHANNELS = (1, 3, 4)


def as_picture(value: Picture | Path | str | Image.Image | np.ndarray) -> Picture:
    """Return `value` as a `Picture`; files are read, Pillow pictures are turned upright, grey becomes RGB.

    Args:
        value: Arrays are uint8 or uint16, `h w` or `h w c` with 1 (grey), 3 (RGB) or 4 (RGBA, straight alpha)
            channels.

    Raises:
        ImageError: If it cannot be used; arrays of floats are refused, because their range cannot be known.
    """
    if isinstance(value, Picture):
        return value
    if isinstance(value, str | Path):
        return read_picture(value)
    if isinstance(value, Image.Image):
        return _from_pillow(value)
    if isinstance(value, np.ndarray):
        return _from_array(value)
    raise ImageError(f"{type(value).__name__} is not a picture; pass a path, a Pillow picture or a numpy array")


def _from_pillow(image: Image.Image) -> Picture:
    name = getattr(image, "filename", "") or "Pillow picture"
    check_size(image.size, name)
    try:
        image.load()
    except (OSError, SyntaxError, ValueError) as error:
        raise ImageError(f"{name} cannot be decoded ({error}); copy or export it again") from error
    samples, profile = colour_samples(image, name)
    return Picture(upright(samples, orientation_of(image)), profile, name, is_grey(image))


def _from_array(array: np.ndarray) -> Picture:
    if array.dtype not in (np.uint8, np.uint16):
        raise ImageError(
            f"the array holds {array.dtype}, situate takes uint8 in [0, 255] or uint16 in [0, 65535]; "
            "scale and round it first, for example (array * 255).round().astype('uint8')"
        )
    if array.ndim == 2:
        array = array[..., None]
    if array.ndim != 3 or array.shape[2] not in _NUM_CHANNELS:
        raise ImageError(
            f"the array has the shape {array.shape}, situate takes (height, width) or (height, width, channels) "
            "with 1, 3 or 4 channels; move the channels to the end and pass one picture at a time"
        )
    check_size((array.shape[1], array.shape[0]), "the array")
    grey = array.shape[2] == 1
    samples = np.repeat(array, 3, axis=2) if grey else array
    return Picture(np.ascontiguousarray(samples), name="array", is_grey=grey)
