"""A label map is a picture whose pixels name objects: read as whole numbers, taken apart into compressed run lengths.

Run lengths go down the columns, as in COCO. The map is walked once for all its objects; no mask of a single object is
ever drawn.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import cv2
import numpy as np
from jaxtyping import Int, UInt8
from PIL import Image

from situate.errors import ImageError
from situate.imageio.formats import READABLE
from situate.imageio.sixteen_bit import is_sixteen_bit
from situate.labels.coco_mask import require_pycocotools
from situate.labels.picture_files import opened_picture

BACKGROUND = 0
MAX_OBJECTS = 1000
"""Of one mask. Photographs and masks with soft edges have as many values as pixels, and no file needs more objects."""
_GREY_MODES = ("1", "L", "I", "I;16", "I;16B", "I;16L", "I;16N")
_COLOUR_MODES = ("P", "RGB", "RGBA", "LA", "PA")
_LOSSY_FORMATS = ("JPEG", "MPO", "WEBP")
_NUM_HEADER_BYTES = 64
_STRIP_ROWS = 64


@dataclass(frozen=True)
class LabelledObject:
    """One object of a label map.

    Attributes:
        value: Of its pixels.
        segmentation: Compressed run lengths, as COCO writes them.
        box_xywh_px: The tight box round it.
        area_px: Its pixels.
    """

    value: int
    segmentation: dict[str, Any]
    box_xywh_px: tuple[float, float, float, float]
    area_px: float


@dataclass(frozen=True)
class LabelMap:
    """The pixels of a mask file.

    Attributes:
        values: 0 is background; colours are `65536 red + 256 green + blue`.
        kind: What the values are.
    """

    values: Int[np.ndarray, "h w"]
    kind: Literal["grey", "palette", "colour"]


def read_label_map(path: Path) -> LabelMap:
    """Read a mask file: grey values, places in the palette, or colours; what is fully transparent is background.

    Raises:
        ImageError: If it is no picture, was stored with losses, or its pixels are no whole numbers.
    """
    with opened_picture(path) as picture:
        if picture.format in _LOSSY_FORMATS:
            raise ImageError(
                f"{path} is a {picture.format} file, whose compression changes the values of a mask; export it as PNG"
            )
        if picture.mode == "P" and not _is_black_renumbered(picture):
            return LabelMap(np.asarray(picture).astype(np.int64), "palette")
        if picture.mode in _GREY_MODES:
            return LabelMap(np.asarray(picture).astype(np.int64), "grey")
        if picture.mode not in _COLOUR_MODES or _is_deep(path, picture):
            raise ImageError(
                f"{path} has samples of the kind {picture.mode!r}, a mask needs 8 or 16 bits of grey, a palette or 8 "
                f"bits a colour; export it as a grey PNG ({READABLE} are read, without losses)"
            )
        return LabelMap(_packed(np.asarray(picture.convert("RGBA"))), "colour")


def objects_of(values: Int[np.ndarray, "h w"]) -> list[LabelledObject]:
    """Take a label map apart: every value but the background is an object, in ascending order.

    Raises:
        ImageError: If there are more than `MAX_OBJECTS`; the message is to follow the name of the file.
    """
    coco_masks = require_pycocotools()
    _present(values)
    height, width = values.shape
    flat = values.ravel(order="F")
    starts = np.concatenate([[0], np.flatnonzero(np.diff(flat)) + 1])
    ends = np.append(starts[1:], flat.size)
    of_run = flat[starts]
    order = np.argsort(of_run, kind="stable")
    present, first = np.unique(of_run[order], return_index=True)
    objects = []
    for value, runs in zip(present.tolist(), np.split(order, first[1:]), strict=True):
        if value == BACKGROUND:
            continue
        counts = _counts(starts[runs], ends[runs], flat.size)
        compressed = coco_masks.frPyObjects({"size": [height, width], "counts": counts}, height, width)
        left, top, box_width, box_height = (float(side) for side in coco_masks.toBbox(compressed))
        segmentation = {"size": [height, width], "counts": compressed["counts"].decode("ascii")}
        area_px = float((ends[runs] - starts[runs]).sum())
        objects.append(LabelledObject(value, segmentation, (left, top, box_width, box_height), area_px))
    return objects


def components_of(values: Int[np.ndarray, "h w"]) -> Int[np.ndarray, "h w"]:
    """Number the connected pieces of every value, from 1; pieces that touch at a corner are one.

    Raises:
        ImageError: If there are more than `MAX_OBJECTS`; the message is to follow the name of the file.
    """
    pieces = np.zeros(values.shape, np.int64)
    num_pieces = 0
    for value in _present(values):
        mask: UInt8[np.ndarray, "h w"] = (values == value).astype(np.uint8)
        left, top, width, height = cv2.boundingRect(mask)
        window = slice(top, top + height), slice(left, left + width)
        count, numbered = cv2.connectedComponents(np.ascontiguousarray(mask[window]))
        if num_pieces + count - 1 > MAX_OBJECTS:
            raise ImageError(
                f"holds {num_pieces + count - 1} connected pieces or more, {count - 1} of them of the value {value}, "
                f"each of which would be an object, the limit is {MAX_OBJECTS}; remove the specks, or let each value "
                "be one object"
            )
        pieces[window] += np.where(numbered > 0, numbered + num_pieces, 0)
        num_pieces += count - 1
    return pieces


def _present(values: Int[np.ndarray, "h w"]) -> list[int]:
    """Return the values but the background, in ascending order."""
    present: set[int] = set()
    # In strips: the first ones tell a photograph, whose millions of values need not be sorted.
    for top in range(0, len(values), _STRIP_ROWS):
        flat = values[top : top + _STRIP_ROWS].ravel()
        present.update(np.unique(flat[np.append(True, flat[1:] != flat[:-1])]).tolist())
        present.discard(BACKGROUND)
        if len(present) > MAX_OBJECTS:
            raise ImageError(
                f"holds {len(present)} values or more, each of which would be an object, the limit is {MAX_OBJECTS}; "
                "draw it anew with one value or colour for each object, without shades and soft edges"
            )
    return sorted(present)


def _counts(starts: Int[np.ndarray, " n"], ends: Int[np.ndarray, " n"], num_px: int) -> list[int]:
    """Lengths of the runs outside and inside the object by turns, beginning outside."""
    edges = np.stack([starts, ends], axis=1).ravel()
    counts: list[int] = np.diff(edges, prepend=0, append=num_px).tolist()
    return counts if counts[-1] else counts[:-1]


def _packed(rgba_u8: UInt8[np.ndarray, "h w 4"]) -> Int[np.ndarray, "h w"]:
    red, green, blue, alpha = np.moveaxis(rgba_u8.astype(np.int64), 2, 0)
    return np.where(alpha > 0, (red << 16) + (green << 8) + blue, BACKGROUND)


def _is_black_renumbered(picture: Image.Image) -> bool:
    # Programs that make PNG files smaller sort the palette: black, the background, is then no longer its place 0.
    palette = np.reshape(picture.getpalette() or [0, 0, 0], (-1, 3))
    used = np.unique(np.asarray(picture))
    return bool(palette[0].any()) and not palette[used[used < len(palette)]].any(axis=1).all()


def _is_deep(path: Path, picture: Image.Image) -> bool:
    # Pillow reads 16-bit colour as 8-bit: values that differ would become one.
    with path.open("rb") as file:
        return is_sixteen_bit(file.read(_NUM_HEADER_BYTES), picture)
