"""Both networks as one model, which is what is trained."""

import math
from dataclasses import dataclass, replace

import torch
import torch.nn.functional as F  # noqa: N812
from einops import rearrange
from jaxtyping import Float, Int
from pydantic import BaseModel, ConfigDict
from torch import Tensor, nn

from situate.flow.path import sample_path
from situate.flow.sampling import TEMPERATURE
from situate.geometry.frames import Conditioning
from situate.nn.distribution import PlacementDistribution
from situate.nn.placement import Encoder, PlacementNetwork
from situate.nn.pretrained import PretrainedEncoder
from situate.nn.velocity import VelocityNetwork
from situate.records.batch import PlacementInput, SynthesisInput, collate

WINDOW_TOKEN_GRID = 16


class ModelConfig(BaseModel):
    """Sizes of both networks; see `PlacementNetwork` and `VelocityNetwork` for their meaning."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    background_size: int = 64
    foreground_size: int = 32
    encoder_channels: int = 96
    encoder_blocks: int = 2
    token_width: int = 128
    fusion_layers: int = 3
    fusion_pool: int = 2
    light_channels: int = 48
    encoder: Encoder = "conv"
    head_channels: int = 128
    head_blocks: int = 2
    window_size: int = 64
    window_patch: int = 2
    window_channels: tuple[int, ...] = (48, 96, 160)
    window_blocks: int = 2
    window_middle_blocks: int = 0
    num_heads: int = 4
    conditioning: Conditioning = "pasted"

    def build(self) -> "JointModel":
        """Make the model with fresh parameters; a pretrained encoder with those it comes with.

        Raises:
            MissingExtraError: If the package of a pretrained encoder's weights is not installed.
        """
        placement = PlacementNetwork(
            background_size=self.background_size,
            foreground_size=self.foreground_size,
            channels=self.encoder_channels,
            num_blocks=self.encoder_blocks,
            width=self.token_width,
            num_layers=self.fusion_layers,
            pool=self.fusion_pool,
            light_channels=self.light_channels,
            num_heads=self.num_heads,
            encoder=self.encoder,
            head_channels=self.head_channels,
            head_blocks=self.head_blocks,
        )
        synthesis = VelocityNetwork(
            size=self.window_size,
            patch=self.window_patch,
            channels=self.window_channels,
            num_blocks=self.window_blocks,
            num_heads=self.num_heads,
            token_width=self.token_width,
            conditioning=self.conditioning,
            middle_blocks=self.window_middle_blocks,
        )
        for encoder in (placement.background_encoder, placement.foreground_encoder):
            if isinstance(encoder, PretrainedEncoder):
                encoder.load_pretrained()
        return JointModel(placement, synthesis)


@dataclass(frozen=True)
class JointPrediction:
    """What both networks say.

    Attributes:
        distribution: The position's density.
        image: The predicted clean image inside the window.
        light: Of scene and foreground.
        without_decoys: The position's density on the background without decoys, of those samples alone that have some;
            None if none has.
    """

    distribution: PlacementDistribution
    image: Float[Tensor, "b 5 h w"]
    light: Float[Tensor, "b 2 5 3"]
    without_decoys: PlacementDistribution | None = None


class JointModel(nn.Module):
    """Placement and synthesis; the fused tokens go from the first to the second, so both losses train them."""

    def __init__(self, placement: PlacementNetwork, synthesis: VelocityNetwork) -> None:
        """Join two networks whose token widths agree."""
        super().__init__()
        self.placement = placement
        self.synthesis = synthesis

    def forward(
        self,
        placement_input: PlacementInput,
        synthesis_input: SynthesisInput,
        x_sigma: Float[Tensor, "b 5 h w"],
        sigma: Float[Tensor, " b"],
        without_decoys: Float[Tensor, "b 3 bh bw"] | None = None,
        has_decoys: Float[Tensor, " b"] | None = None,
        has_composite: Float[Tensor, " b"] | None = None,
        is_rolled: Float[Tensor, " b"] | None = None,
    ) -> JointPrediction:
        """Predict position and image (method step T2), and the position without decoys where there are some.

        Where there is no composite to learn from, no image is predicted: it is 0. Where `is_rolled` is 1, `x_sigma` is
        noise, and what is noised with it is not the truth but what composing would have after its first step.
        """
        decoyed = _wanted(has_decoys, len(x_sigma), x_sigma.device)
        if without_decoys is None or not len(decoyed):
            placed, other = self.placement(placement_input), None
        else:
            # In one pass: what a pass costs hardly depends on how many pictures it sees.
            twins = replace(placement_input, background=without_decoys).part(decoyed)
            both = self.placement(collate([placement_input, twins]))
            is_twin = torch.arange(len(both.light), device=x_sigma.device) >= len(x_sigma)
            placed, other = both.part(~is_twin), both.distribution.part(is_twin)
        image = torch.zeros_like(x_sigma)
        wanted = _wanted(has_composite, len(image), image.device)
        if len(wanted):
            some = synthesis_input.part(wanted)
            window_tokens = tokens_in_window(placed.fused_tokens[wanted], some.window_cxcywh)
            start = x_sigma[wanted]
            if is_rolled is not None:
                start = self._rolled(start, sigma[wanted], some, window_tokens, is_rolled[wanted])
            made = self.synthesis(start, sigma[wanted], some, window_tokens)
            image = image.index_copy(0, wanted, made.to(image))
        return JointPrediction(placed.distribution, image, placed.light, other)

    @torch.no_grad()
    def _rolled(
        self,
        x_sigma: Float[Tensor, "b 5 h w"],
        sigma: Float[Tensor, " b"],
        inputs: SynthesisInput,
        window_tokens: Float[Tensor, "b d th tw"],
        is_rolled: Float[Tensor, " b"],
    ) -> Float[Tensor, "b 5 h w"]:
        """Put the network's own first prediction in the place of the truth; it is not taught through it."""
        rolled = is_rolled.nonzero()[:, 0]
        if not len(rolled):
            return x_sigma
        noise = TEMPERATURE * x_sigma[rolled]
        first = self.synthesis(noise, torch.ones_like(sigma[rolled]), inputs.part(rolled), window_tokens[rolled])
        point = sample_path(noise, first.to(noise), sigma[rolled]).x_sigma
        return x_sigma.index_copy(0, rolled, point)


