"""Which part of a data set a picture belongs to, where one set holds several."""

import re
from pathlib import PurePosixPath

from situate.labels.coco import CocoImage

PARTS = ("train", "val", "test")
HELD_OUT = ("val", "test")
SPLIT = "split"
"""Key of a picture's entry that names its part."""
_NO_LETTERS = re.compile("[^a-z]")
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

    `train2017/a.jpg` and `train_images/a.jpg` are of `train`.
    """
    named = image.extra.get(SPLIT)
    words = [named] if isinstance(named, str) else list(PurePosixPath(image.file_name).parts[:-1])
    beginnings = (_NO_LETTERS.split(word.lower(), maxsplit=1)[0] for word in words)
    found = [_NAMES[word] for word in beginnings if word in _NAMES]
    return found[0] if found else ""
