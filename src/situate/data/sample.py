"""From a `Triple` to what the networks see; composing uses the same canvas, window and paste functions."""

from dataclasses import dataclass, replace

import numpy as np
import torch
from jaxtyping import Float, UInt8
from pydantic import BaseModel, ConfigDict
from torch import Tensor

from situate.data import transforms
from situate.geometry.canvas import BoxCxcywh, Letterbox, position_of, resize_float, to_signed, to_tensor
from situate.geometry.frames import Conditioning, placement_input, synthesis_input
from situate.geometry.window import Window, crop_resized, snapped_window, whole_window, window_round
from situate.records.batch import Batch
from situate.records.triple import LIGHT_SHAPE, Triple


class SampleConfig(BaseModel):
    """How triples become samples; the sizes must agree with the model's.

    Attributes:
        background_size: Side of the placement canvas in pixels.
        foreground_size: Side of the foreground canvas in pixels.
        window_size: Side of the window in pixels.
        conditioning: `pasted` or `literal` (whole picture, nothing pasted).
        tight_sizes: Range of window sides in object sizes, drawn log-uniformly.
        wide_probability: How often a window is drawn between tight and the whole picture instead.
        flip_probability: How often a sample is mirrored.
        crop_probability: How often a part of the picture that holds the object is taken for the whole.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    background_size: int = 64
    foreground_size: int = 32
    window_size: int = 64
    conditioning: Conditioning = "pasted"
    tight_sizes: tuple[float, float] = (1.9, 4.2)
    wide_probability: float = 0.15
    flip_probability: float = 0.5
    crop_probability: float = 0.5


def training_sample(triple: Triple, seed: int, config: SampleConfig) -> Batch:
    """Make one augmented sample; everything random comes from `seed`."""
    sample = _augmented_sample(triple, seed, config)
    if not triple.decoy_mask.any():
        return sample
    # The same draws for both: they differ where decoys are and nowhere else.
    return _beside(sample, _augmented_sample(_without_decoys(triple), seed, config))


def validation_sample(triple: Triple, config: SampleConfig) -> Batch:
    """Make one sample as composing would see it: no augmentation, the snapped window round the true place.

    Foregrounds of photographs and frames are cut from the composite itself; their light is changed with a fixed seed.
    """
    if triple.source != "scenes":
        triple = transforms.with_foreground_light(triple, np.random.default_rng(_VALIDATION_LIGHT_SEED))
    window = composing_window(triple, config)
    sample = _sample(triple, window, config)
    if not triple.decoy_mask.any():
        return sample
    return _beside(sample, _sample(_without_decoys(triple), window, config))


def _without_decoys(triple: Triple) -> Triple:
    return replace(triple, background=triple.background_without_decoys)


def _beside(sample: Batch, twin: Batch) -> Batch:
    return replace(sample, without_decoys=twin.placement.background, has_decoys=torch.ones(1))


def _augmented_sample(triple: Triple, seed: int, config: SampleConfig) -> Batch:
    generator = np.random.default_rng(seed)
    if generator.random() < config.flip_probability:
        triple = transforms.flipped(triple)
    if generator.random() < config.crop_probability:
        triple = transforms.cropped(triple, generator)
    triple = transforms.with_paired_light(triple, generator)
    if triple.source != "scenes":
        # Cut from the composite itself: without another light there would be nothing to learn. Rendered foregrounds
        # already stand in another light, and more change than composing will meet teaches the network to distrust them.
        triple = transforms.with_foreground_light(triple, generator)
    if triple.source == "photos":
        triple = transforms.with_paired_wear(triple, generator)
    return _sample(triple, _drawn_window(triple, generator, config), config)


def composing_window(triple: Triple, config: SampleConfig) -> Window:
    """The window that composing at the true place would use."""
    resolution_wh = _resolution_wh(triple)
    if config.conditioning == "literal":
        return whole_window(resolution_wh)
    return snapped_window(triple.box_cxcywh, resolution_wh, config.window_size)[0]


@dataclass(frozen=True)
class Supervision:
    """What a source can teach, per pixel, [0, 1] (DESIGN 1.2).

    Scenes teach everything, a static camera all but occlusion, photographs only colours outside the repaired ring and
    the effect inside the object.
    """

    colour: Float[np.ndarray, "h w"]
    visible_alpha: Float[np.ndarray, "h w"]
    effect: Float[np.ndarray, "h w"]


def supervision(triple: Triple) -> Supervision:
    """Return how much each pixel of a triple may teach."""
    everything = np.ones(triple.effect.shape, np.float32)
    nothing = np.zeros_like(everything)
    if triple.source == "scenes":
        return Supervision(everything, everything, everything)
    if triple.source == "static":
        return Supervision(everything, nothing, everything)
    is_object = triple.visible_alpha == _SOLID_U8
    is_repaired = triple.hole > 0
    return Supervision((is_object | ~is_repaired).astype(np.float32), nothing, is_object.astype(np.float32))


def _sample(triple: Triple, window: Window, config: SampleConfig) -> Batch:
    resolution_wh = _resolution_wh(triple)
    box_on_canvas = Letterbox(*resolution_wh).box_to_canvas(triple.box_cxcywh)
    image = np.dstack([triple.composite, triple.visible_alpha, triple.effect])
    placement = placement_input(triple.background, triple.foreground, config.background_size, config.foreground_size)
    return Batch(
        placement=placement,
        synthesis=synthesis_input(
            triple.background, triple.foreground, triple.box_cxcywh, window, config.window_size, config.conditioning
        ),
        position=_position(box_on_canvas, resolution_wh),
        image=to_tensor(to_signed(_crop_layers(image, window, config.window_size))),
        image_weight=_image_weight(triple, window, config.window_size),
        light=torch.zeros(1, *LIGHT_SHAPE) if triple.light is None else torch.from_numpy(triple.light)[None],
        light_weight=torch.tensor([float(triple.light is not None)]),
        without_decoys=placement.background,
        has_decoys=torch.zeros(1),
    )


def _position(box_cxcywh: BoxCxcywh, resolution_wh: tuple[int, int]) -> Float[Tensor, "1 3"]:
    """The anchor and log height; an anchor on the picture's very edge is moved inside, where the density can see it."""
    left, top, right, bottom = Letterbox(*resolution_wh).content_xyxy
    anchor_x, anchor_y, log_height = position_of(box_cxcywh)
    anchor_x = min(max(anchor_x, left + _EDGE_MARGIN), right - _EDGE_MARGIN)
    anchor_y = min(max(anchor_y, top + _EDGE_MARGIN), bottom - _EDGE_MARGIN)
    return torch.tensor([[anchor_x, anchor_y, log_height]], dtype=torch.float32)


