"""Positions on the canvas, the unit cube that box regressors answer in, and the last step of every answer."""

import torch
from jaxtyping import Float
from torch import Tensor

from situate.geometry.canvas import box_of
from situate.nn.distribution import LOG_HEIGHT_RANGE

_LOW, _HIGH = LOG_HEIGHT_RANGE


def unit_of(position: Float[Tensor, "b *k 3"], content_xyxy: Float[Tensor, "b 4"]) -> Float[Tensor, "b *k 3"]:
    """Anchor as fractions of the picture, log height as a fraction of its range."""
    low, extent = _bounds(content_xyxy, position.dim())
    return (position - low) / extent


def position_of_unit(unit: Float[Tensor, "b *k 3"], content_xyxy: Float[Tensor, "b 4"]) -> Float[Tensor, "b *k 3"]:
    """Undo `unit_of`."""
    low, extent = _bounds(content_xyxy, unit.dim())
    return low + unit * extent


def moved_inside(
    position: Float[Tensor, "b k 3"], content_xyxy: Float[Tensor, "b 4"], log_aspect: Float[Tensor, " b"]
) -> Float[Tensor, "b k 3"]:
    """Shrink boxes that are larger than the picture, and move those that stick out of it.

    Every method's boxes end so: GracoNet's and PlaceNet's cannot stick out either.
    """
    left, top, right, bottom = content_xyxy[:, :, None].unbind(1)
    aspect = log_aspect.exp()[:, None]
    tallest = torch.minimum(bottom - top, (right - left) / aspect)
    height = torch.minimum(position[..., 2].exp(), tallest)
    half_width = height * aspect / 2
    x = torch.minimum(torch.maximum(position[..., 0], left + half_width), right - half_width)
    y = torch.minimum(torch.maximum(position[..., 1], top + height), bottom)
    return torch.stack([x, y, height.log()], dim=-1)


def boxes_of(position: Float[Tensor, "b k 3"], log_aspect: Float[Tensor, " b"]) -> Float[Tensor, "b k 4"]:
    """Boxes on the canvas."""
    return box_of(position, log_aspect[:, None].expand(position.shape[:2]))


def _bounds(content_xyxy: Float[Tensor, "b 4"], num_axes: int) -> tuple[Tensor, Tensor]:
    height = torch.full_like(content_xyxy[:, :1], 1.0)
    low = torch.cat([content_xyxy[:, :2], height * _LOW], dim=1)
    high = torch.cat([content_xyxy[:, 2:], height * _HIGH], dim=1)
    shape = (-1, *(1 for _ in range(num_axes - 2)), 3)
    return low.view(shape), (high - low).view(shape)
