"""Ours: an exact density over anchor and height."""

import torch
from jaxtyping import Float
from torch import Tensor

from peers.config import PeerConfig
from peers.dense import DenseHead
from peers.features import EncodedPairs
from peers.method import MODEL, NUM_PLACES, Answer, Method
from situate.geometry.canvas import Letterbox
from situate.nn.candidates import top_k
from situate.nn.distribution import NUM_PARAMETERS, PlacementDistribution, distribution_from
from situate.nn.lattice import lattice_of


class Density(Method):
    """The head of `situate.nn.placement` on the common trunk; its loss is the negative log-likelihood."""

    has_map = True

    def __init__(self, config: PeerConfig) -> None:
        """Make trunk and head."""
        super().__init__(config)
        self.head = DenseHead(config, NUM_PARAMETERS)

    def losses(self, pairs: EncodedPairs, generator: torch.Generator) -> dict[str, Float[Tensor, ""]]:
        """Negative log density of the true positions."""
        return {MODEL: -self._distribution(pairs).log_prob_terms(pairs.position).total.mean()}

    def answers(self, pairs: EncodedPairs, generator: torch.Generator) -> list[Answer]:
        """The likeliest places that do not overlap, as composing finds them."""
        distribution = self._distribution(pairs)
        log_prob = distribution.log_prob_terms(pairs.position).total
        found = []
        for number in range(len(pairs)):
            one = distribution.part(torch.arange(len(pairs)) == number)
            letterbox = Letterbox(*(int(side_px) for side_px in pairs.picture_wh[number]))
            lattice = lattice_of(one, pairs.log_aspect[number : number + 1], letterbox)
            boxes_cxcywh = torch.tensor([place.box_cxcywh for place in top_k(lattice, NUM_PLACES)])
            cx, cy, _, height = boxes_cxcywh.unbind(-1)
            positions = torch.stack([cx, cy + height / 2, height.log()], dim=-1)
            found.append(Answer(positions, one.cell_log_prob[0], float(log_prob[number])))
        return found

    def _distribution(self, pairs: EncodedPairs) -> PlacementDistribution:
        return distribution_from(self.head(pairs, self.trunk(pairs)), pairs.content_xyxy)
