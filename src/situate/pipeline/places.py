"""Where one object may go in one picture: ranked places and the heat map behind them."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float, UInt8
from torch import Tensor

from situate.geometry.canvas import Letterbox
from situate.nn.lattice import Lattice
from situate.records.picture import Picture
from situate.records.placement import Placement


@dataclass(frozen=True)
class RankedPlaces:
    """Where one object may go in one picture.

    Attributes:
        background: The picture; with earlier objects in it, where several are placed.
        foreground: The trimmed cut-out, 8 bits.
        placements: Places, best first.
        lattice: The distribution that they come from, under the constraints.
    """

    background: Picture
    foreground: UInt8[np.ndarray, "fh fw 4"]
    placements: Sequence[Placement]
    lattice: Lattice

    @property
    def heatmap(self) -> Float[np.ndarray, "h w"]:
        """Each pixel's share of the anchor's probability, sums to 1."""
        return heatmap_in_picture(self.lattice.heatmap, self.lattice.letterbox)


def heatmap_in_picture(cells: Float[Tensor, "gh gw"], letterbox: Letterbox) -> Float[np.ndarray, "h w"]:
    """Resample cell probabilities from the canvas to the picture; sums to 1.

    Args:
        cells: Probability of each cell.
        letterbox: How the picture lies on the canvas.
    """
    left, top, right, bottom = letterbox.content_xyxy
    x = _pixels_between(left, right, letterbox.width_px, cells.shape[1])
    y = _pixels_between(top, bottom, letterbox.height_px, cells.shape[0])
    places = torch.stack(torch.meshgrid(x, y, indexing="xy"), dim=-1)[None] * 2 - 1
    resampled = torch.nn.functional.grid_sample(
        cells[None, None].float().cpu(), places, mode="bilinear", padding_mode="border", align_corners=False
    )
    heatmap = resampled[0, 0].numpy()
    return heatmap / heatmap.sum()


def _pixels_between(low: float, high: float, num_pixels: int, num_cells: int) -> Float[Tensor, " n"]:
    """Where pixels lie on the canvas, kept between the centres of the first and the last cell that hold picture.

    Cells of the padding are 0; mixing them in would dim the picture's edge.
    """
    first, last = math.floor(low * num_cells + _SLIVER), math.ceil(high * num_cells - _SLIVER) - 1
    places = low + (torch.arange(num_pixels) + 0.5) / num_pixels * (high - low)
    return places.clamp((first + 0.5) / num_cells, (max(first, last) + 0.5) / num_cells)


_SLIVER = 2e-3
"""Share of a cell; one that holds no more of the picture than that is padding."""
