"""Which pictures may be augmented: objects never go from one part of a data set into another."""

from collections.abc import Sequence

from situate.errors import InputError
from situate.labels.coco import CocoImage
from situate.labels.parts import HELD_OUT, part_of


def pictures_to_augment(images: Sequence[CocoImage]) -> tuple[CocoImage, ...]:
    """Leave out pictures for validating and testing, unless all are of one such part.

    Raises:
        InputError: If there are several parts and none is for training: objects would go from one into another.
    """
    training = tuple(image for image in images if part_of(image) not in HELD_OUT)
    parts = sorted({part_of(image) for image in images})
    if not training and len(parts) > 1:
        raise InputError(
            f"the pictures are of the parts {' and '.join(parts)}, none is for training; pass the pictures of one part"
        )
    return training or tuple(images)
