"""How much other annotated objects hide, touch or crowd one."""

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from situate.data.objects.crops import MaskCrop

TOUCH_FRACTION = 1 / 170
"""Outlines this near to each other touch, as a fraction of the longest side: annotators leave a gap."""


@dataclass(frozen=True)
class Occlusion:
    """What the others do to an object, each in [0, 1].

    Attributes:
        covered: Share of the object's mask that others lie on.
        intrusion: Share of the object's box that others fill beside it.
        contact: Share of the object's outline that touches others.
    """

    covered: float
    intrusion: float
    contact: float


def touch_px_of(width_px: int, height_px: int) -> int:
    """Return how near two outlines of a photograph must be to touch."""
    return max(2, round(TOUCH_FRACTION * max(width_px, height_px)))


def occlusion_of(crop: MaskCrop, others: Sequence[MaskCrop], touch_px: int) -> Occlusion:
    """Measure what `others` do to the object of `crop`.

    What is larger and lies under more than half of the object holds it up, and is left out: a cup on a table has the
    table's mask behind it.

    Args:
        crop: The object; not empty.
        others: The other objects of the photograph.
        touch_px: Outlines this near to each other touch.
    """
    left, top = crop.left - touch_px, crop.top - touch_px
    width, height = crop.width + 2 * touch_px, crop.height + 2 * touch_px
    own = crop.window(left, top, width, height)
    around = np.zeros_like(own)
    covered = np.zeros_like(own)
    for other in others:
        seen = other.window(left, top, width, height)
        if not seen.any():
            continue
        on_it = seen & own
        is_support = other.area_px > crop.area_px and np.count_nonzero(on_it) > 0.5 * crop.area_px
        if is_support:
            continue
        covered |= on_it
        around |= seen & ~own
    kernel = np.ones((2 * touch_px + 1, 2 * touch_px + 1), np.uint8)
    outline = own & ~cv2.erode(own.view(np.uint8), np.ones((3, 3), np.uint8)).view(bool)
    touching = outline & cv2.dilate(around.view(np.uint8), kernel).view(bool)
    return Occlusion(
        covered=int(np.count_nonzero(covered)) / crop.area_px,
        intrusion=int(np.count_nonzero(around)) / (crop.width * crop.height),
        contact=int(np.count_nonzero(touching)) / int(np.count_nonzero(outline)),
    )
