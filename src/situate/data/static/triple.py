"""One triple from one object of one frame: the background is the plate itself."""

from dataclasses import dataclass

import cv2
import numpy as np
from jaxtyping import Bool, Float32, UInt8

from situate.data.cutout import decontaminate
from situate.data.matting import soft_alpha
from situate.data.objects.crops import box_cxcywh_of
from situate.data.reduce import reduced, reduced_straight
from situate.data.static.change import opened, shadow_like, strongly_changed
from situate.data.static.config import StaticConfig
from situate.data.static.effect import effect_of, feathered
from situate.data.static.regions import grown, joined
from situate.data.static.seen import SeenFrame
from situate.data.static.view import View
from situate.data.trimap import window_round
from situate.imageio.foreground import ALPHA_SHOWN
from situate.records.triple import Triple

_WANDER_PX = 2
"""How far outside the mask and its rim alpha may reach."""


@dataclass(frozen=True)
class Subject:
    """The object a triple is made of.

    Attributes:
        number: Its number in the frame.
        quality: Of the cut-out, [0, 1].
        key: The triple's key.
        group: The triple's group.
        kind: The triple's kind.
    """

    number: int
    quality: float
    key: str
    group: str
    kind: str


def make_triple(seen: SeenFrame, subject: Subject, view: View, config: StaticConfig) -> Triple:
    """Cut the object out, and lay what it changes over the plate.

    The background is the plate at the stored size, the same for all triples of a clip; where the effect is 0, the
    composite is the background bit for bit.
    """
    alpha = object_alpha(seen, subject.number, view)
    shown = alpha >= ALPHA_SHOWN
    left, top, width, height = cv2.boundingRect(shown.view(np.uint8))
    rows, columns = slice(top, top + height), slice(left, left + width)
    colours = decontaminate(seen.pixels, alpha)
    effect, foreign = effect_of(seen, subject.number, shown)
    background, frame = reduced(view.plate, config.size_px), reduced(seen.pixels, config.size_px)
    visible = reduced(np.where(shown, alpha, 0).astype(np.uint8), config.size_px)
    share = np.maximum(feathered(effect, foreign, background.shape[:2]), visible > 0)
    effect_u8 = np.round(share * 255).astype(np.uint8)
    return Triple(
        key=subject.key,
        group=subject.group,
        source="static",
        kind=subject.kind,
        background=background,
        composite=_laid_over(background, frame, effect_u8),
        foreground=reduced_straight(np.dstack([colours[rows, columns], alpha[rows, columns]]), config.foreground_px),
        visible_alpha=visible,
        effect=effect_u8,
        hole=np.zeros(background.shape[:2], np.uint8),
        quality=subject.quality,
        box_cxcywh=box_cxcywh_of((left, top, width, height), alpha.shape),
    )


def object_alpha(seen: SeenFrame, number: int, view: View) -> UInt8[np.ndarray, "h w"]:
    """Return how much of each pixel is the object: its mask, what of the rim differs as an object does, softened."""
    mask = seen.regions.objects == number
    window = window_round(mask, 2 * max(mask.shape) // 10)
    alpha = np.zeros(mask.shape, np.uint8)
    own = mask[window]
    # The rim of a shadow is not the object's.
    is_nearer = _distance_px(own) <= _distance_px(seen.regions.shadow[window])
    unsure = joined(seen.regions.rim[window] & is_nearer, own)
    as_object = (strongly_changed(seen.pixels, view) & ~shadow_like(seen.pixels, view.plate))[window]
    # What of the rim is not the frame's own object, such as half-shadow, is thin or does not hang together with it.
    whole = opened(own | (unsure & as_object), 1)
    whole = own | joined(whole, own)
    near = soft_alpha(np.ascontiguousarray(seen.pixels[window]), whole)
    near[~grown(own | unsure, _WANDER_PX)] = 0
    # A soft edge may leave nothing of a thin object; all of the mask always stays.
    alpha[window] = np.maximum(near, own.astype(np.uint8) * ALPHA_SHOWN)
    alpha[(seen.regions.objects > 0) & ~mask] = 0
    return alpha


def _distance_px(mask: Bool[np.ndarray, "h w"]) -> Float32[np.ndarray, "h w"]:
    """How far each pixel is from the mask; far if it is empty."""
    if not mask.any():
        return np.full(mask.shape, np.inf, np.float32)
    return cv2.distanceTransform((~mask).view(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_5).astype(np.float32)


def _laid_over(background: np.ndarray, frame: np.ndarray, effect_u8: np.ndarray) -> UInt8[np.ndarray, "h w 3"]:
    share = effect_u8[..., None].astype(np.float32) / 255
    mixed = background + share * (frame.astype(np.float32) - background)
    return np.clip(mixed + 0.5, 0, 255).astype(np.uint8)
