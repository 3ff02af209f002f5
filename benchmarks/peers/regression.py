"""One box, regressed directly."""

from collections.abc import Sequence

import torch
import torch.nn.functional as F  # noqa: N812
from jaxtyping import Float
from torch import Tensor

from peers.config import PeerConfig
from peers.features import EncodedPairs, joined
from peers.method import MODEL, NUM_PLACES, Answer, Method, small_head
from peers.places import position_of_unit, unit_of

_BETA = 0.1
"""Where the smooth L1 loss turns from square to straight, in the unit cube."""


class Regression(Method):
    """Anchor and log height from pooled tokens.

    It has one answer. Boxes 2 to 5 are drawn around it with the standard deviations of its residuals on validation, so
    that best-of-five figures do not count against it.
    """

    def __init__(self, config: PeerConfig) -> None:
        """Make trunk and head."""
        super().__init__(config)
        self.head = small_head(2 * config.width, config.width, 3)
        self.register_buffer("spread", torch.zeros(3))

    def losses(self, pairs: EncodedPairs, generator: torch.Generator) -> dict[str, Float[Tensor, ""]]:
        """Smooth L1 in the unit cube (Girshick, Fast R-CNN, 2015, equation 3, with `_BETA`)."""
        truth = unit_of(pairs.position, pairs.content_xyxy)
        return {MODEL: F.smooth_l1_loss(self._unit(pairs), truth, beta=_BETA) / _BETA}

    def answers(self, pairs: EncodedPairs, generator: torch.Generator) -> list[Answer]:
        """The regressed box, then draws around it."""
        offset = torch.randn(len(pairs), NUM_PLACES, 3, generator=generator) * self.spread
        offset[:, 0] = 0
        unit = (self._unit(pairs)[:, None] + offset).clamp(0, 1)
        return [Answer(positions) for positions in position_of_unit(unit, pairs.content_xyxy)]

    @torch.inference_mode()
    def settle(self, validation: Sequence[EncodedPairs]) -> None:
        """Measure the residuals."""
        pairs = joined(validation)
        self.spread.copy_((self._unit(pairs) - unit_of(pairs.position, pairs.content_xyxy)).square().mean(0).sqrt())

    def _unit(self, pairs: EncodedPairs) -> Float[Tensor, "b 3"]:
        return self.head(torch.cat(self.trunk(pairs).pooled, dim=1)).float().sigmoid()
