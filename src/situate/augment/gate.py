"""Which results are good enough to be learnt from."""

from enum import StrEnum

from situate.augment.config import AugmentConfig
from situate.data.objects.crops import MaskCrop
from situate.records.placement import Placement


class Reject(StrEnum):
    """Why an object was not put into a picture."""

    NO_PLACE = "no_place"
    LOW_SCORE = "low_score"
    INVISIBLE = "invisible"
    HIDDEN = "hidden"
    TOO_SMALL = "too_small"
    UNREADABLE = "unreadable"


def judged_place(placement: Placement, config: AugmentConfig) -> Reject | None:
    """Say what speaks against a place; None if nothing does, or the model has no score."""
    is_low = placement.score is not None and placement.score < config.min_score
    return Reject.LOW_SCORE if is_low else None


def judged_object(seen: MaskCrop, whole_px: int, config: AugmentConfig) -> Reject | None:
    """Say what speaks against an object as it came out.

    Args:
        seen: Its visible mask; may be empty.
        whole_px: Pixels that all of it has.
        config: The limits.
    """
    if not seen.area_px:
        return Reject.INVISIBLE
    if min(seen.width, seen.height) < config.min_side_px:
        return Reject.TOO_SMALL
    return Reject.HIDDEN if seen.area_px < config.min_visible * whole_px else None
