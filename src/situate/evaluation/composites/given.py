"""The foreground that a composite is made from: never the very pixels that the composite is compared with."""

from dataclasses import replace

import numpy as np
from jaxtyping import UInt8

from situate.data.sample import is_rendered
from situate.data.transforms import with_foreground_light
from situate.geometry.canvas import BoxCxcywh
from situate.records.triple import Triple
from situate.seeds import seed_for

LIGHT_SEED = 0
MIN_CHANGE_LEVELS = 8.0
"""Root mean square over the cut-out, in levels of 255: a plain paste of it has at most 30 dB. Noise is 2 levels."""
MAX_DRAWS = 64
AS_RENDERED, OTHER_LIGHT, OTHER_FRAME = "as rendered", "other light", "other frame"


def given_of(triple: Triple, other_frame: Triple | None) -> tuple[Triple, str]:
    """Replace the foreground of a triple where it was cut from the composite itself, which is the answer.

    Args:
        triple: Where the object stood.
        other_frame: The same object in another frame of the same camera, if there is one.

    Returns:
        The triple with the foreground that is given and the box that it goes to, and what was done.
    """
    if is_rendered(triple):
        return triple, AS_RENDERED
    if other_frame is None:
        return in_other_light(triple), OTHER_LIGHT
    box_cxcywh = fitted_box(other_frame.foreground, triple.box_cxcywh, triple.background)
    return replace(triple, foreground=other_frame.foreground, box_cxcywh=box_cxcywh), OTHER_FRAME


def in_other_light(triple: Triple) -> Triple:
    """Change exposure, white balance and contrast of a foreground by what is drawn for its key, and nothing else.

    Drawn again until the cut-out differs by `MIN_CHANGE_LEVELS`; of `MAX_DRAWS` that all do less (a black object), the
    last one is taken.
    """
    changed = triple
    for number in range(MAX_DRAWS):
        generator = np.random.default_rng(seed_for(LIGHT_SEED, "composites", triple.key, number))
        changed = with_foreground_light(triple, generator)
        if change_levels(triple.foreground, changed.foreground) >= MIN_CHANGE_LEVELS:
            break
    return changed


def change_levels(before: UInt8[np.ndarray, "fh fw 4"], after: UInt8[np.ndarray, "fh fw 4"]) -> float:
    """Root mean square difference of the colours, in levels, weighed by alpha."""
    weight = before[..., 3:].astype(np.float64)
    squared = (before[..., :3].astype(np.float64) - after[..., :3]) ** 2
    return float(np.sqrt((squared * weight).sum() / max(3 * weight.sum(), 1)))


def fitted_box(
    foreground: UInt8[np.ndarray, "fh fw 4"], box_cxcywh: BoxCxcywh, background: UInt8[np.ndarray, "h w 3"]
) -> BoxCxcywh:
    """The largest box of the foreground's own aspect inside a box, at its bottom centre."""
    (fh, fw), (height_px, width_px) = foreground.shape[:2], background.shape[:2]
    cx, cy, w, h = box_cxcywh
    scale = min(w * width_px / fw, h * height_px / fh)
    fitted_w, fitted_h = scale * fw / width_px, scale * fh / height_px
    return cx, cy + (h - fitted_h) / 2, fitted_w, fitted_h
