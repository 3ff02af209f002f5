"""The true place of one triple on the model's grid: what every method is asked for."""

import math
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Bool

from situate.evaluation.baselines import Position
from situate.evaluation.placement import letterbox_of
from situate.geometry.canvas import BoxCxcywh, Letterbox, position_of
from situate.nn.distribution import LOG_HEIGHT_RANGE, PlacementDistribution
from situate.records.triple import Triple


@dataclass(frozen=True)
class Target:
    """One true place.

    Attributes:
        letterbox: How the picture lies on the canvas.
        box_cxcywh: The true box, fractions of the picture.
        position: Its anchor and log height on the canvas, moved to the nearest that a model can answer.
        is_moved: Whether they had to be moved.
        cell: Row and column of the anchor's cell.
        is_picture: Which cells hold some of the picture.
        cell_area: Area of the picture in that cell, as a share of the canvas.
    """

    letterbox: Letterbox
    box_cxcywh: BoxCxcywh
    position: Position
    is_moved: bool
    cell: tuple[int, int]
    is_picture: Bool[np.ndarray, "gh gw"]
    cell_area: float

    @property
    def picture_area(self) -> float:
        """Area of the picture as a share of the canvas."""
        left, top, right, bottom = self.letterbox.content_xyxy
        return (right - left) * (bottom - top)


def target_of(triple: Triple, distribution: PlacementDistribution) -> Target:
    """Find the true place on the grid of a model's answer."""
    letterbox = letterbox_of(triple)
    position, is_moved = _answerable(position_of(letterbox.box_to_canvas(triple.box_cxcywh)), letterbox)
    row, column = (int(part[0]) for part in distribution.cell_of(torch.tensor([position])))
    extent = distribution.high_xy[0, row, column] - distribution.low_xy[0, row, column]
    return Target(
        letterbox=letterbox,
        box_cxcywh=triple.box_cxcywh,
        position=position,
        is_moved=is_moved,
        cell=(row, column),
        is_picture=distribution.cell_log_prob[0].isfinite().cpu().numpy(),
        cell_area=float(extent.double().prod()),
    )


_EDGE = 1e-3
"""Share of the canvas: an anchor on the picture's border belongs to the cell inside."""


def _answerable(position: Position, letterbox: Letterbox) -> tuple[Position, bool]:
    left, top, right, bottom = letterbox.content_xyxy
    ranges = (left, right - _EDGE), (top, bottom - _EDGE), LOG_HEIGHT_RANGE
    x, y, log_height = (min(max(value, low), high) for value, (low, high) in zip(position, ranges, strict=True))
    is_moved = max(abs(x - position[0]), abs(y - position[1])) > 2 * _EDGE or not math.isclose(log_height, position[2])
    return (x, y, log_height), is_moved
