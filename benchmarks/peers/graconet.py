"""Graph completion with a latent, in the manner of GracoNet."""

import torch
import torch.nn.functional as F  # noqa: N812
from einops import rearrange
from jaxtyping import Float
from torch import Tensor, nn

from peers.adversarial import ADVERSARIAL_BETAS, fooled, told_fake, told_real
from peers.config import PeerConfig
from peers.features import TOKEN_CHANNELS, EncodedPairs, cell_shares
from peers.method import DISCRIMINATOR, MODEL, NUM_PLACES, Answer, Method, small_head
from peers.places import position_of_unit, unit_of
from situate.geometry.boxes import cxcywh_to_xyxy
from situate.geometry.canvas import box_of
from situate.nn.layers import Attention

LATENT_WIDTH = 16
NODE_GRIDS = (2, 4, 8)
"""Background nodes of several receptive fields; GracoNet's."""
RECONSTRUCTION_WEIGHT, DIVERGENCE_WEIGHT = 50.0, 1.0
UNSUPERVISED_FOOLED_WEIGHT, UNSUPERVISED_TOLD_WEIGHT = 4.0, 0.25
"""Of GracoNet's `model.py`; the supervised path weighs 1."""


class PatchDiscriminator(nn.Module):
    """Judges composites on the grid of stride 16: background, foreground where the box is, and the box as a mask."""

    def __init__(self, channels: int) -> None:
        """Make convolutions of `channels`."""
        super().__init__()
        self.background = nn.Sequential(nn.GroupNorm(1, TOKEN_CHANNELS + 1), nn.Conv2d(TOKEN_CHANNELS + 1, channels, 1))
        self.foreground = nn.Sequential(nn.LayerNorm(TOKEN_CHANNELS + 1), nn.Linear(TOKEN_CHANNELS + 1, channels))
        self.judge = nn.Sequential(
            nn.Conv2d(channels + 1, channels, 3, stride=2, padding=1),
            nn.LeakyReLU(0.2),
            nn.Conv2d(channels, 2 * channels, 3, stride=2, padding=1),
            nn.InstanceNorm2d(2 * channels),
            nn.LeakyReLU(0.2),
            nn.Conv2d(2 * channels, 1, 3, padding=1),
        )

    def forward(self, pairs: EncodedPairs, unit: Float[Tensor, "b 3"]) -> Float[Tensor, " b"]:
        """Return the mean logit over patches; differentiable in the box."""
        position = position_of_unit(unit, pairs.content_xyxy)
        corners = cxcywh_to_xyxy(box_of(position, pairs.log_aspect))
        mask = cell_shares(corners, pairs.middle.shape[-1])[:, None]
        foreground = self.foreground(pairs.foreground_middle.mean((2, 3)))[:, :, None, None]
        composite = (1 - mask) * self.background(pairs.middle) + mask * foreground
        return self.judge(torch.cat([composite, mask], dim=1)).float().mean((1, 2, 3))


class GracoNet(Method):
    """The foreground's node gathers from the background's nodes; with a latent it gives the missing location.

    Two paths share all layers: with a latent of the true box (supervised), and with a drawn one (a discriminator only).

    Source:
        Zhou et al., Learning Object Placement via Dual-path Graph Completion (2022), losses and their weights as in
        its repository. What differs: VGG-16 is the common frozen features and trunk; there are no composites that
        people called bad, so every true box is a good one; the latent is encoded from the box and not from the
        composite, with 16 numbers; the discriminator sees composites of features and not of pixels; no dropout; boxes
        lie in the picture's frame and not in what the box's size leaves of it, so the reconstruction has no weights
        by size; a first beta of 0.5. Of the first of five boxes the latent is 0.
    """

    betas = ADVERSARIAL_BETAS

    def __init__(self, config: PeerConfig) -> None:
        """Make trunk, graph completion, the latent's encoder and the discriminator."""
        super().__init__(config)
        width = config.width
        self.attention = Attention(width, config.num_heads)
        self.node_places = nn.Parameter(0.02 * torch.randn(1, sum(side**2 for side in NODE_GRIDS), width))
        self.norm = nn.LayerNorm(width)
        self.regress = small_head(width + LATENT_WIDTH, width, 3)
        self.encode = small_head(width + 3, width, 2 * LATENT_WIDTH)
        self.discriminator = PatchDiscriminator(config.head_channels)

    def players(self) -> dict[str, list[nn.Parameter]]:
        """All but the discriminator play against it."""
        judging = list(self.discriminator.parameters())
        known = {id(parameter) for parameter in judging}
        return {MODEL: [one for one in self.parameters() if id(one) not in known], DISCRIMINATOR: judging}

    def losses(self, pairs: EncodedPairs, generator: torch.Generator) -> dict[str, Float[Tensor, ""]]:
        """Both paths' losses of both sides."""
        node, true = self._node(pairs), unit_of(pairs.position, pairs.content_xyxy)
        mean, log_variance = self.encode(torch.cat([node, true], dim=1)).float().chunk(2, dim=1)
        noise = torch.randn(2, len(pairs), LATENT_WIDTH, generator=generator)
        supervised = self._box(node, mean + (log_variance / 2).exp() * noise[0])
        free = self._box(node, noise[1])
        divergence = -0.5 * (1 + log_variance - mean.square() - log_variance.exp()).sum(1).mean()
        judge = self.discriminator
        against = UNSUPERVISED_FOOLED_WEIGHT * fooled(judge(pairs, free)) + fooled(judge(pairs, supervised))
        told = UNSUPERVISED_TOLD_WEIGHT * told_fake(judge(pairs, free.detach()))
        told = told + told_fake(judge(pairs, supervised.detach())) + told_real(judge(pairs, true))
        reconstruction = F.mse_loss(supervised, true)
        return {
            MODEL: against + RECONSTRUCTION_WEIGHT * reconstruction + DIVERGENCE_WEIGHT * divergence,
            DISCRIMINATOR: told,
        }

    def answers(self, pairs: EncodedPairs, generator: torch.Generator) -> list[Answer]:
        """The box of latent 0, then those of drawn ones."""
        latent = torch.randn(NUM_PLACES, len(pairs), LATENT_WIDTH, generator=generator)
        latent[0] = 0
        node = self._node(pairs)
        unit = torch.stack([self._box(node, one) for one in latent], dim=1)
        return [Answer(positions) for positions in position_of_unit(unit, pairs.content_xyxy)]

    def _node(self, pairs: EncodedPairs) -> Float[Tensor, "b d"]:
        fused = self.trunk(pairs)
        grid = rearrange(fused.tokens, "b (gh gw) d -> b d gh gw", gh=round(fused.tokens.shape[1] ** 0.5))
        nodes = torch.cat([F.adaptive_avg_pool2d(grid, side).flatten(2).transpose(1, 2) for side in NODE_GRIDS], dim=1)
        foreground = fused.foreground_tokens.mean(1, keepdim=True)
        return self.norm(foreground + self.attention(foreground, nodes + self.node_places))[:, 0].float()

    def _box(self, node: Float[Tensor, "b d"], latent: Float[Tensor, "b z"]) -> Float[Tensor, "b 3"]:
        return self.regress(torch.cat([node, latent], dim=1)).float().sigmoid()
