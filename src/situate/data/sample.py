"""From a `Triple` to what the networks see; composing uses the same canvas, window and paste functions."""

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import torch
from jaxtyping import Float, UInt8
from pydantic import BaseModel, ConfigDict, Field
from torch import Tensor

from situate.data import transforms
from situate.data.supervision import supervision
from situate.geometry.canvas import Letterbox, position_of, resize_float, to_signed, to_tensor
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
        turn_probability: How often the placement network sees the foreground of a photograph, frame or pair without
            composite a little turned and smaller, so that its outline and sharpness do not tell where it was cut out.
        reduce_probability: How often the pictures are made smaller first.
        recolour_probability: How often the cut-out of a pair without composite gets other colours.
        wear_probability: How often rendered pictures are resampled, get noise and go through JPEG, as photographs
            always do: what is learnt from them should hold for pictures of cameras.
        num_positions: Positions that teach a sample, where the source knows so many.
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
    turn_probability: float = 0.5
    reduce_probability: float = 0.0
    recolour_probability: float = 0.0
    wear_probability: float = 0.0
    num_positions: int = Field(default=1, ge=1)


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
    if not is_rendered(triple):
        triple = transforms.with_foreground_light(triple, np.random.default_rng(_VALIDATION_LIGHT_SEED))
    window = composing_window(triple, config)
    sample = _sample(triple, window, config, triple.foreground)
    if not triple.decoy_mask.any():
        return sample
    return _beside(sample, _sample(_without_decoys(triple), window, config, triple.foreground))


def is_rendered(triple: Triple) -> bool:
    """Whether a foreground was rendered alone, under a light of its own, and not cut from a picture."""
    return triple.source in ("scenes", "places")


def _without_decoys(triple: Triple) -> Triple:
    return replace(triple, background=triple.background_without_decoys)


def _beside(sample: Batch, twin: Batch) -> Batch:
    return replace(sample, without_decoys=twin.placement.background, has_decoys=torch.ones(1))


def _augmented_sample(triple: Triple, seed: int, config: SampleConfig) -> Batch:
    generator = np.random.default_rng(seed)
    # Without a draw where there is nothing to decide, so that recipes that do not use it see what they always saw.
    if config.reduce_probability and generator.random() < config.reduce_probability:
        triple = transforms.reduced(triple, generator)
    if generator.random() < config.flip_probability:
        triple = transforms.flipped(triple)
    if generator.random() < config.crop_probability:
        triple = transforms.cropped(triple, generator)
    triple = transforms.with_paired_light(triple, generator)
    if not is_rendered(triple):
        # Cut from the composite itself: without another light there would be nothing to learn. Rendered foregrounds
        # already stand in another light, and more change than composing will meet teaches the network to distrust them.
        triple = transforms.with_foreground_light(triple, generator)
    if _is_worn(triple, generator, config):
        triple = transforms.with_paired_wear(triple, generator)
    window = _drawn_window(triple, generator, config)
    shown = triple.foreground
    if triple.source != "scenes" and generator.random() < config.turn_probability:
        shown = transforms.turned(shown, generator)
    if triple.source == "places" and config.recolour_probability and generator.random() < config.recolour_probability:
        shown = transforms.recoloured(shown, generator)
    return _sample(_with_drawn_order(triple, generator), window, config, shown)


def _is_worn(triple: Triple, generator: np.random.Generator, config: SampleConfig) -> bool:
    if not is_rendered(triple):
        return triple.source == "photos"
    return config.wear_probability > 0 and generator.random() < config.wear_probability


def _with_drawn_order(triple: Triple, generator: np.random.Generator) -> Triple:
    """The same triple with its places in another order, of which the first teach."""
    if triple.places is None or not len(triple.places):
        return triple
    boxes = generator.permutation(np.concatenate([[triple.box_cxcywh], triple.places]))
    cx, cy, w, h = (float(value) for value in boxes[0])
    return replace(triple, box_cxcywh=(cx, cy, w, h), places=boxes[1:].astype(np.float32))


def composing_window(triple: Triple, config: SampleConfig) -> Window:
    """The window that composing at the true place would use."""
    resolution_wh = _resolution_wh(triple)
    if config.conditioning == "literal":
        return whole_window(resolution_wh)
    return snapped_window(triple.box_cxcywh, resolution_wh, config.window_size)[0]


def _sample(triple: Triple, window: Window, config: SampleConfig, shown: UInt8[np.ndarray, "sh sw 4"]) -> Batch:
    """Make a sample; `shown` is how the placement network sees the foreground."""
    image = np.dstack([triple.composite, triple.visible_alpha, triple.effect])
    placement = placement_input(triple.background, shown, config.background_size, config.foreground_size)
    fh, fw = triple.foreground.shape[:2]
    placement = replace(placement, log_aspect=torch.full((1,), math.log(fw / fh)))
    return Batch(
        placement=placement,
        synthesis=synthesis_input(
            triple.background, triple.foreground, triple.box_cxcywh, window, config.window_size, config.conditioning
        ),
        positions=_positions(triple, config.num_positions),
        has_composite=torch.tensor([float(triple.source != "places")]),
        image=to_tensor(to_signed(_crop_layers(image, window, config.window_size))),
        image_weight=_image_weight(triple, window, config.window_size),
        light=torch.zeros(1, *LIGHT_SHAPE) if triple.light is None else torch.from_numpy(triple.light)[None],
        light_weight=torch.tensor([float(triple.light is not None)]),
        without_decoys=placement.background,
        has_decoys=torch.zeros(1),
    )


def _positions(triple: Triple, num: int) -> Float[Tensor, "1 {num} 3"]:
    """Where the object stands, and the next places where it could as well; from the start again if there are fewer."""
    places = [] if triple.places is None else triple.places.tolist()
    known = [triple.box_cxcywh, *places][:num]
    letterbox = Letterbox(*_resolution_wh(triple))
    positions = [_position(letterbox, known[number % len(known)]) for number in range(num)]
    return torch.tensor([positions], dtype=torch.float32)


def _position(letterbox: Letterbox, box_cxcywh: Sequence[float]) -> tuple[float, float, float]:
    """The anchor and log height; an anchor on the picture's very edge is moved inside, where the density can see it."""
    cx, cy, w, h = box_cxcywh
    left, top, right, bottom = letterbox.content_xyxy
    anchor_x, anchor_y, log_height = position_of(letterbox.box_to_canvas((cx, cy, w, h)))
    anchor_x = min(max(anchor_x, left + _EDGE_MARGIN), right - _EDGE_MARGIN)
    anchor_y = min(max(anchor_y, top + _EDGE_MARGIN), bottom - _EDGE_MARGIN)
    return anchor_x, anchor_y, log_height


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
