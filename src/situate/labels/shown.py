"""The part of a data set that YOLO and Pascal VOC can show: pictures that can be read, and single objects in them."""

from collections.abc import Iterator

import numpy as np
from jaxtyping import Bool

from situate.errors import DataError
from situate.labels.coco import CocoAnnotation, CocoDataset, CocoImage
from situate.labels.coco_mask import mask_of


def shown_pictures(dataset: CocoDataset) -> Iterator[tuple[CocoImage, tuple[CocoAnnotation, ...]]]:
    """Yield every picture that has no `problem` with its objects, crowds left out."""
    objects = dataset.annotations_by_image()
    for image in dataset.images:
        if image.problem is None:
            yield image, tuple(one for one in objects[image.id] if not one.is_crowd)


def mask_or_none(annotation: CocoAnnotation, image: CocoImage) -> Bool[np.ndarray, "h w"] | None:
    """Return an object's mask; None if it has none, or one that cannot be drawn or is empty."""
    if annotation.segmentation is None:
        return None
    try:
        mask = mask_of(annotation, image.height, image.width)
    except DataError:
        return None
    return mask if mask.any() else None
