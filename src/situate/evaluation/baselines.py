"""What a model must beat: places without looking at the picture, and composites without a network."""

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
import torch
from jaxtyping import Bool, Float, UInt8

from situate.geometry.boxes import cxcywh_to_xyxy, fraction_inside
from situate.geometry.canvas import BoxCxcywh, Letterbox, box_of, position_of
from situate.geometry.paste import paste, place_foreground
from situate.nn.distribution import LOG_HEIGHT_RANGE
from situate.records.constraints import MIN_INSIDE

Position = tuple[float, float, float]
"""Anchor x, anchor y, log height on the letter-boxed canvas."""


@dataclass(frozen=True)
class PriorPlacement:
    """Where objects stood in other pictures, whatever this picture shows.

    Attributes:
        positions: Positions seen, on the canvas.
        grid_side: Cells of the histogram along each side of the canvas.
    """

    positions: Float[np.ndarray, "n 3"]
    grid_side: int

    def cell_log_prob(self, is_picture: Bool[np.ndarray, "gh gw"]) -> Float[np.ndarray, "gh gw"]:
        """Log of the histogram with one count added to each cell (Laplace), over the cells that are picture."""
        side = self.grid_side
        rows, columns = (np.clip((self.positions[:, axis] * side).astype(int), 0, side - 1) for axis in (1, 0))
        counts = np.bincount(rows * side + columns, minlength=side * side).reshape(side, side) + 1.0
        counts[~is_picture] = 0
        with np.errstate(divide="ignore"):
            return np.log(counts / counts.sum())

    def draw(self, letterbox: Letterbox, log_aspect: float, generator: np.random.Generator) -> BoxCxcywh:
        """A box at a position that was seen, with this cut-out's own aspect."""
        return _drawn(letterbox, log_aspect, lambda: tuple(self.positions[generator.integers(len(self.positions))]))


def prior_from(boxes_on_canvas: Sequence[BoxCxcywh], grid_side: int) -> PriorPlacement:
    """Count where boxes stand."""
    return PriorPlacement(np.array([position_of(box) for box in boxes_on_canvas], np.float64), grid_side)


def random_placement(letterbox: Letterbox, log_aspect: float, generator: np.random.Generator) -> BoxCxcywh:
    """A box whose anchor is uniform in the picture and whose log height is uniform in the model's range."""
    left, top, right, bottom = letterbox.content_xyxy
    low, high = (left, top, LOG_HEIGHT_RANGE[0]), (right, bottom, LOG_HEIGHT_RANGE[1])
    return _drawn(letterbox, log_aspect, lambda: tuple(generator.uniform(low, high)))


def poisson(
    background: UInt8[np.ndarray, "h w 3"], foreground: UInt8[np.ndarray, "fh fw 4"], box_cxcywh: BoxCxcywh
) -> UInt8[np.ndarray, "h w 3"] | None:
    """Seamless cloning (Perez et al., Poisson Image Editing, 2003) by OpenCV; None where the object is too small.

    OpenCV shrinks the mask by three pixels, so it is grown by as many first, with the object's colours spread outwards;
    a border is added so that objects at the picture's edge can be cloned.
    """
    height_px, width_px = background.shape[:2]
    premultiplied, alpha = place_foreground(foreground, box_cxcywh, (width_px, height_px))
    mask = cv2.dilate((alpha > _SOLID).astype(np.uint8) * 255, np.ones((3, 3), np.uint8), iterations=_MASK_MARGIN_PX)
    if (alpha > _SOLID).sum() < _MIN_OBJECT_PX:
        return None
    colours = np.round((np.clip(_spread(premultiplied, alpha), -1, 1) + 1) * 127.5).astype(np.uint8)
    border = (_BORDER_PX,) * 4
    scene = cv2.copyMakeBorder(background, *border, borderType=cv2.BORDER_REPLICATE)
    source = cv2.copyMakeBorder(colours, *border, borderType=cv2.BORDER_REPLICATE)
    wide_mask = cv2.copyMakeBorder(mask, *border, borderType=cv2.BORDER_CONSTANT, value=[0])
    left, top, width, height = cv2.boundingRect(wide_mask)
    centre = (left + width // 2, top + height // 2)
    try:
        cloned = cv2.seamlessClone(source, scene, wide_mask, centre, cv2.NORMAL_CLONE)
    except cv2.error:
        return None
    return cloned[_BORDER_PX:-_BORDER_PX, _BORDER_PX:-_BORDER_PX]


def reinhard(
    background: UInt8[np.ndarray, "h w 3"], foreground: UInt8[np.ndarray, "fh fw 4"], box_cxcywh: BoxCxcywh
) -> UInt8[np.ndarray, "h w 3"]:
    """Paste after the object took mean and spread of the background's colours, channel by channel in CIE L*a*b*.

    Source:
        Reinhard et al., Color Transfer between Images (2001); L*a*b* in place of their l-alpha-beta.
    """
    scene, own = (
        cv2.cvtColor(pixels.astype(np.float32) / 255, cv2.COLOR_RGB2LAB) for pixels in (background, foreground[..., :3])
    )
    seen = own[foreground[..., 3] > _SOLID * 255]
    if len(seen) == 0:
        return paste(background, foreground, box_cxcywh)
    scene_mean, scene_spread = scene.mean((0, 1)), scene.std((0, 1))
    own_mean, own_spread = seen.mean(0), np.maximum(seen.std(0), _MIN_SPREAD)
    moved = (own - own_mean) * (scene_spread / own_spread) + scene_mean
    colours = np.clip(cv2.cvtColor(moved.astype(np.float32), cv2.COLOR_LAB2RGB), 0, 1)
    recoloured = np.dstack([np.rint(colours * 255).astype(np.uint8), foreground[..., 3]])
    return paste(background, recoloured, box_cxcywh)


_SOLID = 0.5
_MIN_SPREAD = 1.0
_MASK_MARGIN_PX = 3
_BORDER_PX = 8
_MIN_OBJECT_PX = 9
_DRAWS = 200


def _drawn(letterbox: Letterbox, log_aspect: float, draw) -> BoxCxcywh:  # noqa: ANN001 - () -> Position
    """Draw until the box lies at least half inside the picture, as the model's boxes do; the last draw if none does."""
    picture_xyxy = torch.tensor([0.0, 0.0, 1.0, 1.0])
    box_cxcywh: BoxCxcywh = (0.5, 0.5, 1.0, 1.0)
    for _ in range(_DRAWS):
        position = torch.tensor([float(value) for value in draw()])
        cx, cy, w, h = box_of(position, torch.tensor(log_aspect, dtype=torch.float32)).tolist()
        box_cxcywh = letterbox.box_to_picture((cx, cy, w, h))
        if fraction_inside(cxcywh_to_xyxy(torch.tensor(box_cxcywh)), picture_xyxy) >= MIN_INSIDE:
            break
    return box_cxcywh


def _spread(premultiplied: Float[np.ndarray, "h w 3"], alpha: Float[np.ndarray, "h w"]) -> np.ndarray:
    """Colours of the object everywhere: its own where it is, those of its nearest parts around it."""
    near = cv2.GaussianBlur(np.dstack([premultiplied, alpha]), (0, 0), 2.0)
    around = near[..., :3] / np.maximum(near[..., 3:], 1e-3)
    own = premultiplied / np.maximum(alpha, 1e-3)[..., None]
    return np.where(alpha[..., None] > _SOLID, own, around)
