"""The effect: where the composite may differ from the background, and the blend that keeps every other pixel."""

import cv2
import numpy as np
from jaxtyping import Float, UInt8, UInt16

MIN_EFFECT_U8 = 8
"""Smaller values become 0."""


def quantised_effect(
    effect: Float[np.ndarray, "h w"], visible_alpha: Float[np.ndarray, "h w"]
) -> UInt8[np.ndarray, "h w"]:
    """Bytes of the effect: full where the object shows, nothing under the threshold, no pieces far from the object.

    Args:
        effect: As generated, in the picture's frame.
        visible_alpha: The object, in [0, 1]; it always belongs to the effect.

    Returns:
        0 to 255. A piece that does not touch the object, directly or through shadow that touches it, is dropped.
    """
    support = np.where(visible_alpha > 0, 1.0, np.clip(effect, 0, 1))
    values = np.round(255 * support).astype(np.uint8)
    values[values < MIN_EFFECT_U8] = 0
    count, pieces = cv2.connectedComponents((values > 0).astype(np.uint8), connectivity=8)
    labels = pieces.astype(np.intp)
    touches = np.zeros(count, bool)
    touches[np.unique(labels[visible_alpha > 0])] = True
    touches[0] = False
    values[~touches[labels]] = 0
    return values


def blend(
    background: UInt8[np.ndarray, "h w 3"] | UInt16[np.ndarray, "h w 3"],
    generated: Float[np.ndarray, "h w 3"],
    effect: UInt8[np.ndarray, "h w"],
) -> UInt8[np.ndarray, "h w 3"] | UInt16[np.ndarray, "h w 3"]:
    """`effect * generated + (1 - effect) * background`, exact: where `effect` is 0 the background's bytes are kept.

    Args:
        background: Integers of the picture's own depth.
        generated: In [-1, 1].
        effect: 0 to 255.
    """
    full = np.iinfo(background.dtype).max
    share = effect[..., None].astype(np.float32) / 255
    target = (np.clip(generated, -1, 1) + 1) * np.float32(full / 2)
    mixed = np.round(share * target + (1 - share) * background.astype(np.float32))
    return np.where(effect[..., None] == 0, background, np.clip(mixed, 0, full).astype(background.dtype))
