"""A baseline with a shadow but without a network: the cut-out laid over the mean shadow of other triples."""

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from jaxtyping import Float, Float32

from situate.errors import InputError
from situate.evaluation.benchmark.made import Made
from situate.geometry.canvas import BoxCxcywh
from situate.geometry.paste import paste, place_foreground
from situate.records.triple import Triple

FRAME_SIDE, GRID_SIDE = 3.0, 48
"""The frame is so many boxes wide and high, the box in its middle, and has so many cells a side."""
MAX_TRIPLES = 500
MIN_DIMMING_U8 = 2
"""What darkens less is left as it is; a rendered triple's effect begins there, too."""
SHADOW_SOURCES = ("scenes", "static")


@dataclass(frozen=True)
class MeanShadow:
    """How much light is left round an object, on average.

    Attributes:
        share: Mean of composite over background, by channel, on a grid over the frame of the object's box; 1 is no
            shadow.
        num_triples: How many it was measured on.
    """

    share: Float32[np.ndarray, "g g 3"]
    num_triples: int

    def made(self, triple: Triple, box_cxcywh: BoxCxcywh) -> Made:
        """Darken a triple's background round a box, and lay its foreground over that."""
        height_px, width_px = triple.background.shape[:2]
        to_picture = _grid_to_picture(box_cxcywh, (width_px, height_px))
        share = cv2.warpAffine(self.share, to_picture, (width_px, height_px), borderValue=(1.0, 1.0, 1.0))
        ground = np.rint(triple.background * np.clip(share, 0, 1)).astype(np.uint8)
        is_dimmed = (triple.background.astype(np.int16) - ground).max(-1) > MIN_DIMMING_U8
        ground = np.where(is_dimmed[..., None], ground, triple.background)
        composite = paste(ground, triple.foreground, box_cxcywh)
        alpha = place_foreground(triple.foreground, box_cxcywh, (width_px, height_px))[1]
        visible = np.rint(alpha * 255).astype(np.uint8)
        is_changed = (composite != triple.background).any(axis=-1)
        effect = np.where(is_dimmed, 255, np.maximum(visible, is_changed)).astype(np.uint8)
        return Made(composite, effect, visible)


def mean_shadow_of(triples: Sequence[Triple]) -> MeanShadow:
    """Measure the mean shadow on the triples that have one: rendered scenes, and frames of a static camera.

    At most `MAX_TRIPLES` are decoded, evenly spread. One triple without a shadow is added, so that a cell that is
    hidden by nearly every object does not depend on one of them.

    Raises:
        InputError: If no triple knows its object's shadow.
    """
    kept = np.ones((GRID_SIDE, GRID_SIDE, 3))
    counts = np.ones((GRID_SIDE, GRID_SIDE, 1))
    num_triples = 0
    for number in range(0, len(triples), -(-len(triples) // MAX_TRIPLES)):
        triple = triples[number]
        if triple.source in SHADOW_SOURCES:
            share, is_known = _aligned(triple)
            kept += share * is_known
            counts += is_known
            num_triples += 1
    if num_triples == 0:
        raise InputError(
            f"none of {len(triples)} triples knows its object's shadow; pass triples of rendered scenes or of a static "
            "camera"
        )
    return MeanShadow((kept / counts).astype(np.float32), num_triples)


def _aligned(triple: Triple) -> tuple[Float[np.ndarray, "g g 3"], Float[np.ndarray, "g g 1"]]:
    """One triple's share of light on the grid, and how much of each cell is picture and not object."""
    height_px, width_px = triple.background.shape[:2]
    share = np.clip(triple.composite / np.maximum(triple.background, 1).astype(np.float32), 0, 1)
    is_ground = (triple.visible_alpha == 0).astype(np.float32)
    from_picture = _grid_to_picture(triple.box_cxcywh, (width_px, height_px))
    shaded, weight = (
        cv2.warpAffine(part, from_picture, (GRID_SIDE, GRID_SIDE), flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP)
        for part in (share * is_ground[..., None], is_ground)
    )
    return shaded / np.maximum(weight, _MIN_WEIGHT)[..., None], weight[..., None]


def _grid_to_picture(box_cxcywh: BoxCxcywh, resolution_wh: tuple[int, int]) -> Float[np.ndarray, "2 3"]:
    """Affine map from the centres of the grid's cells to those of the picture's pixels."""
    centre_x, centre_y, width, height = box_cxcywh
    cells_px = [
        FRAME_SIDE * side * length / GRID_SIDE for side, length in zip((width, height), resolution_wh, strict=True)
    ]
    corners_px = [
        (centre - FRAME_SIDE * side / 2) * length
        for centre, side, length in zip((centre_x, centre_y), (width, height), resolution_wh, strict=True)
    ]
    (cell_x, cell_y), (left, top) = cells_px, corners_px
    return np.array([[cell_x, 0, left + cell_x / 2 - 0.5], [0, cell_y, top + cell_y / 2 - 0.5]])


_MIN_WEIGHT = 1e-3
