"""What of a data set a layout of label files cannot hold, found before anything is written."""

import re
from collections.abc import Callable, Iterator
from pathlib import PurePosixPath
from typing import Literal

from situate.errors import InputError
from situate.labels.coco import CocoDataset
from situate.labels.coco_check import MAX_NAME_BYTES
from situate.labels.picture_files import PICTURE_SUFFIXES
from situate.labels.problems import brief, first_problems
from situate.labels.shown import shown_pictures
from situate.labels.write_voc import MAX_VOC_OBJECTS, voc_stem
from situate.labels.write_yolo import yolo_label_path

_NO_XML = re.compile("[\0-\x1f\ud800-\udfff\ufffe\uffff]")
"""What XML cannot hold, and line breaks, which would not come back."""
_NUM_SUFFIX_BYTES = len(".xml")


def check_writable(dataset: CocoDataset, label_format: Literal["coco", "yolo", "voc"]) -> None:
    """Refuse what a layout cannot hold; COCO holds everything. Pictures with a `problem` are written in none.

    YOLO and Pascal VOC: a name of a class that is there twice; pictures that would share a label file, that are
    hidden, or whose suffix readers do not know; file names that would be too long. YOLO: no class at all. Pascal VOC:
    names of classes that are empty or have blanks around them; names that XML cannot hold; over 254 objects in a
    picture where some have masks.

    Raises:
        InputError: With the first ten problems, and the number of the others.
    """
    if label_format == "coco":
        return
    problems = [*_class_problems(dataset, label_format), *_picture_problems(dataset, label_format)]
    if label_format == "voc":
        problems += _voc_problems(dataset)
    if problems:
        raise InputError(
            f"{dataset.path} cannot be written as {label_format}: {first_problems(problems)}; rename, or write coco"
        )


def _class_problems(dataset: CocoDataset, label_format: str) -> Iterator[str]:
    ids: dict[str, int] = {}
    for category in dataset.categories:
        if category.name in ids:
            yield f"classes {ids[category.name]} and {category.id} are both named {brief(category.name)}"
        ids.setdefault(category.name, category.id)
    if label_format == "yolo" and not ids:
        yield "there are no classes, data.yaml needs the name of at least one"


def _picture_problems(dataset: CocoDataset, label_format: str) -> Iterator[str]:
    label_name: Callable[[str], object] = voc_stem if label_format == "voc" else yolo_label_path
    holders: dict[object, str] = {}
    for image, _ in shown_pictures(dataset):
        path = PurePosixPath(image.file_name)
        where = f"picture {brief(image.file_name)}"
        if path.suffix.lower() not in PICTURE_SUFFIXES:
            yield f"{where} has none of the suffixes {', '.join(PICTURE_SUFFIXES)}"
        if any(part.startswith(".") for part in path.parts):
            yield f"{where} is hidden, a part of its name begins with a dot"
        label = label_name(image.file_name)
        if label in holders:
            yield f"{where} would share its label file with {brief(holders[label])}"
        holders.setdefault(label, image.file_name)


def _voc_problems(dataset: CocoDataset) -> Iterator[str]:
    for category in dataset.categories:
        if not category.name.strip() or category.name != category.name.strip() or _NO_XML.search(category.name):
            yield f"class {category.id} is named {brief(category.name)}: empty, blanks around it, or no text for XML"
    for image, objects in shown_pictures(dataset):
        where = f"picture {brief(image.file_name)}"
        if image.file_name != image.file_name.strip() or _NO_XML.search(image.file_name):
            yield f"{where} has blanks around its name, or characters that XML cannot hold"
        num_bytes = len(voc_stem(image.file_name).encode("utf-8", "surrogatepass")) + _NUM_SUFFIX_BYTES
        if num_bytes > MAX_NAME_BYTES:
            yield f"{where} would have an XML file with a name of {num_bytes} bytes, the limit is {MAX_NAME_BYTES}"
        if len(objects) > MAX_VOC_OBJECTS and any(one.segmentation is not None for one in objects):
            yield f"{where} has {len(objects)} objects, of which masks number at most {MAX_VOC_OBJECTS}"
