"""Holes where nothing stood, so that a repair does not say where the object was (DESIGN 1.3).

A decoy has the object's own shape, and a place and size at which another object of its kind stands in the data set; its
rim and shadow are made like those of the real hole. Neither shape, size nor place tells the two apart.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from jaxtyping import Bool

from situate.data.photos.crops import MaskCrop, crop_of
from situate.data.photos.hole import ShadowSide, hole_around

MIN_STANDS_OF_KIND = 12
"""Kinds with fewer objects draw from the places of all kinds."""
MAX_STANDS_PER_KIND = 2000
MAX_TRIES = 40
GAP_PX = 2
MAX_CORE_COVERED = 0.15
"""A decoy may cut at most this fraction off another annotated object: half a person would give it away."""
MAX_TOTAL_FRACTION = 0.5
"""Real hole and decoys together leave at least half of the picture to repair from."""


@dataclass(frozen=True)
class Stand:
    """Where an object stands and how tall it is, as fractions of the picture's width and height."""

    bottom_x: float
    bottom_y: float
    height: float


@dataclass(frozen=True)
class StandHistogram:
    """Where the objects of a data set stand.

    Attributes:
        by_kind: At most `MAX_STANDS_PER_KIND` of every kind, evenly over the data set.
        anywhere: The same of all kinds together.
    """

    by_kind: Mapping[str, tuple[Stand, ...]]
    anywhere: tuple[Stand, ...]

    def of(self, kind: str) -> tuple[Stand, ...]:
        """Return the places of `kind`, or of all kinds where there are few."""
        own = self.by_kind.get(kind, ())
        return own if len(own) >= MIN_STANDS_OF_KIND else self.anywhere


def stand_histogram(stands: Sequence[tuple[str, Stand]]) -> StandHistogram:
    """Collect the places of all (kind, place) in the data set's order."""
    by_kind: dict[str, list[Stand]] = {}
    for kind, stand in stands:
        by_kind.setdefault(kind, []).append(stand)
    thinned = {kind: _thin(of_kind) for kind, of_kind in by_kind.items()}
    return StandHistogram(thinned, _thin([stand for _, stand in stands]))


def draw_decoys(
    mask: Bool[np.ndarray, "h w"],
    hole: Bool[np.ndarray, "h w"],
    others: Sequence[MaskCrop],
    stands: Sequence[Stand],
    *,
    num_decoys: int,
    side: ShadowSide,
    generator: np.random.Generator,
) -> list[Bool[np.ndarray, "h w"]]:
    """Draw up to `num_decoys` holes that keep clear of the real one, of each other and of other annotated objects.

    Args:
        mask: The object.
        hole: The real hole.
        others: The other annotated objects of this photograph, at the same size as `mask`.
        stands: Where decoys may be put.
        num_decoys: How many to draw; fewer are returned where the photograph has no room.
        side: To which side shadows fall in this photograph.
        generator: Source of all draws.
    """
    shape = crop_of(mask)
    taken = _grown(hole)
    decoys: list[np.ndarray] = []
    for _ in range(MAX_TRIES):
        if len(decoys) == num_decoys:
            break
        moved = _moved(shape, stands[int(generator.integers(len(stands)))], hole.shape)
        if moved is None or (moved & taken).any():
            continue
        decoy = hole_around(moved, side, generator)
        if _is_free(decoy, taken, others):
            decoys.append(decoy)
            taken |= _grown(decoy)
    return decoys


def _thin(stands: Sequence[Stand]) -> tuple[Stand, ...]:
    stride = -(-len(stands) // MAX_STANDS_PER_KIND)
    return tuple(stands[:: max(1, stride)])


def _moved(shape: MaskCrop, stand: Stand, canvas_hw: tuple[int, int]) -> np.ndarray | None:
    canvas_height, canvas_width = canvas_hw
    height = max(2, round(stand.height * canvas_height))
    width = max(2, round(height * shape.width / shape.height))
    left, top = round(stand.bottom_x * canvas_width - width / 2), round(stand.bottom_y * canvas_height) - height
    if left < 0 or top < 0 or left + width > canvas_width or top + height > canvas_height:
        return None
    resized = cv2.resize(shape.mask.view(np.uint8) * 255, (width, height), interpolation=cv2.INTER_LINEAR) > 127
    canvas = np.zeros(canvas_hw, bool)
    canvas[top : top + height, left : left + width] = resized
    return canvas if resized.any() else None


def _is_free(decoy: np.ndarray, taken: np.ndarray, others: Sequence[MaskCrop]) -> bool:
    if (decoy & taken).any() or np.count_nonzero(decoy | taken) > MAX_TOTAL_FRACTION * decoy.size:
        return False
    for other in others:
        cut = decoy[other.top : other.top + other.height, other.left : other.left + other.width] & other.mask
        if np.count_nonzero(cut) > MAX_CORE_COVERED * other.area_px:
            return False
    return True


def _grown(hole: np.ndarray) -> np.ndarray:
    side = 2 * GAP_PX + 1
    return cv2.dilate(hole.view(np.uint8), np.ones((side, side), np.uint8)).view(bool)
