"""Which objects of a frame can be used, by stated rules; the first rule that speaks against an object is its reason."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from jaxtyping import Bool

from situate.data.objects.crops import crop_of
from situate.data.objects.limits import is_border_cut, is_tiny, is_too_large
from situate.data.objects.quality import cutout_quality
from situate.data.static.config import StaticConfig
from situate.data.static.regions import grown, is_pinched, joined
from situate.data.static.seen import SeenFrame
from situate.seeds import seed_for

_TOUCH_PX = 2


class Skip(StrEnum):
    """Why an object was left out, in the order in which the rules are asked."""

    NO_PLATE = "no_plate"
    UNREADABLE_PICTURE = "unreadable_picture"
    MOVING_CAMERA = "moving_camera"
    TINY = "tiny"
    BORDER_CUT = "border_cut"
    TOO_LARGE = "too_large"
    TOUCHES_IGNORED = "touches_ignored"
    NO_DIFFERENCE = "no_difference"
    MERGED = "merged"
    TOUCHES_OTHER = "touches_other"
    STILL = "still"
    LOW_QUALITY = "low_quality"
    OVER_MAX_PER_FRAME = "over_max_per_frame"


@dataclass(frozen=True)
class Chosen:
    """An object that can be used.

    Attributes:
        number: Its number in the frame.
        mask: Where it is.
        quality: How good a cut-out it makes, [0, 1].
    """

    number: int
    mask: Bool[np.ndarray, "h w"]
    quality: float


@dataclass(frozen=True)
class Selection:
    """What can be used of one frame.

    Attributes:
        chosen: The objects to make triples from, in the order of their numbers.
        skipped: How many objects each rule left out.
    """

    chosen: tuple[Chosen, ...]
    skipped: Mapping[Skip, int]


def select_objects(
    seen: SeenFrame, used: Sequence[Bool[np.ndarray, "h w"]], key: str, config: StaticConfig
) -> Selection:
    """Apply all rules to the objects of one frame.

    Args:
        seen: The frame.
        used: The masks of the objects that were used last.
        key: The frame's key: what is drawn follows from it.
        config: The limits.
    """
    skipped: Counter[Skip] = Counter()
    usable: dict[int, Chosen] = {}
    for number in range(1, seen.regions.num_objects + 1):
        mask = seen.regions.objects == number
        reason = _reason(seen, number, mask, config)
        if reason is None and any(_iou(mask, earlier) > config.still_iou for earlier in used):
            reason = Skip.STILL
        if reason is not None:
            skipped[reason] += 1
            continue
        quality = _quality(seen, number, mask, config)
        if quality < config.min_quality:
            skipped[Skip.LOW_QUALITY] += 1
        else:
            usable[number] = Chosen(number, mask, quality)
    chosen = _draw(list(usable), key, config)
    if len(chosen) < len(usable):
        skipped[Skip.OVER_MAX_PER_FRAME] += len(usable) - len(chosen)
    return Selection(tuple(usable[number] for number in chosen), skipped)


def _draw(usable: list[int], key: str, config: StaticConfig) -> list[int]:
    if len(usable) <= config.max_per_frame:
        return usable
    generator = np.random.default_rng(seed_for(config.seed, "choice", key))
    return sorted(generator.choice(usable, config.max_per_frame, replace=False).tolist())


def _reason(seen: SeenFrame, number: int, mask: np.ndarray, config: StaticConfig) -> Skip | None:
    crop = crop_of(mask)
    # In the enumeration's order, the dear ones last.
    rules = (
        (Skip.TINY, lambda: is_tiny(crop, mask.shape, config)),
        (Skip.BORDER_CUT, lambda: is_border_cut(crop, mask.shape, config)),
        (Skip.TOO_LARGE, lambda: is_too_large(crop, mask.shape, config)),
        (
            Skip.TOUCHES_IGNORED,
            lambda: bool((_reach(seen, mask) & seen.regions.outside).any()),
        ),
        (
            Skip.NO_DIFFERENCE,
            lambda: np.count_nonzero(seen.differs & mask) < config.min_changed * np.count_nonzero(mask),
        ),
        (Skip.MERGED, lambda: _is_merged(seen, number, mask)),
        (Skip.TOUCHES_OTHER, lambda: _touches_other(seen, number, mask)),
    )
    return next((skip for skip, speaks_against in rules if speaks_against()), None)


def _quality(seen: SeenFrame, number: int, mask: np.ndarray, config: StaticConfig) -> float:
    others = crop_of((seen.regions.objects > 0) & (seen.regions.objects != number))
    crops = [others] if others.area_px else []
    return cutout_quality(seen.pixels, crop_of(mask), crops, size_px=config.size_px).score


def _is_merged(seen: SeenFrame, number: int, mask: np.ndarray) -> bool:
    """Whether the mask is probably two objects, or so near another that the pixels between may be either's."""
    if is_pinched(mask):
        return True
    near = _reach(seen, mask)
    return bool(((seen.regions.objects > 0) & (seen.regions.objects != number) & near).any())


def _touches_other(seen: SeenFrame, number: int, mask: np.ndarray) -> bool:
    """Whether what differs round the object holds another object too."""
    own = np.unique(seen.pieces[mask])
    others = (seen.regions.objects > 0) & (seen.regions.objects != number)
    return bool(np.isin(seen.pieces[others], own[own > 0]).any())


def _reach(seen: SeenFrame, mask: np.ndarray) -> np.ndarray:
    """The object, the uncertain pixels that hang together with it, and what touches them."""
    near = grown(mask, _TOUCH_PX)
    return grown(near | joined(seen.regions.rim, near), _TOUCH_PX)


def _iou(mask: np.ndarray, other: np.ndarray) -> float:
    return float(np.count_nonzero(mask & other) / max(1, np.count_nonzero(mask | other)))
