"""Fusion (method step T2a): background tokens attend to each other and to the foreground's tokens."""

import math

from einops import reduce
from jaxtyping import Float
from torch import Tensor, nn

from situate.nn.layers import Attention, FeedForward


class FusionLayer(nn.Module):
    """Self-attention, cross-attention to the foreground and a feed-forward, each with a skip, normalised before.

    Source:
        Keys and values from pooled tokens: Wang et al., Pyramid Vision Transformer v2 (2022), linear spatial reduction;
        there it is a fixed grid and a convolution, here squares of `pool` tokens a side and their mean.
    """

    def __init__(self, width: int, num_heads: int, expansion: int, pool: int) -> None:
        """Work on tokens of `width`; those that are attended to are pooled by `pool` along each side."""
        super().__init__()
        self.pool = pool
        self.norm_self = nn.LayerNorm(width)
        self.self_attention = Attention(width, num_heads)
        self.norm_cross = nn.LayerNorm(width)
        self.cross_attention = Attention(width, num_heads)
        self.norm_feed = nn.LayerNorm(width)
        self.feed_forward = FeedForward(width, expansion)

    def forward(
        self, background_tokens: Float[Tensor, "b n d"], foreground_tokens: Float[Tensor, "b m d"]
    ) -> Float[Tensor, "b n d"]:
        """Return the background tokens, each knowing more of its surroundings and of the object."""
        normed = self.norm_self(background_tokens)
        tokens = background_tokens + self.self_attention(normed, _pooled(normed, self.pool))
        tokens = tokens + self.cross_attention(self.norm_cross(tokens), foreground_tokens)
        return tokens + self.feed_forward(self.norm_feed(tokens))


class Fusion(nn.Module):
    """A few fusion layers."""

    def __init__(self, width: int, num_layers: int, num_heads: int, expansion: int = 3, pool: int = 1) -> None:
        """Stack `num_layers` layers over tokens of `width`."""
        super().__init__()
        self.norm_foreground = nn.LayerNorm(width)
        self.layers = nn.ModuleList(FusionLayer(width, num_heads, expansion, pool) for _ in range(num_layers))
        self.norm = nn.LayerNorm(width)

    def forward(
        self, background_tokens: Float[Tensor, "b n d"], foreground_tokens: Float[Tensor, "b m d"]
    ) -> Float[Tensor, "b n d"]:
        """Return the fused tokens, one for each background token."""
        context = self.norm_foreground(foreground_tokens)
        fused_tokens = background_tokens
        for layer in self.layers:
            fused_tokens = layer(fused_tokens, context)
        return self.norm(fused_tokens)


def _pooled(tokens: Float[Tensor, "b n d"], pool: int) -> Float[Tensor, "b m d"]:
    if pool == 1:
        return tokens
    side = math.isqrt(tokens.shape[1])
    return reduce(tokens, "b (gh ph gw pw) d -> b (gh gw) d", "mean", ph=pool, pw=pool, gw=side // pool)
