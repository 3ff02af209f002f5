"""What the training loop and the evaluation know of a method."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor, nn

from peers.config import PeerConfig
from peers.features import EncodedPairs
from peers.trunk import Trunk
from situate.nn.distribution import NUM_PARAMETERS, PlacementDistribution, distribution_from
from situate.nn.pretrained import FINE_STRIDE

NUM_PLACES = 5
MODEL, DISCRIMINATOR = "model", "discriminator"
"""Players: who has a loss of its own."""


@dataclass(frozen=True)
class Answer:
    """What a method says of one pair.

    Attributes:
        positions: 1 to `NUM_PLACES` positions on the canvas, best first.
        cell_log_prob: Log probability of the anchor's cell, where the method has a map.
        log_prob: Log density of the true position, where the method has a density.
    """

    positions: Float[Tensor, "k 3"]
    cell_log_prob: Float[Tensor, "gh gw"] | None = None
    log_prob: float | None = None


class Method(nn.Module, ABC):
    """A trunk and a head; abstract."""

    has_map = False
    betas = (0.9, 0.999)
    """Of AdamW."""

    def __init__(self, config: PeerConfig) -> None:
        """Make the trunk; heads are their methods'."""
        super().__init__()
        self.config = config
        self.trunk = Trunk(config)

    @abstractmethod
    def losses(self, pairs: EncodedPairs, generator: torch.Generator) -> dict[str, Float[Tensor, ""]]:
        """Return the loss of each player; `generator` draws latents."""

    @abstractmethod
    def answers(self, pairs: EncodedPairs, generator: torch.Generator) -> list[Answer]:
        """Answer for each pair; `generator` draws boxes."""

    def players(self) -> dict[str, list[nn.Parameter]]:
        """Return whose parameters each loss trains; by default there is one player."""
        return {MODEL: list(self.parameters())}

    def settle(self, validation: Sequence[EncodedPairs]) -> None:
        """Take from the validation pairs what training cannot know; by default nothing."""


def flat_distribution(pairs: EncodedPairs, config: PeerConfig) -> PlacementDistribution:
    """Each of the picture's cells is as likely as any other: says which cells there are, and which are picture."""
    side = config.background_size // FINE_STRIDE
    return distribution_from(torch.zeros(len(pairs), NUM_PARAMETERS, side, side), pairs.content_xyxy)


def small_head(in_width: int, width: int, num_outputs: int) -> nn.Sequential:
    """Two hidden layers, as the generators and discriminators of PlaceNet and GracoNet have."""
    return nn.Sequential(
        nn.Linear(in_width, width),
        nn.LayerNorm(width),
        nn.GELU(),
        nn.Linear(width, width),
        nn.LayerNorm(width),
        nn.GELU(),
        nn.Linear(width, num_outputs),
    )
