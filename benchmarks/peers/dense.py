"""The head of methods that answer for each cell of a fine grid; both have the same."""

from jaxtyping import Float
from torch import Tensor, nn

from peers.config import PeerConfig
from peers.features import FINE_CHANNELS, EncodedPairs
from peers.trunk import Fused
from situate.nn.features import Features
from situate.nn.head import FineHead


class DenseHead(nn.Module):
    """Fused tokens meet the background's features of stride 8."""

    def __init__(self, config: PeerConfig, num_parameters: int) -> None:
        """Answer with `num_parameters` numbers for each cell."""
        super().__init__()
        self.fine = nn.Sequential(nn.GroupNorm(1, FINE_CHANNELS), nn.Conv2d(FINE_CHANNELS, config.head_channels, 1))
        self.head = FineHead(config.width, config.head_channels, config.head_blocks, num_parameters)

    def forward(self, pairs: EncodedPairs, fused: Fused) -> Float[Tensor, "b p gh gw"]:
        """Return the numbers of each cell."""
        background = Features(fused.tokens, self.fine(pairs.fine))
        return self.head(fused.tokens, background, Features(fused.foreground_tokens)).float()
