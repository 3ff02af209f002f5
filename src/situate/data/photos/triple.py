"""One triple from one object of one photograph (method step T1a)."""

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from jaxtyping import Bool, UInt8

from situate.data.objects.crops import MaskCrop, box_cxcywh_of
from situate.data.objects.cut import CutOut, cut_object
from situate.data.photos.config import PhotoConfig
from situate.data.photos.decoys import StandHistogram
from situate.data.photos.repair import RepairConfig, repaired
from situate.data.reduce import reduced, reduced_straight
from situate.imageio.foreground import ALPHA_SHOWN
from situate.records.triple import Triple


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
        quality: Of the cut-out, [0, 1].
    """

    key: str
    group: str
    kind: str
    crop: MaskCrop
    others: Sequence[MaskCrop]
    quality: float


def photograph(full: UInt8[np.ndarray, "h w 3"], size_px: int) -> Photograph:
    """Reduce a photograph to at most `size_px`; a small one keeps its size."""
    return Photograph(full, reduced(full, size_px))


@dataclass(frozen=True)
class Made:
    """A triple, and what fell short.

    Attributes:
        triple: It.
        num_decoys_missing: Decoys that found no room.
        is_matting_failed: Whether the soft edge is the guided filter's because what was asked for found none.
    """

    triple: Triple
    num_decoys_missing: int
    is_matting_failed: bool


def make_triple(photo: Photograph, subject: Subject, stands: StandHistogram, config: PhotoConfig) -> Made:
    """Cut the object out, repair where it stood and at the decoys.

    The composite is the photograph with the decoys repaired; the background is the same with the object's hole
    repaired too, so that the two differ inside the hole only.
    """
    cutout = cut_object(photo.full, subject.crop, config.matting)
    visible = _visible(photo, cutout)
    how = RepairConfig(config.inpainter, config.num_decoys, config.seed)
    repair = repaired(photo.reduced, visible > 0, subject.others, stands.of(subject.kind), how, subject.key)
    triple = Triple(
        key=subject.key,
        group=subject.group,
        source="photos",
        kind=subject.kind,
        background=repair.background,
        composite=repair.composite,
        foreground=reduced_straight(cutout.pixels, config.foreground_px),
        visible_alpha=visible,
        effect=_to_u8(visible >= ALPHA_SHOWN),
        hole=_to_u8(repair.hole),
        decoys=repair.decoys,
        quality=subject.quality,
        box_cxcywh=box_cxcywh_of(subject.crop.box_xywh_px, photo.full.shape[:2]),
    )
    return Made(triple, repair.num_missing, cutout.is_matting_failed)


def _visible(photo: Photograph, cutout: CutOut) -> UInt8[np.ndarray, "rh rw"]:
    canvas = np.zeros(photo.full.shape[:2], np.uint8)
    height, width = cutout.pixels.shape[:2]
    canvas[cutout.top : cutout.top + height, cutout.left : cutout.left + width] = cutout.pixels[..., 3]
    return cv2.resize(canvas, photo.reduced.shape[1::-1], interpolation=cv2.INTER_AREA)


def _to_u8(mask: Bool[np.ndarray, "h w"]) -> UInt8[np.ndarray, "h w"]:
    return mask.astype(np.uint8) * 255
