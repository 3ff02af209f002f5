"""Holes where nothing stood, so that a repair does not say where the object was (docs/photos.md).

A decoy has the object's own shape and about its size, and stands where objects of its kind do: mostly on the object's
own row of the picture, where the ground is the same, else as low as others of its kind and height. Its rim and shadow
are made like those of the real hole. Neither shape, size nor place tells the two apart.
"""

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from operator import attrgetter

import cv2
import numpy as np
from jaxtyping import Bool

from situate.data.objects.crops import MaskCrop, crop_of
from situate.data.photos.hole import ShadowSide, hole_around

MIN_STANDS_OF_KIND = 12
"""Kinds with fewer objects draw from the places of all kinds."""
MAX_STANDS_PER_KIND = 2000
MAX_TRIES = 60
"""For one decoy. Its size is drawn once and kept: drawn again with the place, small ones would find room more often,
and the largest repair would be the real one."""
SIZE_SPREAD = 0.15
"""Standard deviation of the logarithm of the decoy's height relative to the object's."""
SHRINKS = (0.75, 0.5)
NUM_NEAREST_STANDS = 24
OWN_ROW_SHARE = 0.9
"""How often a decoy is tried on the object's own row: elsewhere what is repaired is more often a wall or the sky."""
ROW_SPREAD = 0.02
"""Standard deviation about that row, as a fraction of the picture's height."""
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
        by_kind: At most `MAX_STANDS_PER_KIND` of every kind, the smallest first.
        anywhere: The same of all kinds together.
    """

    by_kind: Mapping[str, tuple[Stand, ...]]
    anywhere: tuple[Stand, ...]

    def of(self, kind: str) -> tuple[Stand, ...]:
        """Return the places of `kind`, or of all kinds where there are few."""
        own = self.by_kind.get(kind, ())
        return own if len(own) >= MIN_STANDS_OF_KIND else self.anywhere


def stand_histogram(stands: Sequence[tuple[str, Stand]]) -> StandHistogram:
    """Collect the places of all (kind, place)."""
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
        stands: Where decoys may be put, the smallest first.
        num_decoys: How many to draw; fewer are returned where the photograph has no room.
        side: To which side shadows fall in this photograph.
        generator: Source of all draws.
    """
    shape = crop_of(mask)
    row = (shape.top + shape.height) / hole.shape[0]
    taken = _grown(hole)
    decoys: list[np.ndarray] = []
    for _ in range(num_decoys):
        height = shape.height / hole.shape[0] * float(np.exp(generator.normal(0, SIZE_SPREAD)))
        # Only where there would be no decoy at all, a smaller one is better than none.
        shrinks = (1.0,) if decoys else (1.0, *SHRINKS)
        tries = (
            _try(shape, shrink * height, row, stands, hole.shape, side, generator)
            for shrink in shrinks
            for _ in range(MAX_TRIES)
        )
        decoy = next((decoy for decoy in tries if decoy is not None and _is_free(decoy, taken, others)), None)
        if decoy is not None:
            decoys.append(decoy)
            taken |= _grown(decoy)
    return decoys


def _try(
    shape: MaskCrop,
    height: float,
    row: float,
    stands: Sequence[Stand],
    canvas_hw: tuple[int, int],
    side: ShadowSide,
    generator: np.random.Generator,
) -> np.ndarray | None:
    """Draw one decoy of this `height` (a fraction of the picture's); None if it does not lie inside the picture."""
    nearest = bisect_left(stands, height, key=attrgetter("height"))
    first = max(0, min(nearest - NUM_NEAREST_STANDS // 2, len(stands) - NUM_NEAREST_STANDS))
    alike = stands[first : first + NUM_NEAREST_STANDS]
    beside, depth = (pool[int(generator.integers(len(pool)))] for pool in (stands, alike))
    on_own_row = generator.random() < OWN_ROW_SHARE
    bottom_y = row + generator.normal(0, ROW_SPREAD) if on_own_row else depth.bottom_y
    moved = _moved(shape, Stand(beside.bottom_x, bottom_y, height), canvas_hw)
    return None if moved is None else hole_around(moved, side, generator)


def _thin(stands: Sequence[Stand]) -> tuple[Stand, ...]:
    stride = -(-len(stands) // MAX_STANDS_PER_KIND)
    return tuple(sorted(stands, key=attrgetter("height", "bottom_y", "bottom_x"))[:: max(1, stride)])


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
