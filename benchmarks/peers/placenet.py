"""Box regression from a latent by a GAN with a diversity loss, in the manner of PlaceNet."""

import math

import torch
from einops import repeat
from jaxtyping import Float
from torch import Tensor, nn

from peers.adversarial import ADVERSARIAL_BETAS, fooled, told_fake, told_real
from peers.config import PeerConfig
from peers.features import EncodedPairs
from peers.method import DISCRIMINATOR, MODEL, NUM_PLACES, Answer, Method, small_head
from peers.places import position_of_unit, unit_of

LATENT_WIDTH, NUM_DRAWS, MARGIN, DIVERSITY_WEIGHT = 3, 4, 1.0, 50.0
"""Of the re-implementation in GracoNet's repository (`main_placenet.py`)."""
CODED_OCTAVES = 5
_TINY = 1e-6


class PlaceNet(Method):
    """A generator makes boxes of latents, a discriminator tells them from true ones, and unlike latents differ.

    Source:
        Zhang et al., Learning Object Placement by Inpainting for Compositional Data Augmentation (2020): adversarial
        and diversity loss, a discriminator of the box and both features, no supervised loss. What differs: two
        ResNet-18 encoders are the common frozen features and trunk; layer instead of batch normalisation in the small
        heads; the discriminator sees a box as sines and cosines, since three bare numbers taught the generator hardly
        anything; a box is anchor and log height, since a cut-out keeps its aspect; a first beta of 0.5. Of the first
        of five boxes the latent is 0.
    """

    betas = ADVERSARIAL_BETAS

    def __init__(self, config: PeerConfig) -> None:
        """Make trunk, generator and discriminator."""
        super().__init__(config)
        self.generator = small_head(2 * config.width + LATENT_WIDTH, config.width, 3)
        self.discriminator = small_head(2 * config.width + 6 * CODED_OCTAVES, config.width, 1)

    def players(self) -> dict[str, list[nn.Parameter]]:
        """Trunk and generator play against the discriminator."""
        return {
            MODEL: [*self.trunk.parameters(), *self.generator.parameters()],
            DISCRIMINATOR: list(self.discriminator.parameters()),
        }

    def losses(self, pairs: EncodedPairs, generator: torch.Generator) -> dict[str, Float[Tensor, ""]]:
        """Adversarial losses of both sides; the generator's has the diversity loss too."""
        features = torch.cat(self.trunk(pairs).pooled, dim=1)
        latent = torch.randn(len(pairs), NUM_DRAWS, LATENT_WIDTH, generator=generator)
        made = self._boxes(features, latent)
        true = repeat(unit_of(pairs.position, pairs.content_xyxy), "b c -> b k c", k=NUM_DRAWS)
        blind = features.detach()
        return {
            MODEL: fooled(self._verdict(features, made)) + DIVERSITY_WEIGHT * diversity_loss(latent, made),
            DISCRIMINATOR: told_real(self._verdict(blind, true)) + told_fake(self._verdict(blind, made.detach())),
        }

    def answers(self, pairs: EncodedPairs, generator: torch.Generator) -> list[Answer]:
        """The box of latent 0, then those of drawn ones."""
        latent = torch.randn(len(pairs), NUM_PLACES, LATENT_WIDTH, generator=generator)
        latent[:, 0] = 0
        unit = self._boxes(torch.cat(self.trunk(pairs).pooled, dim=1), latent)
        return [Answer(positions) for positions in position_of_unit(unit, pairs.content_xyxy)]

    def _boxes(self, features: Float[Tensor, "b d"], latent: Float[Tensor, "b k z"]) -> Float[Tensor, "b k 3"]:
        return self.generator(_with(features, latent)).float().sigmoid()

    def _verdict(self, features: Float[Tensor, "b d"], unit: Float[Tensor, "b k 3"]) -> Float[Tensor, "b k 1"]:
        return self.discriminator(_with(features, _codes(unit)))


def diversity_loss(latent: Float[Tensor, "b k z"], made: Float[Tensor, "b k 3"]) -> Float[Tensor, ""]:
    """Mean of max(0, margin D_ij(latent) - D_ij(made)) over pairs, D being distances over their row's sum.

    Source:
        PlaceNet's diversity loss, which is that of Liu et al., Normalized Diversification (2019); margin and weight as
        in the re-implementation.
    """
    num_pairs = latent.shape[1] * (latent.shape[1] - 1)
    gap = (MARGIN * _normalised_distances(latent) - _normalised_distances(made)).clamp(min=0)
    return gap.sum() / (num_pairs * len(latent))


def _normalised_distances(points: Float[Tensor, "b k c"]) -> Float[Tensor, "b k k"]:
    # The root of 0 has no gradient: the diagonal would spoil all others.
    distance = ((points[:, :, None] - points[:, None]).square().sum(-1) + _TINY**2).sqrt()
    return distance / distance.sum(-1, keepdim=True)


def _codes(unit: Float[Tensor, "b k 3"]) -> Float[Tensor, "b k c"]:
    angles = unit[..., None] * math.pi * 2.0 ** torch.arange(CODED_OCTAVES)
    return torch.cat([angles.sin(), angles.cos()], dim=-1).flatten(2)


def _with(features: Float[Tensor, "b d"], each: Float[Tensor, "b k c"]) -> Float[Tensor, "b k e"]:
    return torch.cat([repeat(features, "b d -> b k d", k=each.shape[1]), each], dim=-1)
