"""What a layout cannot hold is said before anything is written."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.labels.written import boxed, masked, one_picture

from situate.errors import InputError
from situate.labels.coco import CocoAnnotation, CocoCategory, CocoDataset, CocoImage
from situate.labels.write import check_writable, label_files

MANY = (masked(0, np.ones((12, 16), bool)), *(boxed(number, (1, 2, 3, 4)) for number in range(1, 255)))


def pictures(*file_names: str, problem: str | None = None) -> CocoDataset:
    images = [CocoImage(number, name, 16, 12) for number, name in enumerate(file_names)]
    images.append(CocoImage(99, "a.webp", 0, 0, problem=problem or "damaged"))
    return CocoDataset(Path("given.json"), tuple(images), (), (CocoCategory(1, "cone"),))


def classes(*names: str, objects: tuple[CocoAnnotation, ...] = ()) -> CocoDataset:
    return one_picture(*objects, width=16, height=12, names=names)


REFUSED = [
    ("yolo", pictures("a.jpg", "a.png"), r"picture 'a\.png' would share its label file with 'a\.jpg'"),
    ("voc", pictures("a.jpg", "a.png"), r"picture 'a\.png' would share its label file with 'a\.jpg'"),
    ("voc", pictures("sub/a.jpg", "sub__a.jpg"), r"'sub__a\.jpg' would share its label file with 'sub/a\.jpg'"),
    ("yolo", pictures("a.jpg", "a.jpg"), "share"),  # COCO lets two entries name one picture
    ("yolo", pictures(".hidden/a.jpg"), "hidden"),  # readers pass over it
    ("voc", pictures(".a.jpg"), "hidden"),
    ("yolo", pictures("a.gif"), r"'a\.gif' has none of the suffixes \.png"),
    ("voc", pictures("a"), "none of the suffixes"),
    ("voc", pictures(f"{'x' * 200}/{'y' * 80}.jpg"), "name of 286 bytes, the limit is 255"),
    ("voc", pictures(" a.jpg"), "blanks around its name"),
    ("voc", pictures("a\x01.jpg"), "XML cannot hold"),
    ("yolo", classes("cone", "ball", "cone"), "classes 1 and 3 are both named 'cone'"),
    ("voc", classes("cone", "cone"), "both named"),
    ("yolo", classes(), "there are no classes"),
    ("voc", classes(""), "class 1 is named ''"),
    ("voc", classes("cone "), "class 1 is named 'cone '"),
    ("voc", classes("co\x00ne"), "no text for XML"),
    ("voc", classes("cone", objects=MANY), r"picture 'a\.png' has 255 objects, of which masks number at most 254"),
]


@pytest.mark.parametrize(("label_format", "dataset", "message"), REFUSED)
def test_what_a_layout_cannot_hold_is_refused(label_format: Any, dataset: CocoDataset, message: str) -> None:
    with pytest.raises(InputError, match=f"given.json cannot be written as {label_format}: .*{message}.*or write coco"):
        check_writable(dataset, label_format)
    with pytest.raises(InputError, match=message):
        label_files(dataset, label_format)
    check_writable(dataset, "coco")


ACCEPTED = [
    ("yolo", pictures("a.jpg", "sub/a.jpg", "b.JPG")),
    ("voc", pictures("a.jpg", "sub/a.jpg", "b.JPG")),
    ("voc", pictures("a.jpg", problem="cannot be read: it is not written")),
    ("yolo", classes("cone", objects=MANY)),
    ("voc", classes("cone", objects=MANY[1:])),
    ("voc", classes("Schöner Kegel <1> & 'zwei'")),
    ("yolo", classes("no", "", "a: b")),
]


@pytest.mark.parametrize(("label_format", "dataset"), ACCEPTED)
def test_what_a_layout_can_hold_is_accepted(label_format: Any, dataset: CocoDataset) -> None:
    check_writable(dataset, label_format)


def test_many_problems_are_cut_short() -> None:
    with pytest.raises(InputError, match="and 15 more"):
        check_writable(pictures(*(f"{number}.gif" for number in range(25))), "yolo")
