"""Heads that read the parameters of a density from fused tokens: one vector for each cell of a grid."""

import math

import torch.nn.functional as F  # noqa: N812
from einops import rearrange, reduce
from jaxtyping import Float
from torch import Tensor, nn

from situate.nn.features import Features
from situate.nn.layers import GROUP_CHANNELS, ResBlock


class TokenHead(nn.ModuleList):
    """A cell is a token."""

    def __init__(self, width: int, num_parameters: int) -> None:
        """Read `num_parameters` from tokens of `width`."""
        super().__init__([nn.Linear(width, width), nn.GELU(), nn.Linear(width, num_parameters)])

    def forward(
        self, fused_tokens: Float[Tensor, "b n d"], background: Features, foreground: Features
    ) -> Float[Tensor, "b p gh gw"]:
        """Return the parameters of each cell."""
        parameters = fused_tokens
        for layer in self:
            parameters = layer(parameters)
        return rearrange(parameters, "b (gh gw) p -> b p gh gw", gh=math.isqrt(fused_tokens.shape[1]))


class FineHead(nn.Module):
    """A cell is smaller than a token: what tokens know of the scene meets what the encoder saw of its detail.

    Blocks of convolutions in between listen to the foreground, as those of the synthesis network to the time.
    """

    def __init__(self, width: int, channels: int, num_blocks: int, num_parameters: int) -> None:
        """Read `num_parameters` from tokens of `width` and fine features of `channels`."""
        super().__init__()
        self.from_tokens = nn.Conv2d(width, channels, 1)
        self.blocks = nn.ModuleList(ResBlock(channels, channels, embedding_width=width) for _ in range(num_blocks))
        self.norm = nn.GroupNorm(channels // GROUP_CHANNELS, channels)
        self.read = nn.Conv2d(channels, num_parameters, 1)

    def forward(
        self, fused_tokens: Float[Tensor, "b n d"], background: Features, foreground: Features
    ) -> Float[Tensor, "b p gh gw"]:
        """Return the parameters of each cell."""
        assert background.fine is not None, "the background's encoder has no fine features"
        side = math.isqrt(fused_tokens.shape[1])
        coarse = self.from_tokens(rearrange(fused_tokens, "b (gh gw) d -> b d gh gw", gh=side))
        size = background.fine.shape[-2:]
        cells = background.fine + F.interpolate(coarse, size=size, mode="bilinear", align_corners=False)
        what = reduce(foreground.tokens, "b n d -> b d", "mean")
        for block in self.blocks:
            cells = block(cells, what)
        return self.read(F.silu(self.norm(cells)))
