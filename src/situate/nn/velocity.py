"""The synthesis network (method step T2c): a small U-Net that denoises composite, visible alpha and effect together."""

from collections.abc import Sequence

import torch
import torch.nn.functional as F  # noqa: N812
from diffusers.configuration_utils import ConfigMixin, register_to_config
from diffusers.models.modeling_utils import ModelMixin
from einops import rearrange
from jaxtyping import Float
from torch import Tensor, nn

from situate.nn.layers import (
    Attention,
    ResBlock,
    TransformerBlock,
    position_embedding,
    sinusoidal_embedding,
    zero_initialised,
)
from situate.records.batch import SynthesisInput

IMAGE_CHANNELS = 5
"""RGB of the composite, visible alpha, effect."""
CONDITION_CHANNELS = 7
"""Background RGB, pasted RGB, pasted alpha."""
GAIN_CHANNELS = 3
"""One gain a colour, beside the five channels that are added."""
NUM_STATISTICS = 12
"""Mean and spread of three colours, of the background and of the foreground."""


class VelocityNetwork(ModelMixin, ConfigMixin):
    """Predicts the clean image as a correction of a base.

    `image_hat = base + gain * light + offset`, with light = (base RGB + 1) / 2 in [0, 1].

    Light multiplies: a shadow dims the ground under it and another sun brightens an object by a factor that is smooth
    where the texture is not. So the network puts out a gain for the colours as well as an offset for all channels;
    both are 0 at first. The method's network (docs/method.md, T2c) has the offset only.

    Group normalisation takes the overall brightness out of the features. What modulates every block is therefore,
    beside the noise level, the mean of the fused tokens in the window and the mean and spread of the colours of
    background and foreground: the numbers of colour transfer (Reinhard et al., Color Transfer between Images, 2001).
    The tokens carry the light of both pictures, too.

    `pasted`: the base is the pasted picture with its alpha as both masks. `literal`: the base is the background with
    empty masks; nothing is pasted, and the position comes only through the fused tokens.
    """

    config_name = "config.json"

    @register_to_config
    def __init__(
        self,
        size: int = 64,
        patch: int = 2,
        channels: Sequence[int] = (64, 128, 192),
        num_blocks: int = 2,
        num_heads: int = 4,
        token_width: int = 128,
        conditioning: str = "pasted",
        middle_blocks: int = 0,
    ) -> None:
        """Build the network.

        Args:
            size: Side of the window in pixels.
            patch: Pixel-unshuffle factor at the entrance.
            channels: Channels at each resolution, the first at `size / patch`, halved from one to the next.
            num_blocks: Residual blocks at each resolution and way.
            num_heads: Heads of the attention at the lowest resolution.
            token_width: Width of the fused tokens.
            conditioning: `pasted` or `literal`.
            middle_blocks: Transformer blocks after the attention at the lowest resolution.
        """
        super().__init__()
        embedding_width = 2 * channels[-1]
        self.embedding = nn.Sequential(
            nn.Linear(channels[0], embedding_width), nn.SiLU(), nn.Linear(embedding_width, embedding_width)
        )
        self.context = nn.Sequential(
            nn.Linear(token_width + NUM_STATISTICS, embedding_width),
            nn.SiLU(),
            zero_initialised(nn.Linear(embedding_width, embedding_width)),
        )
        self.entrance = nn.Conv2d((IMAGE_CHANNELS + CONDITION_CHANNELS) * patch**2, channels[0], 3, padding=1)
        self.token_entrances = nn.ModuleList(nn.Conv2d(token_width, width, 1) for width in channels)
        self.down = nn.ModuleList()
        self.up = nn.ModuleList()
        previous = channels[0]
        for width in channels:
            self.down.append(_blocks(previous, width, num_blocks, embedding_width))
            previous = width
        for width, skip in zip(reversed(channels[:-1]), reversed(channels[:-1]), strict=True):
            self.up.append(_blocks(previous + skip, width, num_blocks, embedding_width))
            previous = width
        self.norm_attention = nn.GroupNorm(1, channels[-1])
        self.attention = Attention(channels[-1], num_heads)
        self.middle = nn.ModuleList(
            TransformerBlock(channels[-1], num_heads, embedding_width) for _ in range(middle_blocks)
        )
        side = size // patch // 2 ** (len(channels) - 1)
        self.register_buffer("positions", position_embedding((side, side), channels[-1]), persistent=False)
        self.norm_exit = nn.GroupNorm(1, channels[0])
        self.exit = zero_initialised(nn.Conv2d(channels[0], (IMAGE_CHANNELS + GAIN_CHANNELS) * patch**2, 3, padding=1))

    def base(self, inputs: SynthesisInput) -> Float[Tensor, "b 5 h w"]:
        """What is corrected: all five channels in [-1, 1]."""
        if self.config["conditioning"] == "literal":
            empty = torch.full_like(inputs.pasted_alpha, -1)
            return torch.cat([inputs.background, empty, empty], dim=1)
        mask = inputs.pasted_alpha * 2 - 1
        return torch.cat([inputs.pasted, mask, mask], dim=1)

    def forward(
        self,
        x_sigma: Float[Tensor, "b 5 h w"],
        sigma: Float[Tensor, " b"],
        inputs: SynthesisInput,
        window_tokens: Float[Tensor, "b d th tw"],
    ) -> Float[Tensor, "b 5 h w"]:
        """Predict the clean image.

        Args:
            x_sigma: Noised image.
            sigma: Its noise level; 1 is noise.
            inputs: Background and pasted foreground in the window.
            window_tokens: Fused tokens resampled into the window's frame, any grid size.
        """
        condition = torch.cat([inputs.background, inputs.pasted, inputs.pasted_alpha * 2 - 1], dim=1)
        embedding = self.embedding(sinusoidal_embedding(sigma, self.config["channels"][0]))
        context = torch.cat([window_tokens.mean(dim=(2, 3)).float(), colour_statistics(inputs)], dim=1)
        embedding = embedding + self.context(context)
        patches = F.pixel_unshuffle(torch.cat([x_sigma, condition], dim=1), self.config["patch"])
        hidden = self._trunk(self.entrance(patches), embedding, window_tokens)
        correction = F.pixel_shuffle(self.exit(F.silu(self.norm_exit(hidden))), self.config["patch"]).float()
        offset, gain = correction.split((IMAGE_CHANNELS, GAIN_CHANNELS), dim=1)
        base = self.base(inputs)
        light = (base[:, :GAIN_CHANNELS] + 1) / 2
        return base + offset + F.pad(gain * light, (0, 0, 0, 0, 0, IMAGE_CHANNELS - GAIN_CHANNELS))

    def _trunk(self, hidden: Tensor, embedding: Tensor, window_tokens: Tensor) -> Tensor:
        skips: list[Tensor] = []
        for number, blocks in enumerate(self.down):
            if number > 0:
                skips.append(hidden)
                hidden = F.avg_pool2d(hidden, 2)
            hidden = _run(blocks, hidden, embedding)
            tokens = F.interpolate(window_tokens, size=hidden.shape[-2:], mode="bilinear", align_corners=False)
            hidden = hidden + self.token_entrances[number](tokens.to(hidden.dtype))
        batch, width, height, columns = hidden.shape
        tokens = self.norm_attention(hidden).flatten(2).transpose(1, 2)
        hidden = hidden + self.attention(tokens).transpose(1, 2).reshape(batch, width, height, columns)
        if self.middle:
            hidden = self._among_places(hidden, embedding)
        for blocks in self.up:
            hidden = F.interpolate(hidden, scale_factor=2.0, mode="nearest")
            hidden = _run(blocks, torch.cat([hidden, skips.pop()], dim=1), embedding)
        return hidden

    def _among_places(self, hidden: Tensor, embedding: Tensor) -> Tensor:
        """Let every place of the lowest resolution learn from all others, such as where its light falls from."""
        height, width = hidden.shape[-2:]
        tokens = rearrange(hidden, "b c h w -> b (h w) c") + self.positions.to(hidden.dtype)
        for block in self.middle:
            tokens = block(tokens, embedding)
        return rearrange(tokens, "b (h w) c -> b c h w", h=height, w=width)


