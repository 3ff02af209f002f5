"""A detector on frozen features: a small feature pyramid, a map of objects' centres, and sizes and offsets beside it.

Source:
    Zhou et al., Objects as Points (2019): the map and its loss. Liu et al., Training-Time-Friendly Network (2020): a
    Gaussian with the box's own shape, and boxes that learn from all cells near the centre. Lin et al., Feature Pyramid
    Networks (2017).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
import torch.nn.functional as F  # noqa: N812
from jaxtyping import Float, Int
from torch import Tensor, nn

from detector.views import Labels
from situate.geometry.boxes import cxcywh_to_xyxy
from situate.nn.pretrained import CHANNELS

SIGMA_SHARE = 0.09
"""Standard deviation of the Gaussian as a share of the box's side: 0.54 / 6, as TTFNet has it."""
MIN_SIGMA_CELLS = 0.4
MIN_WEIGHT = 0.3
"""Cells where the Gaussian is lower teach no box."""
PRIOR_LOGIT = -2.19
"""Every cell starts with a chance of 0.1, as CenterNet has it."""
NUM_GROUPS = 8
MIN_SPREAD = 1e-3
Levels = tuple[Tensor, Tensor, Tensor]


@dataclass(frozen=True)
class Maps:
    """What the network says of each cell, or what it should say.

    Attributes:
        heat: Logits; as a target, 1 at centres and a Gaussian around them.
        box: Offset of the centre from the cell's middle in cells (x, y); log of the box's width and height in cells.
    """

    heat: Float[Tensor, "b classes g g"]
    box: Float[Tensor, "b 4 g g"]


@dataclass(frozen=True)
class Target:
    """Maps to be learnt, and how much each cell counts.

    Attributes:
        maps: What is right.
        box_weight: How much a cell's box counts; an object's cells have 1 together.
        heat_weight: 0 where a finding is neither right nor wrong, else 1.
        num_objects: In all pictures.
    """

    maps: Maps
    box_weight: Float[Tensor, "b 1 g g"]
    heat_weight: Float[Tensor, "b 1 g g"]
    num_objects: int


@dataclass(frozen=True)
class Found:
    """Boxes found in one picture, the surest first; `boxes_cxcywh` are fractions of the canvas."""

    boxes_cxcywh: Float[Tensor, "k 4"]
    scores: Float[Tensor, " k"]
    classes: Int[Tensor, " k"]


class Detector(nn.Module):
    """Neck and heads; the frozen features are brought to mean 0 and spread 1, channel by channel."""

    def __init__(self, num_classes: int, width: int, dropout: float) -> None:
        super().__init__()
        for name, channels in zip(("fine", "middle", "coarse"), CHANNELS.values(), strict=True):
            self.register_buffer(f"{name}_mean", torch.zeros(channels, 1, 1))
            self.register_buffer(f"{name}_spread", torch.ones(channels, 1, 1))
        self.lateral = nn.ModuleList([nn.Conv2d(channels, width, 1) for channels in CHANNELS.values()])
        self.smooth_middle, self.smooth_fine = _block(width), _block(width)
        self.dropout = nn.Dropout2d(dropout)
        self.heat, self.box = _head(width, num_classes), _head(width, 4)
        nn.init.constant_(self.heat[-1].bias, PRIOR_LOGIT)
        self.to(memory_format=torch.channels_last)

    def settle(self, examples: Sequence[Levels]) -> None:
        """Take the channels' means and spreads from these features."""
        for name, levels in zip(("fine", "middle", "coarse"), zip(*examples, strict=True), strict=True):
            values = torch.stack(levels).float()
            getattr(self, f"{name}_mean").copy_(values.mean((0, 2, 3))[:, None, None])
            getattr(self, f"{name}_spread").copy_(values.std((0, 2, 3)).clamp(min=MIN_SPREAD)[:, None, None])

    def forward(self, levels: Levels) -> Maps:
        """Return maps at stride 8 from features at strides 8, 16 and 32."""
        means, spreads = self._statistics("mean"), self._statistics("spread")
        normal = [(level.float() - mean) / spread for level, mean, spread in zip(levels, means, spreads, strict=True)]
        fine, middle, coarse = (layer(self.dropout(level)) for layer, level in zip(self.lateral, normal, strict=True))
        middle = self.smooth_middle(middle + F.interpolate(coarse, scale_factor=2.0))
        fine = self.smooth_fine(fine + F.interpolate(middle, scale_factor=2.0))
        return Maps(self.heat(fine).float(), self.box(fine).float())

    def _statistics(self, which: str) -> list[Tensor]:
        return [self.get_buffer(f"{name}_{which}") for name in ("fine", "middle", "coarse")]


