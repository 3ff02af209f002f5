"""What the repair detector sees: a repaired hole with a thin rim, real or feigned, and nothing else of the picture."""

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from jaxtyping import Bool, UInt8

from situate.data.photos.inpaint import inpaint
from situate.records.triple import Triple
from situate.seeds import seed_for

RIM_PX = 8
PATCH_PX = 64
MAX_TRIES = 40


@dataclass(frozen=True)
class Patch:
    """A place that was repaired, or is said to have been.

    Attributes:
        pixels: Colours, and 255 where the hole is in the fourth channel; all 0 farther than `RIM_PX` from the hole.
            At the picture's own scale unless it is larger than `PATCH_PX`.
        is_real: Whether an object stood there.
        group: Of the triple.
    """

    pixels: UInt8[np.ndarray, "s s 4"]
    is_real: bool
    group: str


def decoy_patches(triples: Sequence[Triple], *, seed: int) -> list[Patch]:
    """Cut the real hole and one decoy, drawn at random, out of the background of every triple that has decoys."""
    patches = []
    for triple in triples:
        decoys = pieces_of(triple.decoy_mask)
        if not decoys or not triple.hole.any():
            continue
        generator = np.random.default_rng(seed_for(seed, "decoy", triple.key))
        decoy = decoys[int(generator.integers(len(decoys)))]
        patches += _pair(triple.background, triple.hole > 0, triple.background, decoy, triple.group)
    return patches


def control_patches(triples: Sequence[Triple], *, seed: int) -> list[Patch]:
    """The positive control: the hole repaired by Telea's method, and the same hole elsewhere, where nothing was done.

    A detector that does not tell these two apart is too weak to say anything.
    """
    patches = []
    for triple in triples:
        hole = triple.hole > 0
        generator = np.random.default_rng(seed_for(seed, "control", triple.key))
        elsewhere = _moved(hole, _repaired(triple), generator) if hole.any() else None
        if elsewhere is None:
            continue
        smeared = inpaint(triple.composite, hole, np.zeros_like(hole), "telea", seed=0)
        patches += _pair(smeared, hole, triple.composite, elsewhere, triple.group)
    return patches


def pieces_of(mask: Bool[np.ndarray, "h w"]) -> list[Bool[np.ndarray, "h w"]]:
    """Return the connected pieces of a mask: one for every decoy, which keep apart from each other."""
    num, labels = cv2.connectedComponents(mask.view(np.uint8), connectivity=8)
    return [labels == number for number in range(1, num)]


def _pair(
    background: np.ndarray, hole: np.ndarray, other_background: np.ndarray, other: np.ndarray, group: str
) -> list[Patch]:
    return [Patch(_cut(background, hole), True, group), Patch(_cut(other_background, other), False, group)]


def _repaired(triple: Triple) -> np.ndarray:
    return (triple.hole > 0) | triple.decoy_mask


def _moved(hole: np.ndarray, taken: np.ndarray, generator: np.random.Generator) -> np.ndarray | None:
    """Return the hole's shape at a random place that `taken` leaves free; None if none was found."""
    left, top, width, height = cv2.boundingRect(hole.view(np.uint8))
    shape = hole[top : top + height, left : left + width]
    for _ in range(MAX_TRIES):
        row = int(generator.integers(hole.shape[0] - height + 1))
        column = int(generator.integers(hole.shape[1] - width + 1))
        place = slice(row, row + height), slice(column, column + width)
        if not (taken[place] & shape).any():
            moved = np.zeros_like(hole)
            moved[place] = shape
            return moved
    return None


def _cut(picture: np.ndarray, hole: np.ndarray) -> UInt8[np.ndarray, "s s 4"]:
    near = cv2.distanceTransform((~hole).view(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_PRECISE) <= RIM_PX
    left, top, width, height = cv2.boundingRect(near.view(np.uint8))
    place = slice(top, top + height), slice(left, left + width)
    layers = np.dstack([picture[place], hole[place].astype(np.uint8) * 255])
    layers[~near[place]] = 0
    scale = min(1.0, PATCH_PX / max(height, width))
    if scale < 1:
        size_wh = max(1, round(width * scale)), max(1, round(height * scale))
        layers = cv2.resize(layers, size_wh, interpolation=cv2.INTER_AREA)
    patch = np.zeros((PATCH_PX, PATCH_PX, 4), np.uint8)
    first_row, first_column = (PATCH_PX - layers.shape[0]) // 2, (PATCH_PX - layers.shape[1]) // 2
    patch[first_row : first_row + layers.shape[0], first_column : first_column + layers.shape[1]] = layers
    return patch
