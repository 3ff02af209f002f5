"""How the light of a picture is read: from shadows, shading and colours, as the brightness of grey cards in it."""

import math
from collections.abc import Sequence

import torch
import torch.nn.functional as F  # noqa: N812
from jaxtyping import Float
from torch import Tensor, nn

from situate.nn.layers import zero_initialised
from situate.records.triple import LIGHT_SHAPE, MIRRORED_FACINGS

CARDS_SHAPE = LIGHT_SHAPE[1:]
"""Five facings, three colours; see `Triple.light`."""
HEAD_WIDTH = 128
NUM_POOLED = 3
"""Mean, spread and maximum of each feature."""


class LightEncoder(nn.Module):
    """A small convolutional network whose features are pooled over the whole picture, by mean and by maximum.

    Tokens of a grid are poor at this: where a shadow is does not matter, which way it falls does. Once it is trained it
    reads the mirrored picture, too, and takes the mean: left and right change places there, and nothing else.
    """

    def __init__(self, in_channels: int, patch: int, channels: int) -> None:
        """Read pictures of `in_channels`; `channels` at the first of three resolutions, then twice as many."""
        super().__init__()
        wide = 2 * channels
        self.patch = patch
        self.stem = nn.Conv2d(in_channels * patch**2, channels, 3, padding=1)
        self.fine = _layer(channels, channels)
        self.middle = nn.Sequential(_layer(channels, wide), _layer(wide, wide))
        self.coarse = nn.Sequential(_layer(wide, wide), _layer(wide, wide))
        self.norm = nn.GroupNorm(_num_groups(wide), wide)
        self.head = nn.Sequential(
            nn.Linear(2 * wide, HEAD_WIDTH), nn.SiLU(), nn.Linear(HEAD_WIDTH, math.prod(CARDS_SHAPE))
        )

    def forward(self, pixels: Float[Tensor, "b c h w"]) -> Float[Tensor, "b 5 3"]:
        """Return how bright grey cards would be: natural logs over mid grey, see `Triple.light`."""
        if self.training:
            return self._read(pixels)
        return (self._read(pixels) + self._read(pixels.flip(-1))[:, list(MIRRORED_FACINGS)]) / 2

    def _read(self, pixels: Float[Tensor, "b c h w"]) -> Float[Tensor, "b 5 3"]:
        features = self.fine(self.stem(F.pixel_unshuffle(pixels, self.patch)))
        features = self.middle(F.max_pool2d(features, 2))
        features = F.silu(self.norm(self.coarse(F.max_pool2d(features, 2))))
        with torch.autocast(features.device.type, enabled=False):
            pooled = torch.cat([features.mean(dim=(2, 3)), features.amax(dim=(2, 3))], dim=1).float()
            return self.head(pooled).unflatten(1, CARDS_SHAPE)


class PooledLight(nn.Module):
    """Reads the light from features of a pretrained network, pooled over the picture: what they mean is known already.

    What it says is added to what a `LightEncoder` says. The features are not changed by it.
    """

    def __init__(self, in_channels: int) -> None:
        """Read feature maps that have `in_channels` together."""
        super().__init__()
        self.hidden = nn.Linear(NUM_POOLED * in_channels, HEAD_WIDTH)
        self.out = zero_initialised(nn.Linear(HEAD_WIDTH, math.prod(CARDS_SHAPE)))

    def forward(self, maps: Sequence[Float[Tensor, "b _ _ _"]]) -> Float[Tensor, "b 5 3"]:
        """Return how bright grey cards would be: natural logs over mid grey, see `Triple.light`."""
        with torch.autocast(maps[0].device.type, enabled=False):
            pooled = torch.cat([_pooled(features.detach().float()) for features in maps], dim=1)
            return self.out(F.silu(self.hidden(pooled))).unflatten(1, CARDS_SHAPE)


def light_readers(model: nn.Module) -> list[nn.Parameter]:
    """Return the parameters of all `PooledLight` in a model."""
    readers = (module for module in model.modules() if isinstance(module, PooledLight))
    return [parameter for reader in readers for parameter in reader.parameters()]


def _pooled(features: Float[Tensor, "b c h w"]) -> Float[Tensor, "b _"]:
    flat = features.flatten(2)
    return torch.cat([flat.mean(2), flat.std(2), flat.amax(2)], dim=1)


def _layer(in_channels: int, channels: int) -> nn.Sequential:
    return nn.Sequential(
        nn.GroupNorm(_num_groups(in_channels), in_channels), nn.SiLU(), nn.Conv2d(in_channels, channels, 3, padding=1)
    )


def _num_groups(channels: int) -> int:
    return max(1, channels // 16)
