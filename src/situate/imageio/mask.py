"""Masks that people paint: pictures, white where something is."""

from pathlib import Path

import numpy as np
from jaxtyping import Bool

from situate.errors import InputError
from situate.imageio.read import read_picture
from situate.records.picture import Picture


def read_mask(path: Path, picture: Picture) -> Bool[np.ndarray, "h w"]:
    """Read the mask of a picture: True where it is brighter than half of white, and not transparent.

    Raises:
        ImageError: If it cannot be read.
        InputError: If it has not the picture's size.
    """
    mask_picture = read_picture(path)
    mask = mask_picture.rgb.mean(axis=2) > mask_picture.max_value / 2
    if mask_picture.has_alpha:
        mask &= mask_picture.pixels[..., 3] > mask_picture.max_value / 2
    if mask.shape != picture.pixels.shape[:2]:
        raise InputError(
            f"{path} is {mask_picture.width_px} x {mask_picture.height_px} pixels, {picture.name} is "
            f"{picture.width_px} x {picture.height_px}; pass a mask of the same size"
        )
    return mask
