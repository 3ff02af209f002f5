"""Results: where an object goes, and the picture with it."""

from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import UInt8

from situate.records.picture import Picture

BoxXywhPx = tuple[float, float, float, float]
"""Left, top, width and height in pixels of the picture."""


@dataclass(frozen=True)
class Placement:
    """A place for the whole cut-out.

    Attributes:
        box_cxcywh: Centre and size as fractions of the background's width and height; may reach outside the picture.
        probability: Mass of the (constrained) distribution within IoU >= 0.5 of the box, [0, 1]; None for a box given
            by hand.
        score: Calibrated chance that the place is plausible, [0, 1]; None until one is fitted.
    """

    box_cxcywh: tuple[float, float, float, float]
    probability: float | None = None
    score: float | None = None

    def box_xywh_px(self, resolution_wh: tuple[int, int]) -> tuple[float, float, float, float]:
        """Return left, top, width, height in pixels of a picture of `resolution_wh`."""
        width_px, height_px = resolution_wh
        cx, cy, w, h = self.box_cxcywh
        return ((cx - w / 2) * width_px, (cy - h / 2) * height_px, w * width_px, h * height_px)


@dataclass(frozen=True)
class PlacedObject:
    """One object of a composite.

    Attributes:
        placement: Where the whole cut-out was put (amodal).
        visible_alpha: How much of the object is seen at each pixel, [0, 255].
    """

    placement: Placement
    visible_alpha: UInt8[np.ndarray, "h w"]

    @property
    def box_xywh_px(self) -> tuple[float, float, float, float]:
        """Where the whole cut-out was placed: left, top, width, height in pixels."""
        height_px, width_px = self.visible_alpha.shape
        return self.placement.box_xywh_px((width_px, height_px))

    @property
    def visible_box_xywh_px(self) -> tuple[int, int, int, int] | None:
        """Tight box round the visible mask (alpha of at least one half), what labels use; None if nothing is seen."""
        rows, columns = np.nonzero(self.visible_alpha >= VISIBLE_THRESHOLD_U8)
        if len(rows) == 0:
            return None
        left, top = int(columns.min()), int(rows.min())
        return (left, top, int(columns.max()) + 1 - left, int(rows.max()) + 1 - top)


@dataclass(frozen=True)
class Composite:
    """A picture with one or more objects put into it.

    Attributes:
        picture: At the background's size and depth.
        objects: In the order in which they were put there.
        effect: Where the picture was changed: where it is 0 the background's pixels are untouched, bit for bit. Of one
            object it is exactly the blend used, of several the largest.
        seed: What the noise template was made from.
        model_fingerprint: Hash of the weights that made it.
    """

    picture: Picture
    objects: tuple[PlacedObject, ...]
    effect: UInt8[np.ndarray, "h w"]
    seed: int
    model_fingerprint: str

    @property
    def placement(self) -> Placement:
        """Where the last object was put (amodal)."""
        return self.objects[-1].placement

    @property
    def visible_alpha(self) -> UInt8[np.ndarray, "h w"]:
        """How much of the last object is seen at each pixel, [0, 255]."""
        return self.objects[-1].visible_alpha

    @property
    def box_xywh_px(self) -> tuple[float, float, float, float]:
        """Where the whole last cut-out was placed: left, top, width, height in pixels."""
        return self.objects[-1].box_xywh_px

    @property
    def visible_box_xywh_px(self) -> tuple[int, int, int, int] | None:
        """Tight box round what is seen of the last object, see `PlacedObject`."""
        return self.objects[-1].visible_box_xywh_px

    def after(self, earlier: "Composite") -> "Composite":
        """Return this composite, made from the picture of an `earlier` one, with the earlier objects too.

        What is seen of them is what this one's object does not cover.
        """
        seen = 255 - self.visible_alpha.astype(np.uint16)
        covered = [
            replace(placed, visible_alpha=((placed.visible_alpha * seen + 127) // 255).astype(np.uint8))
            for placed in earlier.objects
        ]
        return replace(self, objects=(*covered, *self.objects), effect=np.maximum(self.effect, earlier.effect))


VISIBLE_THRESHOLD_U8 = 128
