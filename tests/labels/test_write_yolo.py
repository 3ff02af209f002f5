"""YOLO labels: boxes survive, masks are one polygon, and what cannot be written is counted."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from tests.labels.written import boxed, masked, masks, one_picture, read, tight_box, write

from situate.labels.coco import CocoAnnotation, CocoCategory, CocoDataset, CocoImage
from situate.labels.coco_mask import mask_of
from situate.labels.write import label_files, left_out

WIDTH, HEIGHT = 40, 20
SQUARE = np.pad(np.ones((6, 8), bool), ((2, 12), (3, 29)))


def lines(dataset: CocoDataset, name: str = "labels/a.txt") -> list[list[float]]:
    files = {str(path): content.decode() for path, content in label_files(dataset, "yolo")}
    return [[float(word) for word in line.split()] for line in files[name].splitlines()]


def box_error_px(found: Any, expected: Any) -> float:
    edges = [np.array([box[0], box[1], box[0] + box[2], box[1] + box[3]]) for box in (found, expected)]
    return float(np.abs(edges[0] - edges[1]).max())


def read_line(line: list[float], width: int, height: int) -> np.ndarray:
    """The box of a line as read_yolo reads it, in pixels."""
    if len(line) == 5:
        center_x, center_y, box_width, box_height = line[1:]
        box = np.array([center_x - box_width / 2, center_y - box_height / 2, box_width, box_height])
    else:
        corners = np.reshape(line[1:], (-1, 2))
        box = np.concatenate([corners.min(axis=0), np.ptp(corners, axis=0)])
    return box * [width, height, width, height]


@given(masks())
def test_the_box_of_any_mask_survives(mask: np.ndarray) -> None:
    height, width = mask.shape
    (line,) = lines(one_picture(masked(1, mask), width=width, height=height))
    assert box_error_px(read_line(line, width, height), tight_box(mask)) < 0.5


@given(*[st.integers(0, 7900)] * 2, *[st.integers(1, 100)] * 2)
def test_boxes_of_a_big_picture_survive(left: int, top: int, width: int, height: int) -> None:
    expected = (left + 0.25, float(top), float(width), height - 0.5)
    right, bottom = left + 0.25 + width, top + height - 0.5
    outline: Any = [[expected[0], top, right, top, right, bottom, expected[0], bottom]]
    for one in (boxed(1, expected), CocoAnnotation(1, 1, 1, outline)):
        (line,) = lines(one_picture(one, width=8000, height=8000))
        assert box_error_px(read_line(line, 8000, 8000), expected) < 0.01


def test_what_is_written_is_read_again(tmp_path: Path) -> None:
    big = np.zeros((300, 4000), bool)
    big[5:9, 3990:], big[0, 0], big[100:200, 1000:2000] = True, True, True
    categories = (CocoCategory(8, "cone"), CocoCategory(0, "no"))
    images = (CocoImage(5, "sub/b.png", WIDTH, HEIGHT), CocoImage(3, "a.png", 4000, 300), CocoImage(4, "e.png", 9, 9))
    objects = (
        masked(1, SQUARE, image_id=5, category_id=8),
        masked(2, big, image_id=3, category_id=0),
        masked(3, ~big, image_id=3, category_id=8),
    )
    given_set = CocoDataset(Path("given.json"), images, objects, categories, {"licenses": [1]})
    again = read(write(given_set, "yolo", tmp_path), "yolo")
    assert again.category_names() == {0: "no", 1: "cone"}
    assert [image.file_name for image in again.images] == ["a.png", "e.png", "sub/b.png"]
    assert again.extra == {"notes": {}}, "every picture has a label file, an empty one too"
    assert [one.category_id for one in again.annotations] == [0, 1, 1]
    for found, expected in zip(again.annotations, (objects[1], objects[2], objects[0]), strict=True):
        assert box_error_px(found.box_xywh_px, expected.box_xywh_px) < 0.5
    assert np.array_equal(mask_of(again.annotations[2], HEIGHT, WIDTH), SQUARE)
    found = mask_of(again.annotations[0], 300, 4000)
    assert (found ^ big).sum() < 0.01 * big.sum()


def test_the_description_says_where_pictures_lie_but_not_from_which_folder() -> None:
    (_, description), _ = label_files(one_picture(width=WIDTH, height=HEIGHT, names=("yes", "1")), "yolo")
    assert yaml.safe_load(description) == {"train": "images", "val": "images", "names": {0: "yes", 1: "1"}}


def test_polygons_are_taken_over_corner_by_corner_and_joined() -> None:
    parts: Any = [[4.5, 2, 8, 2, 8, 9.25], [20, 2, 28, 2, 28, 10, 20, 10], [1, 1, 2, 2]]
    (line,) = lines(one_picture(CocoAnnotation(1, 1, 2, parts), width=WIDTH, height=HEIGHT))
    corners = {tuple(corner) for corner in (np.reshape(line[1:], (-1, 2)) * [WIDTH, HEIGHT]).tolist()}
    assert line[0] == 1
    assert corners == {(4.5, 2), (8, 2), (8, 9.25), (20, 2), (28, 2), (28, 10), (20, 10)}


def test_one_object_with_a_box_only_makes_all_lines_of_its_picture_boxes() -> None:
    together = one_picture(masked(1, SQUARE), boxed(2, (1.5, 2, 3, 4)), width=WIDTH, height=HEIGHT)
    assert lines(together) == [[0, 7 / 40, 5 / 20, 8 / 40, 6 / 20], [0, 3 / 40, 4 / 20, 3 / 40, 4 / 20]]


BESIDE: Any = [[50.0, 30.0, 60.0, 30.0, 60.0, 40.0]]
DAMAGED: Any = {"size": [9, 9], "counts": [81]}
CASES = [
    (boxed(1, (-5, -5, 15, 10)), [[0, 0.125, 0.125, 0.25, 0.25]]),  # cut at the border
    (boxed(1, (41, 0, 5, 5)), []),  # beside the picture
    (boxed(1, (4, 4, 0, 5)), []),  # empty
    (boxed(1, None), []),
    (CocoAnnotation(1, 1, 1, BESIDE), []),  # nothing of it is left when it is moved to the border
    (CocoAnnotation(1, 1, 1, DAMAGED, box_xywh_px=(0.0, 0.0, 40.0, 20.0)), [[0, 0.5, 0.5, 1, 1]]),
    (CocoAnnotation(1, 1, 1, DAMAGED), []),
    (CocoAnnotation(1, 1, 1, [[1, 1, 2, 2]], box_xywh_px=(0.0, 0.0, 40.0, 20.0)), [[0, 0.5, 0.5, 1, 1]]),
]


@pytest.mark.parametrize(("annotation", "expected"), CASES)
def test_what_has_no_outline_is_a_box_and_what_has_neither_is_counted(
    annotation: CocoAnnotation, expected: list[list[float]]
) -> None:
    given_set = one_picture(annotation, width=WIDTH, height=HEIGHT)
    assert lines(given_set) == expected
    assert left_out(given_set, "yolo") == ({} if expected else {"objects without a mask or a box in the picture": 1})


def test_crowds_are_left_out_and_counted() -> None:
    given_set = one_picture(masked(1, SQUARE, is_crowd=True), masked(2, SQUARE), width=WIDTH, height=HEIGHT)
    assert len(lines(given_set)) == 1
    assert left_out(given_set, "yolo") == left_out(given_set, "voc") == {"crowds": 1}
    assert left_out(given_set, "coco") == {}


def test_labels_of_a_folder_named_images_are_found_again(tmp_path: Path) -> None:
    given_set = one_picture(boxed(1, (1, 2, 3, 4)), width=WIDTH, height=HEIGHT, file_name="train/images/a.png")
    folder = write(given_set, "yolo", tmp_path)
    assert (folder / "images/train/labels/a.txt").is_file()
    (found,) = read(folder, "yolo").annotations
    assert found.box_xywh_px == pytest.approx((1, 2, 3, 4))
