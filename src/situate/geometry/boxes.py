"""Boxes and their converters. `cxcywh` and `xyxy` are fractions of a canvas; `_px` are pixels."""

import torch
from jaxtyping import Float
from torch import Tensor


def cxcywh_to_xyxy(box_cxcywh: Float[Tensor, "*b 4"]) -> Float[Tensor, "*b 4"]:
    """Corners from centre and size."""
    cx, cy, w, h = box_cxcywh.unbind(-1)
    return torch.stack([cx - w / 2, cy - h / 2, cx + w / 2, cy + h / 2], dim=-1)


def xywh_px_to_cxcywh(
    box_xywh_px: tuple[float, float, float, float], resolution_wh: tuple[int, int]
) -> tuple[float, float, float, float]:
    """Fractions from left, top, width, height in pixels of a picture of `resolution_wh`."""
    left, top, width, height = box_xywh_px
    picture_width, picture_height = resolution_wh
    return (
        (left + width / 2) / picture_width,
        (top + height / 2) / picture_height,
        width / picture_width,
        height / picture_height,
    )


def iou(box_xyxy: Float[Tensor, "*#b 4"], other_xyxy: Float[Tensor, "*#b 4"]) -> Float[Tensor, "*#b"]:
    """Intersection over union of boxes that broadcast against each other; 0 for boxes that only touch."""
    low = torch.maximum(box_xyxy[..., :2], other_xyxy[..., :2])
    high = torch.minimum(box_xyxy[..., 2:], other_xyxy[..., 2:])
    intersection = (high - low).clamp(min=0).prod(-1)
    union = _area(box_xyxy) + _area(other_xyxy) - intersection
    return intersection / union.clamp(min=torch.finfo(union.dtype).tiny)


def fraction_inside(box_xyxy: Float[Tensor, "*#b 4"], region_xyxy: Float[Tensor, "*#b 4"]) -> Float[Tensor, "*#b"]:
    """Share of each box's area that lies inside the region; both broadcast against each other."""
    low = torch.maximum(box_xyxy[..., :2], region_xyxy[..., :2])
    high = torch.minimum(box_xyxy[..., 2:], region_xyxy[..., 2:])
    area = _area(box_xyxy)
    return (high - low).clamp(min=0).prod(-1) / area.clamp(min=torch.finfo(area.dtype).tiny)


def _area(box_xyxy: Tensor) -> Tensor:
    return (box_xyxy[..., 2:] - box_xyxy[..., :2]).clamp(min=0).prod(-1)
