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
    def box_xywh_px(self) -> tuple[int, int, int, int]:
        """Left, top, width and height in the picture."""
        return self.left, self.top, self.width, self.height

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


def box_cxcywh_of(
    box_xywh_px: tuple[int, int, int, int], full_hw: tuple[int, int]
) -> tuple[float, float, float, float]:
    """Return a box in pixels as centre and size, fractions of the picture's width and height."""
    (left, top, width, height), (full_height, full_width) = box_xywh_px, full_hw
    return (
        (left + width / 2) / full_width,
        (top + height / 2) / full_height,
        width / full_width,
        height / full_height,
    )


def crop_of(mask: Bool[np.ndarray, "h w"]) -> MaskCrop:
    """Trim `mask` to what is not empty."""
    left, top, width, height = cv2.boundingRect(mask.view(np.uint8))
    return MaskCrop(left, top, mask[top : top + height, left : left + width].copy())


def main_piece_share(crop: MaskCrop, touch_px: int) -> float:
    """Return how much of the mask its largest connected piece holds, in (0, 1]; pieces `touch_px` apart are one."""
    # Two polygons a pixel or two apart are one object.
    closed = cv2.dilate(crop.mask.view(np.uint8), np.ones((touch_px, touch_px), np.uint8))
    _, labels = cv2.connectedComponents(closed)
    return float(np.bincount(labels[crop.mask]).max() / crop.area_px)
