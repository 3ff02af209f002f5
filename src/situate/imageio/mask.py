"""Masks that people paint: pictures, white where something is."""

from pathlib import Path

from jaxtyping import Bool
from numpy import ndarray

from situate.errors import InputError
from situate.imageio.read import read_picture
from situate.records.picture import Picture


def read_mask(path: Path, picture: Picture) -> Bool[ndarray, "h w"]:
    """Read the mask of a picture: True where it is brighter than half of white, and not transparent.

    Raises:
        ImageError: If it cannot be read.
        InputError: If it has not the picture's size.
    """
    return mask_of(read_picture(path), picture)


def mask_of(painted: Picture, picture: Picture) -> Bool[ndarray, "h w"]:
    """Return the mask of a picture that somebody has painted, see `read_mask`.

    Raises:
        InputError: If it has not the picture's size.
    """
    mask = painted.rgb.mean(axis=2) > painted.max_value / 2
    if painted.has_alpha:
        mask &= painted.pixels[..., 3] > painted.max_value / 2
    if mask.shape != picture.pixels.shape[:2]:
        raise InputError(
            f"{painted.name} is {painted.width_px} x {painted.height_px} pixels, {picture.name} is "
            f"{picture.width_px} x {picture.height_px}; pass a mask of the same size"
        )
    return mask
