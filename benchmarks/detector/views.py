"""The fixed views in which a detector sees a picture: all of it, mirrored, and zoomed in on an object.

A view is put on a square canvas, at its top left; what is left of the canvas is grey. Boxes on it are fractions of it.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
import torch
from jaxtyping import Float, Int, UInt8
from torch import Tensor

from situate.labels.coco import CocoAnnotation

GREY_U8 = 128
ZOOM_SHARES = 0.45, 0.85
"""A zoomed view shows this share of the picture's width and height."""
MIN_SEEN = 0.4
"""An object of which a smaller share lies in a view is neither to be found nor to be missed there."""


@dataclass(frozen=True)
class View:
    """A part of a picture: left, top, width, height in pixels, and whether left and right are swapped."""

    window_xywh_px: tuple[int, int, int, int]
    is_mirrored: bool = False

    @property
    def longest_px(self) -> int:
        """The side that becomes the canvas."""
        return max(self.window_xywh_px[2:])


@dataclass(frozen=True)
class Labels:
    """What is to be found on a canvas.

    Attributes:
        boxes_cxcywh: Fractions of the canvas.
        classes: Numbers from 0.
        ignored_cxcywh: Crowds, and objects that are hardly in the view.
    """

    boxes_cxcywh: Float[Tensor, "n 4"]
    classes: Int[Tensor, " n"]
    ignored_cxcywh: Float[Tensor, "m 4"]


def whole(width_px: int, height_px: int) -> View:
    """The view of all of a picture."""
    return View((0, 0, width_px, height_px))


def training_views(
    annotations: Sequence[CocoAnnotation], width_px: int, height_px: int, num_zooms: int, generator: np.random.Generator
) -> list[View]:
    """All of the picture, the same mirrored, and zoomed views that show an object's centre if there is an object."""
    plain = whole(width_px, height_px)
    views = [plain, View(plain.window_xywh_px, is_mirrored=True)]
    for _ in range(num_zooms):
        share, is_mirrored = generator.uniform(*ZOOM_SHARES), bool(generator.random() < 0.5)
        size_wh = round(share * width_px), round(share * height_px)
        centre_xy = generator.random(2) * (width_px, height_px)
        if annotations:
            left, top, width, height = annotations[generator.integers(len(annotations))].box_xywh_px or (0, 0, 0, 0)
            centre_xy = np.array([left + width / 2, top + height / 2])
        corner_xy = centre_xy - generator.uniform(0.2, 0.8, 2) * size_wh
        left, top = np.clip(corner_xy, 0, (width_px - size_wh[0], height_px - size_wh[1])).astype(int).tolist()
        views.append(View((left, top, *size_wh), is_mirrored))
    return views


def canvas_of(rgb_u8: UInt8[np.ndarray, "h w 3"], view: View, side_px: int) -> UInt8[np.ndarray, "s s 3"]:
    """Show a view of a picture on a canvas."""
    left, top, width, height = view.window_xywh_px
    part = rgb_u8[top : top + height, left : left + width]
    scale = side_px / view.longest_px
    size_wh = max(1, round(width * scale)), max(1, round(height * scale))
    part = cv2.resize(part, size_wh, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR)
    canvas = np.full((side_px, side_px, 3), GREY_U8, np.uint8)
    canvas[: size_wh[1], : size_wh[0]] = part[:, ::-1] if view.is_mirrored else part
    return canvas


def labels_in(annotations: Sequence[CocoAnnotation], view: View, class_of: dict[int, int]) -> Labels:
    """Say what is to be found in a view; boxes end where it ends.

    Args:
        annotations: Of the picture.
        view: Part of it.
        class_of: Number of each category id.
    """
    left, top, width, height = view.window_xywh_px
    boxes, classes, ignored = [], [], []
    for annotation in annotations:
        x, y, box_width, box_height = annotation.box_xywh_px or (0, 0, 0, 0)
        low_x, low_y = max(x - left, 0), max(y - top, 0)
        high_x, high_y = min(x + box_width - left, width), min(y + box_height - top, height)
        if min(high_x - low_x, high_y - low_y) <= 0:
            continue
        centre_x = (low_x + high_x) / 2
        centre_x = width - centre_x if view.is_mirrored else centre_x
        box_px = centre_x, (low_y + high_y) / 2, high_x - low_x, high_y - low_y
        box = [value / view.longest_px for value in box_px]
        seen = (high_x - low_x) * (high_y - low_y) / (box_width * box_height)
        if annotation.is_crowd or seen < MIN_SEEN:
            ignored.append(box)
        else:
            boxes.append(box)
            classes.append(class_of[annotation.category_id])
    as_boxes = (torch.tensor(found, dtype=torch.float32).reshape(-1, 4) for found in (boxes, ignored))
    boxes_cxcywh, ignored_cxcywh = as_boxes
    return Labels(boxes_cxcywh, torch.tensor(classes, dtype=torch.long), ignored_cxcywh)
