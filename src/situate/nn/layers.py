"""Building blocks of both networks: convolutional residual block, attention, feed-forward, embeddings."""

import math
from typing import TypeVar

import torch
import torch.nn.functional as F  # noqa: N812 - the name everybody knows
from einops import rearrange
from jaxtyping import Float
from torch import Tensor, nn

GROUP_CHANNELS = 16
Layer = TypeVar("Layer", bound=nn.Module)


class ResBlock(nn.Module):
    """Two 3 x 3 convolutions with a skip; an optional embedding scales and shifts between them.

    Source:
        Dhariwal and Nichol, Diffusion Models Beat GANs (2021), adaptive group normalisation.
    """

    def __init__(self, in_channels: int, channels: int, embedding_width: int | None = None) -> None:
        """Map `in_channels` to `channels`; with `embedding_width` the block listens to an embedding of that width."""
        super().__init__()
        self.norm_in = nn.GroupNorm(max(1, in_channels // GROUP_CHANNELS), in_channels)
        self.conv_in = nn.Conv2d(in_channels, channels, 3, padding=1)
        self.norm_hidden = nn.GroupNorm(max(1, channels // GROUP_CHANNELS), channels)
        self.conv_hidden = zero_initialised(nn.Conv2d(channels, channels, 3, padding=1))
        self.modulation = None if embedding_width is None else nn.Linear(embedding_width, 2 * channels)
        self.skip = nn.Identity() if in_channels == channels else nn.Conv2d(in_channels, channels, 1)

    def forward(self, x: Float[Tensor, "b c h w"], embedding: Float[Tensor, "b e"] | None = None) -> Tensor:
        """Return features of the same height and width."""
        hidden = self.norm_hidden(self.conv_in(F.silu(self.norm_in(x))))
        if self.modulation is not None and embedding is not None:
            scale, shift = self.modulation(F.silu(embedding))[:, :, None, None].chunk(2, dim=1)
            hidden = hidden * (1 + scale) + shift
        return self.skip(x) + self.conv_hidden(F.silu(hidden))


class Attention(nn.Module):
    """Multi-head attention of tokens on themselves, or on a context."""

    def __init__(self, width: int, num_heads: int, context_width: int | None = None) -> None:
        """Attend with `num_heads` heads over tokens of `width`; the context may have another width.

        Raises:
            ValueError: If the heads do not share the width evenly.
        """
        super().__init__()
        if num_heads < 1 or width % num_heads:
            raise ValueError(f"num_heads is {num_heads}; it must divide the width {width}")
        self.num_heads = num_heads
        self.query = nn.Linear(width, width)
        self.key_value = nn.Linear(context_width or width, 2 * width)
        self.project = zero_initialised(nn.Linear(width, width))

    def forward(self, tokens: Float[Tensor, "b n d"], context: Float[Tensor, "b m e"] | None = None) -> Tensor:
        """Return what each token gathered; without `context` tokens attend to each other."""
        key, value = self.key_value(tokens if context is None else context).chunk(2, dim=-1)
        heads = [
            rearrange(states, "b n (heads d) -> b heads n d", heads=self.num_heads)
            for states in (self.query(tokens), key, value)
        ]
        gathered = F.scaled_dot_product_attention(*heads)
        return self.project(rearrange(gathered, "b heads n d -> b n (heads d)"))


class TransformerBlock(nn.Module):
    """Self-attention and feed-forward with skips; an embedding scales and shifts what they read.

    Source:
        Peebles and Xie, Scalable Diffusion Models with Transformers (2023), adaptive layer norm; without its gates,
        since both branches end in a layer of zeros.
    """

    def __init__(self, width: int, num_heads: int, embedding_width: int, expansion: int = 3) -> None:
        """Work on tokens of `width` and listen to an embedding of `embedding_width`."""
        super().__init__()
        self.norm_attention = nn.LayerNorm(width, elementwise_affine=False)
        self.attention = Attention(width, num_heads)
        self.norm_feed_forward = nn.LayerNorm(width, elementwise_affine=False)
        self.feed_forward = FeedForward(width, expansion)
        self.modulation = nn.Linear(embedding_width, 4 * width)

    def forward(self, tokens: Float[Tensor, "b n d"], embedding: Float[Tensor, "b e"]) -> Tensor:
        """Return tokens of the same number and width."""
        scale, shift, scale_forward, shift_forward = self.modulation(F.silu(embedding))[:, None].chunk(4, dim=-1)
        tokens = tokens + self.attention(self.norm_attention(tokens) * (1 + scale) + shift)
        return tokens + self.feed_forward(self.norm_feed_forward(tokens) * (1 + scale_forward) + shift_forward)


class FeedForward(nn.Sequential):
    """Two linear layers with a GELU between them."""

    def __init__(self, width: int, expansion: int) -> None:
        """Widen `width` by `expansion` in between."""
        super().__init__(
            nn.Linear(width, expansion * width), nn.GELU(), zero_initialised(nn.Linear(expansion * width, width))
        )


def sinusoidal_embedding(values: Float[Tensor, " b"], width: int) -> Float[Tensor, "b {width}"]:
    """Sines and cosines of a scalar in [0, 1] at geometric frequencies (Vaswani et al., 2017, section 3.5)."""
    frequencies = torch.exp(torch.linspace(0, math.log(1000), width // 2, device=values.device))
    angles = values.float()[:, None] * frequencies[None]
    return torch.cat([angles.sin(), angles.cos()], dim=-1)


def position_embedding(grid_hw: tuple[int, int], width: int) -> Float[Tensor, "1 n {width}"]:
    """Fixed sines and cosines of rows and columns, one vector a grid cell, rows first."""
    rows = (torch.arange(grid_hw[0]) + 0.5) / grid_hw[0]
    columns = (torch.arange(grid_hw[1]) + 0.5) / grid_hw[1]
    row_codes = _low_frequency_codes(rows, width // 2)[:, None].expand(-1, grid_hw[1], -1)
    column_codes = _low_frequency_codes(columns, width // 2)[None].expand(grid_hw[0], -1, -1)
    return torch.cat([row_codes, column_codes], dim=-1).reshape(1, -1, width)


def zero_initialised(layer: Layer) -> Layer:
    """Set a layer's parameters to 0, so that the block around it starts as the identity."""
    for parameter in layer.parameters():
        nn.init.zeros_(parameter)
    return layer


def _low_frequency_codes(values: Tensor, width: int) -> Tensor:
    frequencies = math.pi * torch.exp(torch.linspace(0, math.log(32), width // 2))
    angles = values[:, None] * frequencies[None]
    return torch.cat([angles.sin(), angles.cos()], dim=-1)
