"""What the one frozen encoder says of each pair, computed once and kept in memory as float16."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, fields, replace

import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812
from jaxtyping import Float
from torch import Tensor

from peers.config import PeerConfig
from situate.data.sample import SampleConfig, is_rendered, training_sample
from situate.data.transforms import with_foreground_light
from situate.geometry.canvas import Letterbox, position_of
from situate.geometry.frames import placement_input
from situate.nn.pretrained import CHANNELS, LAST_BLOCKS, backbone_features, pretrained_backbone
from situate.pipeline.device import fast_autocast
from situate.records.batch import PlacementInput
from situate.records.triple import Triple
from situate.seeds import seed_for

FINE_CHANNELS, TOKEN_CHANNELS, COARSE_CHANNELS = CHANNELS.values()
_SMALLEST_WINDOW = 16


@dataclass(frozen=True)
class EncodedPairs:
    """Background and foreground of some triples as the frozen encoder sees them, and where the object stood.

    Attributes:
        fine: Background at stride 8.
        middle: Background at stride 16; the last channel is the share of each cell that is picture.
        coarse: Background at stride 32.
        foreground_middle: Foreground at stride 16; the last channel is its alpha.
        foreground_coarse: Foreground at stride 32.
        content_xyxy: The part of the canvas that is picture.
        log_aspect: log(width / height) of the cut-out.
        picture_wh: Size of the picture in pixels.
        position: Truth: anchor x, anchor y and log height on the canvas.
    """

    fine: Float[Tensor, "b 40 gh gw"]
    middle: Float[Tensor, "b 113 th tw"]
    coarse: Float[Tensor, "b 320 ch cw"]
    foreground_middle: Float[Tensor, "b 113 fh fw"]
    foreground_coarse: Float[Tensor, "b 320 sh sw"]
    content_xyxy: Float[Tensor, "b 4"]
    log_aspect: Float[Tensor, " b"]
    picture_wh: Float[Tensor, "b 2"]
    position: Float[Tensor, "b 3"]

    def __len__(self) -> int:
        """Number of pairs."""
        return len(self.position)

    def parts(self) -> list["EncodedPairs"]:
        """Return each pair by itself."""
        columns = {field.name: getattr(self, field.name).split(1) for field in fields(self)}
        return [
            EncodedPairs(**{name: column[number].clone() for name, column in columns.items()})
            for number in range(len(self))
        ]


def joined(parts: Sequence[EncodedPairs]) -> EncodedPairs:
    """Join pairs along the first axis, as float32."""
    columns = {field.name: [getattr(part, field.name) for part in parts] for field in fields(EncodedPairs)}
    return EncodedPairs(**{name: torch.cat(column).float() for name, column in columns.items()})


@dataclass(frozen=True)
class PlacedInput:
    """Pictures of one pair and the true position, before they are encoded."""

    inputs: PlacementInput
    picture_wh: tuple[int, int]
    position: Float[Tensor, "1 3"]

    def mirrored(self) -> "PlacedInput":
        """Left to right."""
        inputs = replace(
            self.inputs,
            background=self.inputs.background.flip(-1),
            foreground=self.inputs.foreground.flip(-1),
            alpha=self.inputs.alpha.flip(-1),
        )
        x, y, log_height = self.position.unbind(1)
        return PlacedInput(inputs, self.picture_wh, torch.stack([1 - x, y, log_height], dim=1))


def training_inputs(triple: Triple, config: PeerConfig) -> list[PlacedInput]:
    """All augmented versions of a triple, each also mirrored; what is random comes from the triple's key."""
    sample_config = SampleConfig(
        background_size=config.background_size,
        foreground_size=config.foreground_size,
        window_size=_SMALLEST_WINDOW,
        flip_probability=0.0,
    )
    placed = []
    for version in range(config.num_versions):
        sample = training_sample(triple, seed_for(config.seed, "peers", triple.key, version), sample_config)
        one = PlacedInput(sample.placement, _picture_wh(triple), sample.positions[:, 0])
        placed += [one, one.mirrored()]
    return placed


