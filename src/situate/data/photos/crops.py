"""Masks kept as crops, so that a photograph with a hundred objects does not need a hundred full-size masks."""

from dataclasses import dataclass

import cv2
import numpy as np
from jaxtyping import Bool


@dataclass(frozen=True)
class MaskCrop:
    """A mask without the empty rows and columns around it.

    Attributes:
        left: Column of the crop's left edge in the picture.
        top: Row of the crop's upper edge in the picture.
        mask: The part that is not empty; `0 0` for an empty mask.
    """

    left: int
    top: int
    mask: Bool[np.ndarray, "ch cw"]

    @property
    def width(self) -> int:
        """Columns of the crop."""
        return self.mask.shape[1]

    @property
    def height(self) -> int:
        """Rows of the crop."""
        return self.mask.shape[0]

    @property
    def area_px(self) -> int:
        """Pixels inside the mask."""
        return int(np.count_nonzero(self.mask))

    def window(self, left: int, top: int, width: int, height: int) -> Bool[np.ndarray, "h w"]:
        """Return what lies in a window of the picture, which may reach outside the crop and the picture."""
        seen = np.zeros((height, width), bool)
        first_column, last_column = max(left, self.left), min(left + width, self.left + self.width)
        first_row, last_row = max(top, self.top), min(top + height, self.top + self.height)
        if first_column < last_column and first_row < last_row:
            own_rows = slice(first_row - self.top, last_row - self.top)
            own_columns = slice(first_column - self.left, last_column - self.left)
            part = self.mask[own_rows, own_columns]
            seen[first_row - top : last_row - top, first_column - left : last_column - left] = part
        return seen


def crop_of(mask: Bool[np.ndarray, "h w"]) -> MaskCrop:
    """Trim `mask` to what is not empty."""
    left, top, width, height = cv2.boundingRect(mask.view(np.uint8))
    return MaskCrop(left, top, mask[top : top + height, left : left + width].copy())
