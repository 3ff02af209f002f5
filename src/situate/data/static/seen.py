"""A frame as it is worked on: read, matched to the plate, its parts told apart."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import Bool, Int32, UInt8

from situate.data.static.change import changed
from situate.data.static.clips import Clip
from situate.data.static.config import StaticConfig
from situate.data.static.from_difference import regions_from_difference
from situate.data.static.from_mask import read_mask, regions_from_mask
from situate.data.static.match import disagreement, match_exposure
from situate.data.static.regions import Regions, grown, pieces_of
from situate.data.static.view import View
from situate.errors import DataError
from situate.imageio.read import read_picture


@dataclass(frozen=True)
class SeenFrame:
    """A frame and what is known of it.

    Attributes:
        pixels: Matched to the plate's exposure.
        regions: Objects, their shadows, and what nobody is sure of.
        differs: Where the frame differs from the plate by more than noise, or a shadow is known to be.
        pieces: Everything that differs, numbered by connected piece; 0 elsewhere.
        disagreement: How much its edges are not the plate's, objects left out.
    """

    pixels: UInt8[np.ndarray, "h w 3"]
    regions: Regions
    differs: Bool[np.ndarray, "h w"]
    pieces: Int32[np.ndarray, "h w"]
    disagreement: float


def regions_of_mask(clip: Clip, path: Path, frame_hw: tuple[int, int] | None, config: StaticConfig) -> Regions | None:
    """Return the parts that the frame's mask tells, or None if the clip has no masks.

    Without `frame_hw`, the mask may have any size.

    Raises:
        DataError: If the mask does not fit.
        ImageError: If it is missing or cannot be read.
    """
    mask_path = clip.mask_of(path)
    if mask_path is None:
        return None
    return regions_from_mask(read_mask(mask_path, frame_hw, config.mask_values), config.mask_values)


def look(path: Path, view: View, drawn: Regions | None) -> SeenFrame:
    """Read a frame and tell its parts, by `drawn` or else by difference from the plate.

    Raises:
        DataError: If it has another size than the plate.
        ImageError: If it cannot be read.
    """
    frame = np.ascontiguousarray(read_picture(path).rgb_u8)
    (height, width), (plate_height, plate_width) = frame.shape[:2], view.plate.shape[:2]
    if (height, width) != (plate_height, plate_width):
        raise DataError(
            f"{path} is {width} x {height} pixels, the plate {plate_width} x {plate_height}; pass frames of one size"
        )
    usable = None if drawn is None else ~grown((drawn.objects > 0) | drawn.shadow | drawn.rim | drawn.outside, 2)
    pixels = match_exposure(frame, view.plate, usable)
    regions = regions_from_difference(pixels, view) if drawn is None else drawn
    differs = changed(pixels, view) | regions.shadow
    pieces = pieces_of(differs | (regions.objects > 0))
    return SeenFrame(pixels, regions, differs, pieces, disagreement(pixels, view.plate, usable))
