"""Square canvases: how a picture of any shape is letter-boxed, and how positions move between picture and canvas."""

import math
from dataclasses import dataclass

import cv2
import numpy as np
import torch
from jaxtyping import Float, UInt8, UInt16
from torch import Tensor

BoxCxcywh = tuple[float, float, float, float]


@dataclass(frozen=True)
class Letterbox:
    """A picture centred in a square canvas whose side is the picture's longest side; nothing is squeezed."""

    width_px: int
    height_px: int

    @property
    def side_px(self) -> int:
        """Side of the canvas in pixels of the picture."""
        return max(self.width_px, self.height_px)

    @property
    def content_xyxy(self) -> tuple[float, float, float, float]:
        """The picture's corners as fractions of the canvas."""
        left, top = self._offset
        return (left, top, 1 - left, 1 - top)

    def box_to_canvas(self, box_cxcywh: BoxCxcywh) -> BoxCxcywh:
        """Fractions of the picture to fractions of the canvas."""
        cx, cy, w, h = box_cxcywh
        scale_x, scale_y = self.width_px / self.side_px, self.height_px / self.side_px
        left, top = self._offset
        return (left + cx * scale_x, top + cy * scale_y, w * scale_x, h * scale_y)

    def box_to_picture(self, box_cxcywh: BoxCxcywh) -> BoxCxcywh:
        """Fractions of the canvas to fractions of the picture."""
        cx, cy, w, h = box_cxcywh
        scale_x, scale_y = self.side_px / self.width_px, self.side_px / self.height_px
        left, top = self._offset
        return ((cx - left) * scale_x, (cy - top) * scale_y, w * scale_x, h * scale_y)

    @property
    def _offset(self) -> tuple[float, float]:
        return ((1 - self.width_px / self.side_px) / 2, (1 - self.height_px / self.side_px) / 2)


def background_canvas(pixels: UInt8[np.ndarray, "h w 3"], size: int) -> Float[Tensor, "1 3 {size} {size}"]:
    """Letter-box a background into a `size` x `size` canvas in [-1, 1]; padding is 0, content is area-averaged."""
    height_px, width_px = pixels.shape[:2]
    left, top, right, bottom = (edge * size for edge in Letterbox(width_px, height_px).content_xyxy)
    canvas = np.zeros((size, size, 3), np.float32)
    x0, y0, x1, y1 = math.floor(left + 0.5), math.floor(top + 0.5), math.ceil(right - 0.5), math.ceil(bottom - 0.5)
    x1, y1 = max(x1, x0 + 1), max(y1, y0 + 1)
    canvas[y0:y1, x0:x1] = to_signed(resize_u8(pixels, (x1 - x0, y1 - y0)))
    return to_tensor(canvas)


def foreground_canvas(
    pixels: UInt8[np.ndarray, "fh fw 4"], size: int
) -> tuple[Float[Tensor, "1 3 {size} {size}"], Float[Tensor, "1 1 {size} {size}"]]:
    """Centre a trimmed cut-out in a `size` x `size` canvas.

    Returns:
        Colours in [-1, 1] times alpha, and alpha in [0, 1].
    """
    height_px, width_px = pixels.shape[:2]
    scale = size / max(height_px, width_px)
    width, height = max(1, round(width_px * scale)), max(1, round(height_px * scale))
    premultiplied, alpha = premultiply(pixels)
    small = resize_float(np.dstack([premultiplied, alpha]), (width, height))
    canvas = np.zeros((size, size, 4), np.float32)
    x0, y0 = (size - width) // 2, (size - height) // 2
    canvas[y0 : y0 + height, x0 : x0 + width] = small
    return to_tensor(canvas[..., :3]), to_tensor(canvas[..., 3:])


def position_of(box_cxcywh: BoxCxcywh) -> tuple[float, float, float]:
    """Bottom-centre anchor and log height of a box on the canvas."""
    cx, cy, _, h = box_cxcywh
    return (cx, cy + h / 2, math.log(h))


def box_of(position: Float[Tensor, "*b 3"], log_aspect: Float[Tensor, "*b"]) -> Float[Tensor, "*b 4"]:
    """Box (cxcywh on the canvas) of an object of a given aspect at a position (anchor x, anchor y, log height)."""
    anchor_x, anchor_y, log_height = position.unbind(-1)
    height = log_height.exp()
    return torch.stack([anchor_x, anchor_y - height / 2, height * log_aspect.exp(), height], dim=-1)


def premultiply(
    pixels: UInt8[np.ndarray, "h w 4"] | UInt16[np.ndarray, "h w 4"],
) -> tuple[Float[np.ndarray, "h w 3"], Float[np.ndarray, "h w"]]:
    """Split RGBA integers into colours in [-1, 1] times alpha, and alpha in [0, 1]."""
    alpha = pixels[..., 3].astype(np.float32) / np.iinfo(pixels.dtype).max
    return to_signed(pixels[..., :3]) * per_colour(alpha), alpha


def resize_u8(pixels: np.ndarray, size_wh: tuple[int, int]) -> np.ndarray:
    """Resample integer pixels: area average when shrinking, bilinear when enlarging."""
    return cv2.resize(pixels, size_wh, interpolation=_interpolation(pixels, size_wh))


def resize_float(pixels: Float[np.ndarray, "h w *c"], size_wh: tuple[int, int]) -> Float[np.ndarray, "h2 w2 *c"]:
    """Resample float pixels: area average when shrinking, bilinear when enlarging."""
    return cv2.resize(pixels, size_wh, interpolation=_interpolation(pixels, size_wh))


def per_colour(values: Float[np.ndarray, "h w"]) -> Float[np.ndarray, "h w 3"]:
    """Repeat values for each colour: arithmetic on equal shapes is three times faster than broadcasting a last axis."""
    return cv2.cvtColor(np.asarray(values, np.float32), cv2.COLOR_GRAY2RGB)


def to_signed(
    pixels: UInt8[np.ndarray, "*shape"] | UInt16[np.ndarray, "*shape"],
) -> Float[np.ndarray, "*shape"]:
    """Integers of any depth to float32 in [-1, 1]."""
    made = pixels.astype(np.float32)
    made *= np.float32(2 / np.iinfo(pixels.dtype).max)
    made -= 1
    return made


def to_tensor(pixels: Float[np.ndarray, "h w c"]) -> Float[Tensor, "1 c h w"]:
    """HWC array to a batch of one CHW tensor."""
    return torch.from_numpy(np.ascontiguousarray(pixels.transpose(2, 0, 1)))[None]


def _interpolation(pixels: np.ndarray, size_wh: tuple[int, int]) -> int:
    is_shrinking = size_wh[0] < pixels.shape[1] or size_wh[1] < pixels.shape[0]
    return cv2.INTER_AREA if is_shrinking else cv2.INTER_LINEAR
