"""Windows: the square part of a picture in which the synthesis network works.

A window has whole pixels and may reach over the picture's edge, where the edge's pixels are repeated.
"""

import math
from dataclasses import dataclass

import cv2
import numpy as np
from jaxtyping import UInt8, UInt16

from situate.geometry.canvas import BoxCxcywh, Letterbox, resize_u8

MIN_OBJECT_SIZES = 2.0
"""A composing window is at least this many object sizes wide, and less than twice that: it snaps to a power of two."""


@dataclass(frozen=True)
class Window:
    """A square of `side_px` pixels whose top left pixel is (`left_px`, `top_px`); both may be negative."""

    left_px: int
    top_px: int
    side_px: int

    def box_in_window(self, box_cxcywh: BoxCxcywh, resolution_wh: tuple[int, int]) -> BoxCxcywh:
        """Fractions of a picture of `resolution_wh` to fractions of the window."""
        width_px, height_px = resolution_wh
        cx, cy, w, h = box_cxcywh
        return (
            (cx * width_px - self.left_px) / self.side_px,
            (cy * height_px - self.top_px) / self.side_px,
            w * width_px / self.side_px,
            h * height_px / self.side_px,
        )

    def on_canvas(self, resolution_wh: tuple[int, int]) -> BoxCxcywh:
        """The window as a box on the letter-boxed canvas of a picture of `resolution_wh`."""
        width_px, height_px = resolution_wh
        half = self.side_px / 2
        box_cxcywh = (
            (self.left_px + half) / width_px,
            (self.top_px + half) / height_px,
            self.side_px / width_px,
            self.side_px / height_px,
        )
        return Letterbox(width_px, height_px).box_to_canvas(box_cxcywh)

    def inner_slices(self, resolution_wh: tuple[int, int]) -> tuple[slice, slice]:
        """Rows and columns of the picture that the window covers."""
        width_px, height_px = resolution_wh
        rows = slice(max(self.top_px, 0), min(self.top_px + self.side_px, height_px))
        columns = slice(max(self.left_px, 0), min(self.left_px + self.side_px, width_px))
        return rows, columns


def whole_window(resolution_wh: tuple[int, int]) -> Window:
    """The smallest window that holds the whole picture, centred."""
    width_px, height_px = resolution_wh
    side_px = max(width_px, height_px)
    return Window((width_px - side_px) // 2, (height_px - side_px) // 2, side_px)


def window_round(box_cxcywh: BoxCxcywh, resolution_wh: tuple[int, int], side_px: int) -> Window:
    """A window of `side_px` centred on a box, moved into the picture as far as it fits there."""
    width_px, height_px = resolution_wh
    left_px = _inside(round(box_cxcywh[0] * width_px - side_px / 2), side_px, width_px)
    top_px = _inside(round(box_cxcywh[1] * height_px - side_px / 2), side_px, height_px)
    return Window(left_px, top_px, side_px)


def snapped_window(box_cxcywh: BoxCxcywh, resolution_wh: tuple[int, int], size: int) -> tuple[Window, int]:
    """The composing window round a box: `size` pixels of one power-of-two level, on that level's lattice.

    Returns:
        The window and its level: one pixel of the level is 2^level pixels of the picture wide (level < 0: the picture
        is enlarged). The side is 2 to 4 object sizes, at most what holds the whole picture, at least 8 pixels.
    """
    width_px, height_px = resolution_wh
    object_px = max(box_cxcywh[2] * width_px, box_cxcywh[3] * height_px)
    level = math.ceil(math.log2(max(MIN_OBJECT_SIZES * object_px, _MIN_SIDE_PX) / size))
    level = min(level, math.ceil(math.log2(max(width_px, height_px) / size)))
    level = max(level, -int(math.log2(size / _MIN_SIDE_PX)))
    side_px = round(size * 2.0**level)
    window = window_round(box_cxcywh, resolution_wh, side_px)
    if level <= 0:
        return window, level
    left_px, top_px = (
        _snap(start_px, side_px, length_px, 2**level)
        for start_px, length_px in zip((window.left_px, window.top_px), resolution_wh, strict=True)
    )
    return Window(left_px, top_px, side_px), level


def crop(
    pixels: UInt8[np.ndarray, "h w *c"] | UInt16[np.ndarray, "h w *c"], window: Window
) -> UInt8[np.ndarray, "s s *c"] | UInt16[np.ndarray, "s s *c"]:
    """Cut the window out at the picture's own resolution; outside the picture its edge is repeated."""
    height_px, width_px = pixels.shape[:2]
    rows, columns = window.inner_slices((width_px, height_px))
    inner = pixels[rows, columns]
    margins = (
        rows.start - window.top_px,
        window.top_px + window.side_px - rows.stop,
        columns.start - window.left_px,
        window.left_px + window.side_px - columns.stop,
    )
    if not any(margins):
        return inner
    return cv2.copyMakeBorder(inner, *margins, borderType=cv2.BORDER_REPLICATE)


def crop_resized(pixels: np.ndarray, window: Window, size: int) -> np.ndarray:
    """Cut the window out and resample it to `size` x `size`."""
    rows, columns = window.inner_slices((pixels.shape[1], pixels.shape[0]))
    inner = pixels[rows, columns]
    if window.side_px > size and window.side_px**2 > _MAX_PADDING * inner.shape[0] * inner.shape[1]:
        return _crop_of_strip(inner, window, (rows.start, columns.start), size)
    return resize_u8(crop(pixels, window), (size, size))


_MIN_SIDE_PX = 8
_MAX_PADDING = 4


def _crop_of_strip(inner: np.ndarray, window: Window, start_px: tuple[int, int], size: int) -> np.ndarray:
    """The same where most of the window is padding, one axis after the other: the whole square never exists."""
    small = inner.astype(np.float32)
    # The longer axis first: it needs little padding, and is short once it is done.
    for axis in sorted((0, 1), key=lambda axis: -inner.shape[axis]):
        before = start_px[axis] - (window.top_px, window.left_px)[axis]
        margins = [0, 0, 0, 0]
        margins[2 * axis : 2 * axis + 2] = before, window.side_px - before - inner.shape[axis]
        padded = cv2.copyMakeBorder(small, *margins, borderType=cv2.BORDER_REPLICATE)
        size_wh = (size, padded.shape[0]) if axis else (padded.shape[1], size)
        small = cv2.resize(padded, size_wh, interpolation=cv2.INTER_AREA)
    return np.round(small).astype(inner.dtype)


def _inside(start_px: int, side_px: int, length_px: int) -> int:
    if side_px >= length_px:
        return (length_px - side_px) // 2
    return min(max(start_px, 0), length_px - side_px)


def _snap(start_px: int, side_px: int, length_px: int, pitch_px: int) -> int:
    # A window at the picture's far edge moves outwards: inwards it would leave a strip of the picture uncovered.
    is_at_far_edge = start_px + side_px == length_px
    return (math.ceil if is_at_far_edge else round)(start_px / pitch_px) * pitch_px
