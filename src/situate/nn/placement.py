"""The placement network: features of foreground and background are fused, and give a density over positions."""

import math
from typing import Literal, NamedTuple

import torch
from diffusers.configuration_utils import ConfigMixin, register_to_config
from diffusers.models.modeling_utils import ModelMixin
from jaxtyping import Bool, Float, Int
from torch import Tensor, nn

from situate.nn.distribution import NUM_PARAMETERS, PlacementDistribution, distribution_from
from situate.nn.encoder import ConvEncoder
from situate.nn.features import Features
from situate.nn.fusion import Fusion
from situate.nn.head import FineHead, TokenHead
from situate.nn.layers import sinusoidal_embedding, zero_initialised
from situate.nn.light import LightEncoder, PooledLight
from situate.nn.pretrained import FINE_STRIDE, LIGHT_CHANNELS, PretrainedEncoder
from situate.records.batch import PlacementInput
from situate.records.triple import LIGHT_SHAPE

PATCH = 4
LIGHT_SIDE = 32
"""A picture's light is read from so many patches a side, or all pixels of a smaller picture."""
MIN_BACKGROUND_LIGHT_PATCH = 2
FROZEN_BLOCKS = 5
"""Of a pretrained background encoder, up to stride 8. The foreground's learns whole: it must learn to read alpha."""

Encoder = Literal["conv", "efficientnet-lite0"]
"""`conv` is small and learns from nothing; the other begins with what it knows of photographs."""


class PlacementPrediction(NamedTuple):
    """Fused tokens on the background's grid, the density they give, and the light of background and foreground.

    `light` is how bright grey cards would be in each; see `Triple.light`.
    """

    fused_tokens: Float[Tensor, "b n d"]
    distribution: PlacementDistribution
    light: Float[Tensor, "b 2 5 3"]

    def part(self, index: Bool[Tensor, " b"] | Int[Tensor, " n"]) -> "PlacementPrediction":
        """What was predicted for some of the pictures."""
        return PlacementPrediction(self.fused_tokens[index], self.distribution.part(index), self.light[index])