def _crop_layers(layers: UInt8[np.ndarray, "h w 5"], window: Window, size: int) -> UInt8[np.ndarray, "{size} {size} 5"]:
    """Crop colours and masks apart: cv2 resamples at most four channels."""
    return np.dstack([crop_resized(layers[..., :3], window, size), crop_resized(layers[..., 3:], window, size)])


def _image_weight(triple: Triple, window: Window, size: int) -> Float[Tensor, "1 5 {size} {size}"]:
    known = supervision(triple)
    padded = _zero_padded(np.dstack([known.colour, known.visible_alpha, known.effect]), window)
    weight = to_tensor(resize_float(padded, (size, size)))
    return torch.cat([weight[:, 0:1].expand(-1, 3, -1, -1), weight[:, 1:]], dim=1)


def _zero_padded(layers: Float[np.ndarray, "h w c"], window: Window) -> Float[np.ndarray, "s s c"]:
    """Cut the window out with zeros outside the picture, where there is no truth."""
    height_px, width_px = layers.shape[:2]
    rows, columns = window.inner_slices((width_px, height_px))
    padded = np.zeros((window.side_px, window.side_px, layers.shape[2]), np.float32)
    top, left = rows.start - window.top_px, columns.start - window.left_px
    inner = layers[rows, columns]
    padded[top : top + inner.shape[0], left : left + inner.shape[1]] = inner
    return padded


def _drawn_window(triple: Triple, generator: np.random.Generator, config: SampleConfig) -> Window:
    resolution_wh = _resolution_wh(triple)
    if config.conditioning == "literal":
        return whole_window(resolution_wh)
    width_px, height_px = resolution_wh
    cx, cy, w, h = triple.box_cxcywh
    object_px = max(w * width_px, h * height_px)
    low, high = config.tight_sizes
    if generator.random() < config.wide_probability:
        low, high = high, max(high, 1.1 * max(resolution_wh) / object_px)
    side_px = max(_MIN_WINDOW_PX, object_px * np.exp(generator.uniform(np.log(low), np.log(high))))
    # The object stays whole in the window wherever the jitter moves it.
    slack = max(0.0, side_px - object_px) / 4
    moved = (
        cx + generator.uniform(-slack, slack) / width_px,
        cy + generator.uniform(-slack, slack) / height_px,
        w,
        h,
    )
    return window_round(moved, resolution_wh, round(side_px))


def _resolution_wh(triple: Triple) -> tuple[int, int]:
    return (triple.background.shape[1], triple.background.shape[0])


_VALIDATION_LIGHT_SEED = 0
_MIN_WINDOW_PX = 8
_EDGE_MARGIN = 1e-3
_SOLID_U8 = 255