def _block(width: int) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(width, width, 3, padding=1, bias=False), nn.GroupNorm(NUM_GROUPS, width), nn.ReLU(inplace=True)
    )


def _head(width: int, channels: int) -> nn.Sequential:
    return nn.Sequential(_block(width), nn.Conv2d(width, channels, 1))


def encode(labels: Sequence[Labels], num_classes: int, grid: int) -> Target:
    """Return what a batch of pictures should look like to the detector; a smaller object hides a larger one."""
    batch = len(labels)
    heat, box = torch.zeros(batch, num_classes, grid, grid), torch.zeros(batch, 4, grid, grid)
    box_weight, heat_weight = torch.zeros(batch, 1, grid, grid), torch.ones(batch, 1, grid, grid)
    cells = torch.arange(grid)
    for number, one in enumerate(labels):
        for left, top, right, bottom in (cxcywh_to_xyxy(one.ignored_cxcywh) * grid).tolist():
            heat_weight[number, :, int(top) : int(bottom) + 1, int(left) : int(right) + 1] = 0
        for index in one.boxes_cxcywh[:, 2:].prod(-1).argsort(descending=True).tolist():
            centre_xy, size_wh = (one.boxes_cxcywh[index] * grid).split(2)
            cell_xy = centre_xy.floor().clamp(0, grid - 1)
            sigma = (SIGMA_SHARE * size_wh).clamp(min=MIN_SIGMA_CELLS)
            x_term, y_term = (-((cells - cell_xy[axis]) ** 2) / (2 * sigma[axis] ** 2) for axis in range(2))
            gaussian = (x_term[None, :] + y_term[:, None]).exp()
            class_heat = heat[number, one.classes[index]]
            torch.maximum(class_heat, gaussian, out=class_heat)
            near = gaussian >= MIN_WEIGHT
            x_cells, y_cells = torch.meshgrid(cells, cells, indexing="xy")
            offset = torch.stack([centre_xy[0] - x_cells - 0.5, centre_xy[1] - y_cells - 0.5])
            box[number, :2, near] = offset[:, near]
            box[number, 2:, near] = size_wh.log()[:, None].expand(2, int(near.sum()))
            box_weight[number, 0, near] = gaussian[near] / gaussian[near].sum()
    return Target(Maps(heat, box), box_weight, heat_weight, sum(len(one.classes) for one in labels))


def loss_of(maps: Maps, target: Target, box_factor: float) -> Float[Tensor, ""]:
    """Focal loss of the map of centres and L1 of the boxes, both per object."""
    heat, chance = target.maps.heat, maps.heat.sigmoid()
    at_centre = (1 - chance) ** 2 * F.logsigmoid(maps.heat) * (heat == 1)
    elsewhere = (1 - heat) ** 4 * chance**2 * F.logsigmoid(-maps.heat) * (heat < 1)
    num_objects = max(target.num_objects, 1)
    focal = -((at_centre + elsewhere) * target.heat_weight).sum() / num_objects
    distance = ((maps.box - target.maps.box).abs() * target.box_weight).sum() / num_objects
    return focal + box_factor * distance


def decode(maps: Maps, max_found: int) -> list[Found]:
    """Return the boxes at the peaks of each picture's map."""
    grid = maps.heat.shape[-1]
    chance = maps.heat.sigmoid()
    peaks = chance * (F.max_pool2d(chance, 3, stride=1, padding=1) == chance)
    scores, places = peaks.flatten(1).topk(min(max_found, peaks[0].numel()))
    classes, cells = places // grid**2, places % grid**2
    found = []
    for number in range(len(scores)):
        cell = cells[number]
        offset_x, offset_y, log_width, log_height = maps.box[number].flatten(1)[:, cell]
        centre_x, centre_y = cell % grid + 0.5 + offset_x, cell // grid + 0.5 + offset_y
        boxes_cxcywh = torch.stack([centre_x, centre_y, log_width.exp(), log_height.exp()], -1) / grid
        found.append(Found(boxes_cxcywh, scores[number], classes[number]))
    return found