class PlacementNetwork(ModelMixin, ConfigMixin):
    """Says where an object goes in a picture (docs/method.md, T2a and T2b).

    Beyond the method it reads the light of both pictures, which is added to the fused tokens: what the synthesis needs
    to know is how the light differs, and where that is known (rendered scenes) it is taught.
    """

    config_name = "config.json"

    @register_to_config
    def __init__(
        self,
        background_size: int = 64,
        foreground_size: int = 32,
        channels: int = 96,
        num_blocks: int = 2,
        width: int = 128,
        num_layers: int = 3,
        num_heads: int = 4,
        pool: int = 1,
        light_channels: int = 48,
        encoder: Encoder = "conv",
        head_channels: int = 128,
        head_blocks: int = 2,
    ) -> None:
        """Build the network.

        Args:
            background_size: Side of the background's canvas in pixels; a multiple of 4, for a pretrained encoder of 32.
            foreground_size: Side of the foreground's canvas in pixels; likewise.
            channels: Channels of the convolutional encoders.
            num_blocks: Residual blocks of each convolutional encoder.
            width: Width of the tokens.
            num_layers: Fusion layers.
            num_heads: Attention heads.
            pool: Background tokens attend to the means of squares of so many background tokens a side.
            light_channels: Channels of the two light encoders.
            encoder: Of both pictures. With `conv` a cell of the density is a token of 4 x 4 pixels; with
                `efficientnet-lite0` tokens are of 16 x 16 pixels and cells of 8 x 8.
            head_channels: Channels of the head that joins the two; only for a pretrained encoder.
            head_blocks: Its residual blocks.
        """
        super().__init__()
        if encoder == "conv":
            self.grid_side = background_size // PATCH
            self.background_encoder = ConvEncoder(4, background_size, PATCH, channels, num_blocks, width)
            self.foreground_encoder = ConvEncoder(4, foreground_size, PATCH, channels, num_blocks, width)
            self.head = TokenHead(width, NUM_PARAMETERS)
        else:
            self.grid_side = background_size // FINE_STRIDE
            self.background_encoder = PretrainedEncoder(
                3, background_size, width, fine_channels=head_channels, num_frozen=FROZEN_BLOCKS
            )
            self.foreground_encoder = PretrainedEncoder(4, foreground_size, width, has_coarse=True)
            self.head = FineHead(width, head_channels, head_blocks, NUM_PARAMETERS)
        self.aspect_embedding = nn.Linear(width, width)
        self.fusion = Fusion(width, num_layers, num_heads, pool=pool)
        patch = max(MIN_BACKGROUND_LIGHT_PATCH, background_size // LIGHT_SIDE)
        self.background_light = LightEncoder(3, patch, light_channels)
        self.foreground_light = LightEncoder(4, max(1, foreground_size // LIGHT_SIDE), light_channels)
        self.pooled_lights = nn.ModuleList(PooledLight(LIGHT_CHANNELS) for _ in range(2)) if encoder != "conv" else None
        self.light_embedding = zero_initialised(nn.Linear(math.prod(LIGHT_SHAPE), width))

    def forward(self, inputs: PlacementInput) -> PlacementPrediction:
        """Return fused tokens (method step T2a) and the density over positions (step T2b)."""
        fused_tokens, parameters, light = self.readings(inputs)
        return PlacementPrediction(fused_tokens, distribution_from(parameters, inputs.content_xyxy), light)

    def readings(
        self, inputs: PlacementInput
    ) -> tuple[Float[Tensor, "b n d"], Float[Tensor, "b p gh gw"], Float[Tensor, "b 2 5 3"]]:
        """Return plain tensors: fused tokens, what the density is made from, and the light."""
        background_features = self.background_encoder(self._background(inputs))
        foreground = torch.cat([inputs.foreground, inputs.alpha * 2 - 1], dim=1)
        foreground_features = self.foreground_encoder(foreground)
        light = self._light(inputs.background, foreground, background_features, foreground_features)
        # log(width / height) in [-4, 4] becomes a value in [0, 1].
        aspect = sinusoidal_embedding((inputs.log_aspect / 8 + 0.5).clamp(0, 1), self.config["width"])
        tokens = foreground_features.tokens
        foreground_features = Features(tokens + self.aspect_embedding(aspect.to(tokens.dtype))[:, None])
        fused_tokens = self.fusion(background_features.tokens, foreground_features.tokens)
        # Only known light teaches the light encoders: led by the other losses, they make training unsteady.
        fused_tokens = fused_tokens + self.light_embedding(light.detach().flatten(1))[:, None]
        with torch.autocast(fused_tokens.device.type, enabled=False):
            parameters = self.head(fused_tokens.float(), background_features, foreground_features)
        return fused_tokens, parameters, light

    def _light(
        self,
        background: Float[Tensor, "b 3 h w"],
        foreground: Float[Tensor, "b 4 fh fw"],
        background_features: Features,
        foreground_features: Features,
    ) -> Float[Tensor, "b 2 5 3"]:
        light = torch.stack([self.background_light(background), self.foreground_light(foreground)], dim=1)
        if self.pooled_lights is None:
            return light
        both = (background_features.light_maps, foreground_features.light_maps)
        return light + torch.stack([read(maps) for read, maps in zip(self.pooled_lights, both, strict=True)], dim=1)

    def _background(self, inputs: PlacementInput) -> Float[Tensor, "b _ h w"]:
        """What the encoder reads; a pretrained one knows three channels, and padding by its evenness."""
        return self._with_padding_mask(inputs) if self.config["encoder"] == "conv" else inputs.background

    def _with_padding_mask(self, inputs: PlacementInput) -> Float[Tensor, "b 4 h w"]:
        """Add a channel that is 1 in the picture and 0 in the padding."""
        size = inputs.background.shape[-1]
        index = torch.arange(size, device=inputs.background.device)
        left, top, right, bottom = (inputs.content_xyxy * size)[:, :, None].unbind(1)
        in_columns, in_rows = _filled(index, left, right), _filled(index, top, bottom)
        is_picture = (in_rows[:, :, None] & in_columns[:, None, :])[:, None]
        return torch.cat([inputs.background, is_picture.to(inputs.background.dtype)], dim=1)


def _filled(
    index: Int[Tensor, " size"], low: Float[Tensor, "b 1"], high: Float[Tensor, "b 1"]
) -> Bool[Tensor, "b size"]:
    """Which rows or columns `geometry.canvas.background_canvas` fills: whole ones, and always at least one."""
    first = (low + 0.5).floor()
    stop = torch.maximum((high - 0.5).ceil(), first + 1)
    return (index >= first) & (index < stop)
