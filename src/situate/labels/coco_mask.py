"""The mask of a COCO annotation, from polygons or run lengths."""

from typing import Any

import numpy as np
from jaxtyping import Bool

from situate.errors import DataError, MissingExtraError
from situate.labels.coco import CocoAnnotation

MIN_POLYGON_NUMBERS = 6
"""Three corners."""


def mask_of(annotation: CocoAnnotation, height: int, width: int) -> Bool[np.ndarray, "h w"]:
    """Draw where the object is in a picture of `height` x `width` pixels.

    Polygons with fewer than three corners are left out (`short_polygons` counts them); corners outside the picture are
    moved to its border.

    Raises:
        DataError: If nothing can be drawn: no segmentation, no whole polygon, run lengths of another picture size.
        MissingExtraError: If pycocotools is not installed.
    """
    try:
        import pycocotools.mask as coco_masks
    except ImportError as error:
        raise MissingExtraError("pycocotools", "photos") from error
    try:
        runs = _runs(annotation, height, width, coco_masks)
        mask = coco_masks.decode(runs).astype(bool)
    except ValueError as error:
        raise DataError(f"annotation {annotation.id}: run lengths are damaged ({error}); annotate it again") from error
    return mask


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
    if isinstance(segmentation["counts"], str):
        return {"size": [height, width], "counts": segmentation["counts"].encode()}
    if sum(segmentation["counts"]) != height * width:
        raise DataError(
            f"annotation {annotation.id}: run lengths cover {sum(segmentation['counts'])} of {height * width} pixels"
        )
    return coco_masks.frPyObjects(segmentation, height, width)


def _is_whole_polygon(polygon: list[float]) -> bool:
    return len(polygon) >= MIN_POLYGON_NUMBERS and len(polygon) % 2 == 0
