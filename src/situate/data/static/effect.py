"""What an object changes in the picture: itself, its shadow and its light, and nothing of the others."""

import cv2
import numpy as np
from jaxtyping import Bool, Float32

from situate.data.static.regions import grown, joined
from situate.data.static.seen import SeenFrame

_REACH = 1.5
"""How far from the object its effect is followed, in lengths of its longer side."""
_GAP = 0.25
"""How far from the object a shadow that does not touch it may begin, in the same lengths."""
_GROW_PX = 1
_FEATHER_PX = 3
_MIN_COVERED = 0.1


def effect_of(
    seen: SeenFrame, number: int, visible: Bool[np.ndarray, "h w"]
) -> tuple[Bool[np.ndarray, "h w"], Bool[np.ndarray, "h w"]]:
    """Return where the object changes the frame by more than noise, and where its effect may not reach.

    Args:
        seen: The frame.
        number: The object.
        visible: Where any of it is seen; always part of the effect.
    """
    mask = seen.regions.objects == number
    other = (seen.regions.objects > 0) & ~mask
    own = np.unique(seen.pieces[mask | visible])
    length_px = max(cv2.boundingRect(mask.view(np.uint8))[2:])
    away_px = cv2.distanceTransform((~mask).view(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_5)
    near, beside = away_px <= round(_REACH * length_px), away_px <= max(1, round(_GAP * length_px))
    hanging = grown((np.isin(seen.pieces, own[own > 0]) & seen.differs & near) | visible, _GROW_PX)
    # Cut off by the reach, a far part of the same piece may be something else.
    hanging = joined(hanging, visible) | visible
    # What differs but less than the threshold surrounds what is over it.
    effect = (hanging | grown(_detached_shadow(seen, mask, near, beside), _GROW_PX)) & ~other
    foreign = grown(other | (seen.differs & ~effect), _GROW_PX) & ~effect
    return effect, foreign


def feathered(
    effect: Bool[np.ndarray, "h w"], foreign: Bool[np.ndarray, "h w"], size_hw: tuple[int, int]
) -> Float32[np.ndarray, "rh rw"]:
    """Return the effect at the stored size: 1 where it is, falling to 0 around, 0 on everything foreign."""
    size_wh = size_hw[1], size_hw[0]
    covered = cv2.resize(effect.astype(np.float32), size_wh, interpolation=cv2.INTER_AREA) >= _MIN_COVERED
    kept_out = cv2.resize(foreign.astype(np.float32), size_wh, interpolation=cv2.INTER_AREA) > 0
    away_px = cv2.distanceTransform((~covered).view(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_5)
    share = np.clip(1 - away_px / (_FEATHER_PX + 1), 0, 1).astype(np.float32)
    share[kept_out & ~covered] = 0
    return share


def _detached_shadow(seen: SeenFrame, mask: np.ndarray, near: np.ndarray, beside: np.ndarray) -> np.ndarray:
    """Known shadows that begin beside the object and touch nothing, if it is the only object whose they can be."""
    reachable = seen.regions.shadow & near
    pieces = np.unique(seen.pieces[reachable & beside])
    taken = np.unique(seen.pieces[seen.regions.objects > 0])
    free = np.setdiff1d(pieces[pieces > 0], taken)
    is_alone = not ((seen.regions.objects > 0) & ~mask & near).any()
    return np.isin(seen.pieces, free) & reachable & is_alone
