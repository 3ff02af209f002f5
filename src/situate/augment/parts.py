"""Which part of a data set a picture belongs to: objects never go from one part into another."""

from collections.abc import Sequence
from pathlib import PurePosixPath

from situate.errors import InputError
from situate.labels.coco import CocoImage

HELD_OUT = ("val", "test")
_NAMES = {
    "train": "train",
    "training": "train",
    "val": "val",
    "valid": "val",
    "validation": "val",
    "dev": "val",
    "test": "test",
    "testing": "test",
}


def part_of(image: CocoImage) -> str:
    """Return `train`, `val` or `test` by the entry's `split`, else by the folders of its name; empty if none says so.

    `train2017/a.jpg` is of `train`.
    """
    named = image.extra.get("split")
    words = [named] if isinstance(named, str) else list(PurePosixPath(image.file_name).parts[:-1])
    found = [_NAMES[word] for word in (word.lower().rstrip("0123456789") for word in words) if word in _NAMES]
    return found[0] if found else ""


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
