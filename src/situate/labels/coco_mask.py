"""The mask of a COCO annotation, from polygons or run lengths."""

import warnings
from types import ModuleType
from typing import Any

import numpy as np
from jaxtyping import Bool

from situate.errors import DataError, MissingExtraError
from situate.labels.coco import CocoAnnotation

MIN_POLYGON_NUMBERS = 6
"""Three corners."""
_FIRST_LETTER, _MORE, _NEGATIVE = ord("0"), 32, 16


def mask_of(annotation: CocoAnnotation, height: int, width: int) -> Bool[np.ndarray, "h w"]:
    """Draw where the object is in a picture of `height` x `width` pixels.

    Polygons with fewer than three corners are left out (`short_polygons` counts them); corners outside the picture are
    moved to its border.

    Raises:
        DataError: If nothing can be drawn: no segmentation, no whole polygon, run lengths of another picture size.
        MissingExtraError: If pycocotools is not installed.
    """
    coco_masks = require_pycocotools()
    try:
        runs = _runs(annotation, height, width, coco_masks)
        mask = _decode(runs, coco_masks)
    except ValueError as error:
        raise DataError(f"annotation {annotation.id}: run lengths are damaged ({error}); annotate it again") from error
    return mask


def run_lengths_of(mask: Bool[np.ndarray, "h w"]) -> dict[str, Any]:
    """Encode a mask as compressed run lengths, as COCO writes them.

    Raises:
        MissingExtraError: If pycocotools is not installed.
    """
    runs = require_pycocotools().encode(np.asfortranarray(mask, np.uint8))
    height, width = mask.shape
    return {"size": [height, width], "counts": runs["counts"].decode("ascii")}


def require_pycocotools() -> ModuleType:
    """Return the module that draws masks.

    Raises:
        MissingExtraError: If it is not installed.
    """
    try:
        import pycocotools.mask as coco_masks
    except ImportError as error:
        raise MissingExtraError("pycocotools", "photos") from error
    return coco_masks


def short_polygons(annotation: CocoAnnotation) -> int:
    """Count the polygons that `mask_of` leaves out."""
    if not isinstance(annotation.segmentation, list):
        return 0
    return sum(not _is_whole_polygon(polygon) for polygon in annotation.segmentation)


def _runs(annotation: CocoAnnotation, height: int, width: int, coco_masks: Any) -> Any:
    segmentation = annotation.segmentation
    if segmentation is None:
        raise DataError(f"annotation {annotation.id} has no segmentation; only a box cannot be cut out")
    if isinstance(segmentation, list):
        limit = np.array([width, height], np.float64)
        polygons = [
            np.clip(np.reshape(polygon, (-1, 2)), 0, limit).ravel().tolist()
            for polygon in segmentation
            if _is_whole_polygon(polygon)
        ]
        if not polygons:
            raise DataError(f"annotation {annotation.id} has no polygon with three corners; annotate it again")
        return coco_masks.merge(coco_masks.frPyObjects(polygons, height, width))
    if list(segmentation["size"]) != [height, width]:
        found = "{} x {}".format(*segmentation["size"])
        raise DataError(f"annotation {annotation.id}: run lengths are for {found} pixels, not {height} x {width}")
    counts = segmentation["counts"]
    runs = _expanded(counts) if isinstance(counts, str) else counts
    # Checked here because pycocotools leaves what the runs do not reach as it finds it in memory.
    if min(runs, default=0) < 0 or sum(runs) != height * width:
        raise ValueError(f"they cover {sum(runs)} of {height * width} pixels")
    return coco_masks.frPyObjects({"size": [height, width], "counts": runs}, height, width)


def _expanded(text: str) -> list[int]:
    """Read compressed run lengths: five bits a letter, low ones first; from the fourth on, less the run two before.

    Source:
        COCO API, `rleToString` in maskApi.c.
    """
    runs: list[int] = []
    value = num_bits = 0
    for letter in text:
        bits = ord(letter) - _FIRST_LETTER
        if not 0 <= bits < 2 * _MORE:
            raise ValueError(f"letter {letter!r}")
        value |= (bits & (_MORE - 1)) << num_bits
        num_bits += 5
        if bits & _MORE:
            continue
        if bits & _NEGATIVE:
            value -= 1 << num_bits
        runs.append(value + (runs[-2] if len(runs) > 2 else 0))
        value = num_bits = 0
    return runs


def _decode(runs: Any, coco_masks: Any) -> np.ndarray:
    with warnings.catch_warnings():
        # pycocotools 2.0.11 meets numpy's new rule for `__array__` with every mask.
        warnings.simplefilter("ignore", DeprecationWarning)
        return coco_masks.decode(runs).astype(bool)


def _is_whole_polygon(polygon: list[int | float]) -> bool:
    return len(polygon) >= MIN_POLYGON_NUMBERS and len(polygon) % 2 == 0
