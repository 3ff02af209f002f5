"""A dense heat map with one size for each cell, in the manner of TopNet and FOPA."""

import torch
import torch.nn.functional as F  # noqa: N812
from jaxtyping import Float
from torch import Tensor

from peers.config import PeerConfig
from peers.dense import DenseHead
from peers.features import EncodedPairs
from peers.method import MODEL, NUM_PLACES, Answer, Method, flat_distribution
from peers.places import boxes_of
from situate.geometry.boxes import cxcywh_to_xyxy, fraction_inside
from situate.nn.distribution import LOG_HEIGHT_RANGE
from situate.nn.lattice import SAME_PLACE_IOU
from situate.nn.overlap import covering
from situate.records.constraints import MIN_INSIDE

TARGET_SIGMA_CELLS = 1.0
"""Spread of the softened target."""
_MIDDLE, _HALF = sum(LOG_HEIGHT_RANGE) / 2, (LOG_HEIGHT_RANGE[1] - LOG_HEIGHT_RANGE[0]) / 2


class Heatmap(Method):
    """Every cell is scored against all others of its picture; one size and one offset are regressed for each cell.

    The map is of the anchor, not of the centre as in TopNet: where an object touches the ground decides its size, and
    the suite's cell figures are of the anchor.

    Source:
        Zhu et al., TopNet (2023), and Niu et al., Fast Object Placement Assessment (2022): all places in one pass,
        background tokens attend to the foreground. TopNet contrasts the true cell with the other cells by margins;
        here softmax cross-entropy does, which is also a probability. The softened target, and one size and offset at
        each cell with L1 loss at the true one, are of Zhou et al., Objects as Points (2019), whose maps are of
        independent sigmoids. TopNet and FOPA score 16 sizes for each place; here it is one.
    """

    has_map = True

    def __init__(self, config: PeerConfig) -> None:
        """Make trunk and head: a logit, an offset in cells and a log height."""
        super().__init__(config)
        self.head = DenseHead(config, 4)

    def losses(self, pairs: EncodedPairs, generator: torch.Generator) -> dict[str, Float[Tensor, ""]]:
        """Cross-entropy with the softened target, and L1 of offset (cells) and log height at the true cell."""
        cell_log_prob, position = self._map(pairs)
        target = _softened(pairs.position, cell_log_prob)
        crossed = -(target * cell_log_prob.masked_fill(target == 0, 0.0)).sum((1, 2)).mean()
        row, column = flat_distribution(pairs, self.config).cell_of(pairs.position)
        at_truth = position[torch.arange(len(pairs)), row, column]
        error = (at_truth - pairs.position).abs() * torch.tensor([position.shape[2], position.shape[1], 1.0])
        return {MODEL: crossed + error.sum(-1).mean()}

    def answers(self, pairs: EncodedPairs, generator: torch.Generator) -> list[Answer]:
        """The highest cell, and those that together hold most of the map, as a density's places do."""
        cell_log_prob, position = self._map(pairs)
        found = []
        for number in range(len(pairs)):
            places = position[number].flatten(0, 1)
            corners = cxcywh_to_xyxy(boxes_of(places[None], pairs.log_aspect[number : number + 1])[0])
            is_inside = fraction_inside(corners, pairs.content_xyxy[number]) >= MIN_INSIDE
            scores = cell_log_prob[number].flatten()
            scores = scores.where(is_inside, -torch.inf) if (is_inside & scores.isfinite()).any() else scores
            found.append(Answer(places[_peaks(scores, corners)], cell_log_prob[number]))
        return found

    def _map(self, pairs: EncodedPairs) -> tuple[Float[Tensor, "b gh gw"], Float[Tensor, "b gh gw 3"]]:
        values = self.head(pairs, self.trunk(pairs)).permute(0, 2, 3, 1)
        _, rows, columns, _ = values.shape
        is_picture = flat_distribution(pairs, self.config).cell_log_prob.isfinite()
        logits = values[..., 0].masked_fill(~is_picture, -torch.inf)
        cell_log_prob = logits.flatten(1).log_softmax(-1).view_as(logits)
        y, x = torch.meshgrid(torch.arange(rows) + 0.5, torch.arange(columns) + 0.5, indexing="ij")
        anchor_x, anchor_y = (x + values[..., 1]) / columns, (y + values[..., 2]) / rows
        log_height = (_MIDDLE + _HALF * values[..., 3]).clamp(*LOG_HEIGHT_RANGE)
        return cell_log_prob, torch.stack([anchor_x, anchor_y, log_height], dim=-1)


def _softened(position: Float[Tensor, "b 3"], cell_log_prob: Float[Tensor, "b gh gw"]) -> Float[Tensor, "b gh gw"]:
    """A Gaussian round each true anchor over the picture's cells; sums to 1."""
    _, rows, columns = cell_log_prob.shape
    x = position[:, 0, None] * columns - (torch.arange(columns) + 0.5)
    y = position[:, 1, None] * rows - (torch.arange(rows) + 0.5)
    squares = y[:, :, None] ** 2 + x[:, None, :] ** 2
    logits = (-squares / (2 * TARGET_SIGMA_CELLS**2)).masked_fill(cell_log_prob.isinf(), -torch.inf)
    return F.softmax(logits.flatten(1), dim=-1).view_as(cell_log_prob)


def _peaks(scores: Float[Tensor, " n"], corners: Float[Tensor, "n 4"]) -> list[int]:
    """The best cell and those whose boxes cover most of the map beside its; none overlaps another as one place does."""
    order = scores.argsort(descending=True, stable=True)[: int(scores.isfinite().sum())]
    edges, mass = corners[order].T.contiguous(), scores[order].exp()
    return order[covering(corners[order], edges, mass, NUM_PLACES, share=SAME_PLACE_IOU)].tolist()
