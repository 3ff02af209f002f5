"""The small convolutional encoder that turns a picture into a grid of tokens."""

import torch.nn.functional as F  # noqa: N812
from einops import rearrange
from jaxtyping import Float
from torch import Tensor, nn

from situate.nn.features import Features
from situate.nn.layers import ResBlock, position_embedding


class ConvEncoder(nn.Module):
    """Patchify by pixel-unshuffle, a few residual blocks, a projection to tokens with their places."""

    def __init__(self, in_channels: int, size: int, patch: int, channels: int, num_blocks: int, width: int) -> None:
        """Encode `size` x `size` pictures; one token of `width` for each `patch` x `patch` pixels."""
        super().__init__()
        self.patch = patch
        self.stem = nn.Conv2d(in_channels * patch**2, channels, 3, padding=1)
        self.blocks = nn.Sequential(*(ResBlock(channels, channels) for _ in range(num_blocks)))
        self.project = nn.Conv2d(channels, width, 1)
        side = size // patch
        self.register_buffer("places", position_embedding((side, side), width), persistent=False)

    def forward(self, pixels: Float[Tensor, "b c h w"]) -> Features:
        """Return one token a patch."""
        features = self.project(self.blocks(self.stem(F.pixel_unshuffle(pixels, self.patch))))
        return Features(rearrange(features, "b d h w -> b (h w) d") + self.places)