def _wanted(is_there: Float[Tensor, " b"] | None, count: int, device: torch.device) -> Int[Tensor, " n"]:
    """Number of each sample that has something; all of them if nobody says."""
    return torch.arange(count, device=device) if is_there is None else is_there.nonzero()[:, 0]


def tokens_in_window(
    fused_tokens: Float[Tensor, "b n d"], window_cxcywh: Float[Tensor, "b 4"]
) -> Float[Tensor, "b d th tw"]:
    """Resample fused tokens from canvas to window, bilinearly; outside the canvas the edge is repeated."""
    side = math.isqrt(fused_tokens.shape[1])
    grid = rearrange(fused_tokens, "b (gh gw) d -> b d gh gw", gh=side)
    steps = (torch.arange(WINDOW_TOKEN_GRID, device=grid.device) + 0.5) / WINDOW_TOKEN_GRID - 0.5
    x = window_cxcywh[:, 0:1] + steps * window_cxcywh[:, 2:3]
    y = window_cxcywh[:, 1:2] + steps * window_cxcywh[:, 3:4]
    rows, columns = len(steps), len(steps)
    places = torch.stack([x[:, None, :].expand(-1, rows, -1), y[:, :, None].expand(-1, -1, columns)], dim=-1)
    return F.grid_sample(
        grid, (places * 2 - 1).to(grid.dtype), mode="bilinear", padding_mode="border", align_corners=False
    )
