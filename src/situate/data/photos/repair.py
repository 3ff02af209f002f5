"""A photograph repaired where an object stood, and at decoys where none did (docs/photos.md)."""

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from jaxtyping import Bool, UInt8

from situate.data.objects.crops import MaskCrop
from situate.data.photos.decoys import Stand, draw_decoys
from situate.data.photos.hole import hole_around, shadow_side
from situate.data.photos.inpaint import inpaint
from situate.seeds import seed_for

MAX_OBJECT_FRACTION = 0.1
MAX_AVOIDED_FRACTION = 0.4
"""If other objects cover more of the photograph, repairs may copy from them: too little else is left."""


@dataclass(frozen=True)
class RepairConfig:
    """How holes are repaired.

    Attributes:
        inpainter: See `inpaint`.
        num_decoys: Least and most places repaired although nothing stood there.
        seed: Of everything drawn, together with the key.
    """

    inpainter: str
    num_decoys: tuple[int, int]
    seed: int


@dataclass(frozen=True)
class Repair:
    """What became of a photograph; background and composite differ inside the hole only.

    Attributes:
        background: Repaired at the hole and at the decoys.
        composite: Repaired at the decoys only.
        hole: The object, its rim and its shadow side.
        decoys: What the photograph shows where nothing stood and all the same it was repaired; see `Triple.decoys`.
        num_missing: Decoys that found no room.
    """

    background: UInt8[np.ndarray, "h w 3"]
    composite: UInt8[np.ndarray, "h w 3"]
    hole: Bool[np.ndarray, "h w"]
    decoys: UInt8[np.ndarray, "h w 4"]
    num_missing: int


def repaired(
    picture: UInt8[np.ndarray, "h w 3"],
    mask: Bool[np.ndarray, "h w"],
    others: Sequence[MaskCrop],
    stands: Sequence[Stand],
    config: RepairConfig,
    key: str,
) -> Repair:
    """Take the object at `mask` out of `picture`.

    Args:
        picture: With the object.
        mask: All of the object.
        others: Other objects, which are not copied from and hardly cut by decoys.
        stands: Where decoys may be put, the smallest first.
        config: How.
        key: Of the triple; with the seed it decides every draw.
    """
    generator = np.random.default_rng(seed_for(config.seed, "hole", key))
    side = shadow_side(picture, mask)
    hole = hole_around(mask, side, generator)
    num_decoys = int(generator.integers(config.num_decoys[0], config.num_decoys[1] + 1))
    drawn = draw_decoys(mask, hole, others, stands, num_decoys=num_decoys, side=side, generator=generator)
    decoys = np.logical_or.reduce([np.zeros_like(hole), *drawn])
    avoid = _not_to_copy(others, hole.shape)
    seed = seed_for(config.seed, "repair", key)
    background = inpaint(picture, hole | decoys, avoid, config.inpainter, seed=seed)
    composite = np.where(decoys[..., None], background, picture)
    replaced = np.dstack([picture * decoys[..., None], decoys.astype(np.uint8) * 255])
    return Repair(background, composite, hole, replaced, num_decoys - len(drawn))


def _not_to_copy(others: Sequence[MaskCrop], canvas_hw: tuple[int, int]) -> Bool[np.ndarray, "h w"]:
    """Return the other objects, but for those as large as a table or a bed: they are what others stand on."""
    height, width = canvas_hw
    objects = np.zeros(canvas_hw, bool)
    for other in others:
        if other.area_px <= MAX_OBJECT_FRACTION * height * width:
            objects |= other.window(0, 0, width, height)
    grown = cv2.dilate(objects.view(np.uint8), np.ones((3, 3), np.uint8)).view(bool)
    return grown if np.count_nonzero(grown) <= MAX_AVOIDED_FRACTION * grown.size else np.zeros(canvas_hw, bool)
