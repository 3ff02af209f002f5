"""One triple from one object of one photograph (method step T1a)."""

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from jaxtyping import Bool, UInt8

from situate.data.cutout import decontaminate, soft_alpha
from situate.data.photos.config import PhotoConfig
from situate.data.photos.crops import MaskCrop
from situate.data.photos.decoys import StandHistogram, draw_decoys
from situate.data.photos.hole import hole_around, shadow_side
from situate.data.photos.inpaint import inpaint
from situate.imageio.foreground import ALPHA_TRIM
from situate.records.triple import Triple
from situate.seeds import seed_for

ALPHA_SHOWN = int(ALPHA_TRIM * 255) + 1
"""The least alpha that counts as the object."""
MAX_OBJECT_FRACTION = 0.1
MAX_AVOIDED_FRACTION = 0.4
"""If other objects cover more of the photograph, repairs may copy from them: too little else is left."""


@dataclass(frozen=True)
class Photograph:
    """A photograph at the working size, with what is needed of it at full size.

    Attributes:
        full: The whole photograph.
        reduced: The same at the working size.
    """

    full: UInt8[np.ndarray, "h w 3"]
    reduced: UInt8[np.ndarray, "rh rw 3"]


@dataclass(frozen=True)
class Subject:
    """The object a triple is made of.

    Attributes:
        key: The triple's key.
        group: The triple's group.
        kind: The triple's kind.
        crop: The object's mask at full size.
        others: The masks of the other annotated objects of the photograph, at the working size.
    """

    key: str
    group: str
    kind: str
    crop: MaskCrop
    others: Sequence[MaskCrop]


def photograph(full: UInt8[np.ndarray, "h w 3"], size_px: int) -> Photograph:
    """Reduce a photograph to at most `size_px`; a small one keeps its size."""
    return Photograph(full, _reduce(full, size_px))


def make_triple(photo: Photograph, subject: Subject, stands: StandHistogram, config: PhotoConfig) -> tuple[Triple, int]:
    """Cut the object out, repair where it stood and at the decoys.

    The composite is the photograph with the decoys repaired; the background is the same with the object's hole
    repaired too, so that the two differ inside the hole only.

    Returns:
        The triple, and how many decoys found no room.
    """
    generator = np.random.default_rng(seed_for(config.seed, "hole", subject.key))
    cutout = _cut(photo.full, subject.crop)
    visible = _visible(photo, cutout)
    mask = visible > 0
    side = shadow_side(photo.reduced, mask)
    hole = hole_around(mask, side, generator)
    num_decoys = int(generator.integers(config.num_decoys[0], config.num_decoys[1] + 1))
    decoys = draw_decoys(
        mask,
        hole,
        subject.others,
        stands.of(subject.kind),
        num_decoys=num_decoys,
        side=side,
        generator=generator,
    )
    feigned = np.logical_or.reduce([np.zeros_like(hole), *decoys])
    repair_seed = seed_for(config.seed, "repair", subject.key)
    avoid = _not_to_copy(subject.others, hole.shape)
    background = inpaint(photo.reduced, hole | feigned, avoid, config.inpainter, seed=repair_seed)
    triple = Triple(
        key=subject.key,
        group=subject.group,
        source="photos",
        kind=subject.kind,
        background=background,
        composite=np.where(feigned[..., None], background, photo.reduced),
        foreground=_reduce_straight(cutout.pixels, config.foreground_px),
        visible_alpha=visible,
        effect=_to_u8(visible >= ALPHA_SHOWN),
        hole=_to_u8(hole),
        box_cxcywh=_box_cxcywh(cutout, photo.full.shape[:2]),
    )
    return triple, num_decoys - len(decoys)


@dataclass(frozen=True)
class _CutOut:
    pixels: UInt8[np.ndarray, "ch cw 4"]
    left: int
    top: int


def _cut(full: np.ndarray, crop: MaskCrop) -> _CutOut:
    """Cut the object out at full size, trimmed to what shows."""
    mask = crop.window(0, 0, full.shape[1], full.shape[0])
    # A soft edge may leave nothing of a thin object; all of the mask always stays.
    alpha = np.maximum(soft_alpha(full, mask), mask.astype(np.uint8) * ALPHA_SHOWN)
    colours = decontaminate(full, alpha)
    left, top, width, height = cv2.boundingRect((alpha >= ALPHA_SHOWN).view(np.uint8))
    rows, columns = slice(top, top + height), slice(left, left + width)
    return _CutOut(np.dstack([colours[rows, columns], alpha[rows, columns]]), left, top)


def _visible(photo: Photograph, cutout: _CutOut) -> UInt8[np.ndarray, "rh rw"]:
    canvas = np.zeros(photo.full.shape[:2], np.uint8)
    height, width = cutout.pixels.shape[:2]
    canvas[cutout.top : cutout.top + height, cutout.left : cutout.left + width] = cutout.pixels[..., 3]
    return cv2.resize(canvas, photo.reduced.shape[1::-1], interpolation=cv2.INTER_AREA)


def _not_to_copy(others: Sequence[MaskCrop], canvas_hw: tuple[int, int]) -> Bool[np.ndarray, "rh rw"]:
    """Return the other objects, but for those as large as a table or a bed: they are what others stand on."""
    height, width = canvas_hw
    objects = np.zeros(canvas_hw, bool)
    for other in others:
        if other.area_px <= MAX_OBJECT_FRACTION * height * width:
            objects |= other.window(0, 0, width, height)
    grown = cv2.dilate(objects.view(np.uint8), np.ones((3, 3), np.uint8)).view(bool)
    return grown if np.count_nonzero(grown) <= MAX_AVOIDED_FRACTION * grown.size else np.zeros(canvas_hw, bool)


def _reduce(pixels: np.ndarray, longest_px: int) -> np.ndarray:
    height, width = pixels.shape[:2]
    scale = longest_px / max(height, width)
    if scale >= 1:
        return pixels
    size_wh = max(1, round(width * scale)), max(1, round(height * scale))
    return cv2.resize(pixels, size_wh, interpolation=cv2.INTER_AREA)


def _reduce_straight(rgba: UInt8[np.ndarray, "h w 4"], longest_px: int) -> UInt8[np.ndarray, "fh fw 4"]:
    """Reduce straight-alpha pixels; colours are averaged by how much of them shows."""
    if max(rgba.shape[:2]) <= longest_px:
        return np.ascontiguousarray(rgba)
    # One 255th keeps the colours where nothing shows, instead of dividing by nothing.
    weight = np.maximum(rgba[..., 3:].astype(np.float32), 1)
    weighted = _reduce(np.dstack([rgba[..., :3] * weight, weight]), longest_px)
    alpha = _reduce(rgba[..., 3], longest_px)
    colours = weighted[..., :3] / weighted[..., 3:]
    return np.dstack([np.clip(colours + 0.5, 0, 255).astype(np.uint8), alpha])


def _box_cxcywh(cutout: _CutOut, full_hw: tuple[int, int]) -> tuple[float, float, float, float]:
    (height, width), (full_height, full_width) = cutout.pixels.shape[:2], full_hw
    return (
        (cutout.left + width / 2) / full_width,
        (cutout.top + height / 2) / full_height,
        width / full_width,
        height / full_height,
    )


def _to_u8(mask: Bool[np.ndarray, "h w"]) -> UInt8[np.ndarray, "h w"]:
    return mask.astype(np.uint8) * 255
