"""The trunk that all methods begin with: frozen features become tokens, and both pictures are fused."""

from typing import NamedTuple

import torch.nn.functional as F  # noqa: N812
from jaxtyping import Float
from torch import Tensor, nn

from peers.config import PeerConfig
from peers.features import COARSE_CHANNELS, TOKEN_CHANNELS, EncodedPairs
from situate.nn.fusion import Fusion
from situate.nn.layers import position_embedding, sinusoidal_embedding
from situate.nn.pretrained import TOKEN_STRIDE


class Fused(NamedTuple):
    """What the trunk says of some pairs."""

    tokens: Float[Tensor, "b n d"]
    foreground_tokens: Float[Tensor, "b m d"]

    @property
    def pooled(self) -> tuple[Float[Tensor, "b d"], Float[Tensor, "b d"]]:
        """The means of background and foreground."""
        return self.tokens.mean(1), self.foreground_tokens.mean(1)


class TokenProjection(nn.Module):
    """Tokens of stride 16 that also know what stride 32 saw, with their places; as `PretrainedEncoder` makes them."""

    def __init__(self, size: int, width: int) -> None:
        """Project features of a `size` x `size` canvas to tokens of `width`."""
        super().__init__()
        # Frozen features are not of one scale, unlike those of an encoder that learns.
        self.middle = nn.Sequential(nn.GroupNorm(1, TOKEN_CHANNELS + 1), nn.Conv2d(TOKEN_CHANNELS + 1, width, 1))
        self.coarse = nn.Sequential(nn.GroupNorm(1, COARSE_CHANNELS), nn.Conv2d(COARSE_CHANNELS, width, 1))
        side = size // TOKEN_STRIDE
        self.register_buffer("places", position_embedding((side, side), width), persistent=False)

    def forward(self, middle: Float[Tensor, "b 113 h w"], coarse: Float[Tensor, "b 320 ch cw"]) -> Tensor:
        """Return a token for each cell of stride 16."""
        wide = F.interpolate(self.coarse(coarse), size=middle.shape[-2:], mode="bilinear", align_corners=False)
        return (self.middle(middle) + wide).flatten(2).transpose(1, 2) + self.places


class Trunk(nn.Module):
    """The same layers for every method; each trains its own copy."""

    def __init__(self, config: PeerConfig) -> None:
        """Make the layers with fresh parameters."""
        super().__init__()
        self.width = config.width
        self.background = TokenProjection(config.background_size, config.width)
        self.foreground = TokenProjection(config.foreground_size, config.width)
        self.aspect_embedding = nn.Linear(config.width, config.width)
        self.fusion = Fusion(config.width, config.num_layers, config.num_heads, pool=config.pool)

    def forward(self, pairs: EncodedPairs) -> Fused:
        """Fuse both pictures."""
        # log(width / height) in [-4, 4] becomes a value in [0, 1].
        aspect = sinusoidal_embedding((pairs.log_aspect / 8 + 0.5).clamp(0, 1), self.width)
        foreground_tokens = self.foreground(pairs.foreground_middle, pairs.foreground_coarse)
        foreground_tokens = foreground_tokens + self.aspect_embedding(aspect)[:, None]
        tokens = self.fusion(self.background(pairs.middle, pairs.coarse), foreground_tokens)
        return Fused(tokens.float(), foreground_tokens.float())
