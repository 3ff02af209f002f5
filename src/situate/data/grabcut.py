"""A mask of the object in a photograph by GrabCut: what differs from everything outside a box."""

import cv2
import numpy as np
from jaxtyping import Bool, UInt8

from situate.errors import InputError
from situate.geometry.guided_filter import guided_filter

# Without a box the object is looked for everywhere but in this margin, as a share of each side.
_DEFAULT_MARGIN = 0.05
# What lies farther from the box than this share of its sides says little about the object's surroundings.
_CONTEXT = 0.5
_WORK_SIDE_PX = 400
_NUM_ITERATIONS = 5
_RANDOM_SEED = 20040823
# Pieces and holes smaller than these shares of the largest piece are noise.
_MIN_PIECE_SHARE = 0.1
_MIN_HOLE_SHARE = 0.01
_EDGE_NOISE = 0.03
# Highlights and specks: an object fills more of its box than this.
_MIN_BOX_SHARE = 0.02

_UNMARKED, _OBJECT, _OTHER = 0, 1, 2

BoxPx = tuple[int, int, int, int]


def grabcut_mask(
    pixels: UInt8[np.ndarray, "h w 3"],
    *,
    box_xywh_px: BoxPx | None = None,
    is_object: Bool[np.ndarray, "h w"] | None = None,
    is_other: Bool[np.ndarray, "h w"] | None = None,
) -> Bool[np.ndarray, "h w"]:
    """Find the object in a photograph; the same pixels, box and strokes give the same mask.

    Args:
        pixels: The photograph.
        box_xywh_px: Box round the object, with some background outside it; None takes all but a margin of 5 %.
        is_object: What somebody has marked as the object, for sure.
        is_other: And what is none of it; goes first where both are marked.

    Returns:
        The object, at the picture's size; all False where next to nothing stands out from
        the background.

    Raises:
        InputError: If the box leaves the picture, is empty, or leaves no background outside.

    Source:
        Rother et al., GrabCut (2004), as implemented by OpenCV.
    """
    height, width = pixels.shape[:2]
    box = _default_box(height, width) if box_xywh_px is None else box_xywh_px
    check_box(box, width_px=width, height_px=height)
    window, inner = _context(box, height, width)
    mask = np.zeros((height, width), bool)
    near = np.ascontiguousarray(pixels[window])
    scale = min(1.0, _WORK_SIDE_PX / max(near.shape[:2]))
    small = near
    if scale < 1:
        small = cv2.resize(near, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    marks = _marks(is_object, is_other, (height, width))
    small_marks = cv2.resize(marks[window], small.shape[1::-1], interpolation=cv2.INTER_NEAREST)
    found = _without_specks(_segment(small, _scaled(inner, near.shape, small.shape), small_marks))
    if scale < 1:
        found = _at_full_size(near, found)
    mask[window] = found
    x, y, w, h = box
    outside = np.ones_like(mask)
    outside[y : y + h, x : x + w] = False
    mask[outside] = False
    mask[marks == _OBJECT] = True
    mask[marks == _OTHER] = False
    return mask if mask.sum() >= _MIN_BOX_SHARE * w * h else np.zeros_like(mask)


def check_box(box_xywh_px: BoxPx, *, width_px: int, height_px: int) -> None:
    """Check that a box has an area, lies inside the picture and leaves some of it outside.

    Raises:
        InputError: With box, picture size and remedy.
    """
    x, y, w, h = box_xywh_px
    said = f"box {x},{y},{w},{h}"
    if w < 1 or h < 1:
        raise InputError(f"{said} has no area; width and height must be at least 1 pixel")
    if x < 0 or y < 0 or x + w > width_px or y + h > height_px:
        raise InputError(
            f"{said} leaves the picture, which is {width_px} x {height_px} pixels; pass x,y,w,h with x + w <= "
            f"{width_px} and y + h <= {height_px}"
        )
    if w == width_px and h == height_px:
        raise InputError(f"{said} covers the whole picture; leave some background outside it, or pass a mask")


def _default_box(height: int, width: int) -> BoxPx:
    margin_x, margin_y = max(1, round(width * _DEFAULT_MARGIN)), max(1, round(height * _DEFAULT_MARGIN))
    if width <= 2 * margin_x or height <= 2 * margin_y:
        raise InputError(f"the picture is {width} x {height} pixels, too small to look for an object; pass a mask")
    return margin_x, margin_y, width - 2 * margin_x, height - 2 * margin_y


def _context(box: BoxPx, height: int, width: int) -> tuple[tuple[slice, slice], BoxPx]:
    """The part of the picture round the box, and the box in it."""
    x, y, w, h = box
    margin_x, margin_y = max(2, round(w * _CONTEXT)), max(2, round(h * _CONTEXT))
    left, top = max(0, x - margin_x), max(0, y - margin_y)
    window = slice(top, min(height, y + h + margin_y)), slice(left, min(width, x + w + margin_x))
    return window, (x - left, y - top, w, h)


def _scaled(box: BoxPx, shape: tuple[int, ...], small_shape: tuple[int, ...]) -> BoxPx:
    """The box in the reduced copy, never all of it: GrabCut needs a pixel of background."""
    (height, width), (small_height, small_width) = shape[:2], small_shape[:2]
    x, y, w, h = box
    left, top = round(x * small_width / width), round(y * small_height / height)
    right, bottom = round((x + w) * small_width / width), round((y + h) * small_height / height)
    if x + w < width:
        right = min(right, small_width - 1)
    if y + h < height:
        bottom = min(bottom, small_height - 1)
    left, top = max(left, min(x, 1)), max(top, min(y, 1))
    return left, top, max(1, right - left), max(1, bottom - top)


def _marks(is_object: np.ndarray | None, is_other: np.ndarray | None, shape: tuple[int, int]) -> np.ndarray:
    marks = np.full(shape, _UNMARKED, np.uint8)
    for marked, meaning in ((is_object, _OBJECT), (is_other, _OTHER)):
        if marked is not None:
            marks[marked] = meaning
    return marks


def _segment(pixels: np.ndarray, box: BoxPx, marks: np.ndarray) -> np.ndarray:
    labels = np.zeros(pixels.shape[:2], np.uint8)
    # GrabCut starts with k-means on OpenCV's generator of this thread, which cannot be passed in.
    cv2.setRNGSeed(_RANDOM_SEED)
    bgr = cv2.cvtColor(pixels, cv2.COLOR_RGB2BGR)
    models = np.zeros((1, 65)), np.zeros((1, 65))
    cv2.grabCut(bgr, labels, box, *models, _NUM_ITERATIONS, cv2.GC_INIT_WITH_RECT)
    if (marks != _UNMARKED).any():
        labels[marks == _OBJECT], labels[marks == _OTHER] = cv2.GC_FGD, cv2.GC_BGD
        cv2.grabCut(bgr, labels, None, *models, _NUM_ITERATIONS, cv2.GC_INIT_WITH_MASK)  # type: ignore[call-overload]
    return (labels == cv2.GC_FGD) | (labels == cv2.GC_PR_FGD)


def _without_specks(mask: np.ndarray) -> np.ndarray:
    if not mask.any():
        return mask
    kept = _pieces_of_at_least(mask, _MIN_PIECE_SHARE, relative_to=None)
    return ~_pieces_of_at_least(~kept, _MIN_HOLE_SHARE, relative_to=int(kept.sum()))


def _pieces_of_at_least(mask: np.ndarray, share: float, *, relative_to: int | None) -> np.ndarray:
    _, labels, _, _ = cv2.connectedComponentsWithStats(mask.astype(np.uint8), connectivity=4)
    indices = np.asarray(labels, np.intp)
    areas = np.bincount(indices.ravel())
    areas[0] = 0
    whole = areas.max() if relative_to is None else relative_to
    return (areas >= max(1, share * whole))[indices]


def _at_full_size(pixels: np.ndarray, small_mask: np.ndarray) -> np.ndarray:
    """Enlarge a mask; its border follows the edges in `pixels`."""
    height, width = pixels.shape[:2]
    values = cv2.resize(small_mask.astype(np.float32), (width, height), interpolation=cv2.INTER_LINEAR)
    radius_px = 2 * max(1, round(width / small_mask.shape[1]))
    return guided_filter(pixels, values, radius_px=radius_px, noise=_EDGE_NOISE) > 0.5
