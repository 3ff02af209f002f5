"""A part of a window at the picture's own resolution: what changes is enlarged, everything else never exists."""

from collections.abc import Iterator
from dataclasses import dataclass

import cv2
import numpy as np
from jaxtyping import Float

from situate.geometry.canvas import BoxCxcywh


@dataclass(frozen=True)
class Part:
    """Some rows and columns of a window whose side is `side_px`, in pixels of the picture."""

    side_px: int
    rows: slice
    columns: slice

    @property
    def size_wh(self) -> tuple[int, int]:
        """Width and height in pixels."""
        return (self.columns.stop - self.columns.start, self.rows.stop - self.rows.start)

    def box_in_part(self, box_cxcywh: BoxCxcywh) -> BoxCxcywh:
        """Fractions of the window to fractions of the part."""
        cx, cy, w, h = box_cxcywh
        width, height = self.size_wh
        return (
            (cx * self.side_px - self.columns.start) / width,
            (cy * self.side_px - self.rows.start) / height,
            w * self.side_px / width,
            h * self.side_px / height,
        )

    def bands(self, max_pixels: int) -> Iterator["Part"]:
        """Cut the part into bands of whole rows, each of at most so many pixels (but at least one row)."""
        width, _ = self.size_wh
        num_rows = max(max_pixels // width, 1)
        for start in range(self.rows.start, self.rows.stop, num_rows):
            yield Part(self.side_px, slice(start, min(start + num_rows, self.rows.stop)), self.columns)

    def inner(self, rows: slice, columns: slice) -> "Part":
        """Some rows and columns of this part, counted from its corner."""
        top, left = self.rows.start, self.columns.start
        return Part(
            self.side_px,
            slice(top + rows.start, top + rows.stop),
            slice(left + columns.start, left + columns.stop),
        )

    def enlarged(self, values: Float[np.ndarray, "s s *c"]) -> Float[np.ndarray, "h w *c"]:
        """What this part holds of a whole window's `values`, resampled bilinearly to the picture's resolution."""
        values = values.astype(np.float32)
        pitch_px, remainder = divmod(self.side_px, len(values))
        if remainder or pitch_px == 0:
            return _between(_between(values, self.side_px, self.rows, 0), self.side_px, self.columns, 1)
        # A pixel takes part in what its neighbours become: one more on each side, and nothing further.
        (rows, inner_rows), (columns, inner_columns) = (
            _block(span, pitch_px, len(values)) for span in (self.rows, self.columns)
        )
        block = values[rows, columns]
        size_wh = (block.shape[1] * pitch_px, block.shape[0] * pitch_px)
        return cv2.resize(block, size_wh, interpolation=cv2.INTER_LINEAR)[inner_rows, inner_columns]


def _block(span: slice, pitch_px: int, size: int) -> tuple[slice, slice]:
    """The small pixels that a span of large ones depends on, and the span's place among what they become."""
    first, stop = max(span.start // pitch_px - 1, 0), min(-(-span.stop // pitch_px) + 1, size)
    return slice(first, stop), slice(span.start - first * pitch_px, span.stop - first * pitch_px)


def _between(values: np.ndarray, side_px: int, span: slice, axis: int) -> np.ndarray:
    """Linear interpolation along one axis, for enlargements that are no whole number."""
    size = values.shape[axis]
    place = np.clip((np.arange(span.start, span.stop) + 0.5) * (size / side_px) - 0.5, 0, size - 1)
    low = np.floor(place).astype(np.intp)
    shape = [1] * values.ndim
    shape[axis] = len(place)
    share = (place - low).astype(np.float32).reshape(shape)
    below = values.take(low, axis=axis)
    above = values.take(np.minimum(low + 1, size - 1), axis=axis)
    above -= below
    above *= share
    above += below
    return above