def plain_input(triple: Triple, config: PeerConfig, generator: np.random.Generator) -> PlacedInput:
    """A pair as composing would see it; light of a foreground that was cut from the composite is changed."""
    if not is_rendered(triple):
        triple = with_foreground_light(triple, generator)
    inputs = placement_input(triple.background, triple.foreground, config.background_size, config.foreground_size)
    position = position_of(Letterbox(*_picture_wh(triple)).box_to_canvas(triple.box_cxcywh))
    return PlacedInput(inputs, _picture_wh(triple), torch.tensor([position], dtype=torch.float32))


def validation_inputs(triple: Triple, config: PeerConfig) -> list[PlacedInput]:
    """A pair without augmentation and its mirror image."""
    one = plain_input(triple, config, np.random.default_rng(seed_for(config.seed, "validation", triple.key)))
    return [one, one.mirrored()]


class FrozenEncoder:
    """EfficientNet-Lite0 with what it learnt on ImageNet; nothing of it is trained here.

    Source:
        See `situate.nn.pretrained`. It sees foregrounds with premultiplied alpha, on grey.
    """

    def __init__(self) -> None:
        """Load the weights; nothing is downloaded."""
        self.backbone = pretrained_backbone().eval().requires_grad_(False)

    @torch.inference_mode()
    def __call__(self, placed: Sequence[PlacedInput]) -> list[EncodedPairs]:
        """Encode some pairs."""
        background = torch.cat([one.inputs.background for one in placed])
        alpha = torch.cat([one.inputs.alpha for one in placed])
        fine, middle, coarse = self._strides(background)
        _, foreground_middle, foreground_coarse = self._strides(torch.cat([one.inputs.foreground for one in placed]))
        content_xyxy = torch.cat([one.inputs.content_xyxy for one in placed])
        share = cell_shares(content_xyxy, middle.shape[-1])[:, None].half()
        alpha = F.adaptive_avg_pool2d(alpha, foreground_middle.shape[-2:]).half()
        pairs = EncodedPairs(
            fine=fine,
            middle=torch.cat([middle, share], dim=1),
            coarse=coarse,
            foreground_middle=torch.cat([foreground_middle, alpha], dim=1),
            foreground_coarse=foreground_coarse,
            content_xyxy=content_xyxy,
            log_aspect=torch.cat([one.inputs.log_aspect for one in placed]),
            picture_wh=torch.tensor([one.picture_wh for one in placed], dtype=torch.float32),
            position=torch.cat([one.position for one in placed]),
        )
        return pairs.parts()

    def _strides(self, pixels: Float[Tensor, "b 3 h w"]) -> list[Float[Tensor, "b _ _ _"]]:
        with fast_autocast(pixels.device):
            strides = backbone_features(self.backbone, pixels, list(LAST_BLOCKS.values()))
        return [stride.half() for stride in strides]


def encoded(
    encoder: FrozenEncoder,
    triples: Iterable[Triple],
    inputs_of: Callable[[Triple], list[PlacedInput]],
) -> list[EncodedPairs]:
    """Encode what `inputs_of` makes of each triple, one triple at a time."""
    return [pair for triple in triples for pair in encoder(inputs_of(triple))]


def cell_shares(box_xyxy: Float[Tensor, "b 4"], side: int) -> Float[Tensor, "b {side} {side}"]:
    """Return how much of each cell of a grid on the canvas boxes cover, [0, 1]; differentiable in the boxes' edges."""
    low = torch.arange(side, device=box_xyxy.device) / side
    left, top, right, bottom = box_xyxy[:, :, None].unbind(1)
    columns = (torch.minimum(right, low + 1 / side) - torch.maximum(left, low)).clamp(min=0) * side
    rows = (torch.minimum(bottom, low + 1 / side) - torch.maximum(top, low)).clamp(min=0) * side
    return rows[:, :, None] * columns[:, None, :]


def _picture_wh(triple: Triple) -> tuple[int, int]:
    return triple.background.shape[1], triple.background.shape[0]