def colour_statistics(inputs: SynthesisInput) -> Float[Tensor, "b 12"]:
    """Mean and standard deviation of the window's background, then of the foreground where it is solid."""
    whole = torch.ones_like(inputs.pasted_alpha)
    return torch.cat([*_moments(inputs.background, whole), *_moments(inputs.pasted, inputs.pasted_alpha)], dim=1)


def _moments(
    colours: Float[Tensor, "b 3 h w"], weight: Float[Tensor, "b 1 h w"]
) -> tuple[Float[Tensor, "b 3"], Float[Tensor, "b 3"]]:
    share = weight / weight.sum(dim=(2, 3), keepdim=True).clamp(min=1)
    mean = (colours * share).sum(dim=(2, 3))
    variance = ((colours - mean[:, :, None, None]).square() * share).sum(dim=(2, 3))
    return mean, (variance + 1e-4).sqrt()


def _blocks(in_channels: int, channels: int, num_blocks: int, embedding_width: int) -> nn.ModuleList:
    entering = [in_channels] + [channels] * (num_blocks - 1)
    return nn.ModuleList(ResBlock(width, channels, embedding_width) for width in entering)


def _run(blocks: nn.Module, hidden: Tensor, embedding: Tensor) -> Tensor:
    for block in blocks.children():
        hidden = block(hidden, embedding)
    return hidden
