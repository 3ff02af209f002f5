"""A training sample at rest: foreground, background, composite, and the position that joins them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from jaxtyping import Bool, Float32, UInt8

Source = Literal["scenes", "photos", "static", "places"]
LIGHT_SHAPE = (2, 5, 3)
"""Scene and foreground; five facings of a grey card; three colours."""
MIRRORED_FACINGS = (1, 0, 2, 3, 4)
"""Where each facing's brightness stands in a mirrored picture: left and right change places."""


@dataclass(frozen=True)
class Triple:
    """One group of sample data (method step T1). Pictures are sRGB uint8.

    One of source `places` teaches placement only: it has no composite of its own. Its `composite` is its background,
    and `visible_alpha`, `effect` and `hole` are 0.

    Attributes:
        key: Unique in its data set; letters, digits, `-` and `_` only.
        group: What must not be split between training and validation: the scene, photograph or series.
        source: Decides which losses a sample may teach (see `supervision` in `situate.data.supervision`).
        kind: Class of the object, such as "cone" or "person".
        background: The scene without the object.
        composite: The scene with the object.
        foreground: The object alone, RGB and straight alpha, trimmed to alpha > 0.05.
        visible_alpha: How much of the object is seen at each pixel of the composite after occlusion, [0, 255].
        effect: 255 where composite and background differ by more than noise, feathered only outside that set. For
            photos: the object itself.
        hole: 255 where the background was repaired because the object stood there; all 0 where it is true.
        box_cxcywh: Where the *whole* cut-out is (amodal), fractions of the picture's width and height.
        decoys: What the picture looked like where background and composite were repaired alike although nothing stood
            there: RGB, and 255 there, 0 elsewhere; only photos.
        amodal_alpha: How much of each pixel the object would cover if nothing hid it; only rendered scenes know.
        support: 255 where the object's kind may stand; only rendered scenes know.
        light: How bright a grey card would be that faces left, right, up, away from the camera and towards it: natural
            logs of linear RGB over mid grey, in the scene's light and in the foreground's; only rendered scenes know.
        quality: How good the cut-out is, [0, 1]; only photos and static know.
        truth: What else is known of a rendered scene, as JSON: camera, contacts, footprints, seed.
        places: Where the object could stand as well: boxes as `box_cxcywh`, drawn from the true distribution of the
            scene, as `box_cxcywh` was, which is not among them; only source `places` knows.
    """

    key: str
    group: str
    source: Source
    kind: str
    background: UInt8[np.ndarray, "h w 3"]
    composite: UInt8[np.ndarray, "h w 3"]
    foreground: UInt8[np.ndarray, "fh fw 4"]
    visible_alpha: UInt8[np.ndarray, "h w"]
    effect: UInt8[np.ndarray, "h w"]
    hole: UInt8[np.ndarray, "h w"]
    box_cxcywh: tuple[float, float, float, float]
    decoys: UInt8[np.ndarray, "h w 4"] | None = None
    amodal_alpha: UInt8[np.ndarray, "h w"] | None = None
    support: UInt8[np.ndarray, "h w"] | None = None
    light: Float32[np.ndarray, "2 5 3"] | None = None
    quality: float | None = None
    truth: Mapping[str, Any] | None = None
    places: Float32[np.ndarray, "k 4"] | None = None

    @property
    def decoy_mask(self) -> Bool[np.ndarray, "h w"]:
        """Where decoys are."""
        return np.zeros(self.effect.shape, bool) if self.decoys is None else self.decoys[..., 3] > 0

    @property
    def background_without_decoys(self) -> UInt8[np.ndarray, "h w 3"]:
        """The background as it would be without decoys, repaired nowhere but where the object stood."""
        if self.decoys is None:
            return self.background
        return np.where(self.decoy_mask[..., None], self.decoys[..., :3], self.background)
