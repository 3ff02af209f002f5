"""Pascal VOC: whole boxes and masks come back exactly."""

from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from tests.labels.written import boxed, masked, masks, one_picture, read, tight_box, write

from situate.labels.coco import CocoAnnotation, CocoDataset
from situate.labels.coco_mask import mask_of
from situate.labels.write import label_files

WIDTH, HEIGHT = 30, 20
SQUARE = np.pad(np.ones((6, 8), bool), ((2, 12), (3, 19)))


def written_and_read(dataset: CocoDataset) -> tuple[CocoAnnotation, ...]:
    with TemporaryDirectory() as folder:
        again = read(write(dataset, "voc", Path(folder)), "voc")
    assert [image.problem for image in again.images] == [None]
    return again.annotations


@settings(max_examples=60)
@given(masks())
def test_masks_and_their_boxes_come_back_exactly(mask: np.ndarray) -> None:
    height, width = mask.shape
    objects = [masked(1, mask)] + ([masked(2, ~mask, category_id=2)] if not mask.all() else [])
    found = written_and_read(one_picture(*objects, width=width, height=height))
    for one, expected in zip(found, (mask, ~mask), strict=False):
        assert np.array_equal(mask_of(one, height, width), expected)
        assert one.box_xywh_px == tight_box(expected)
        assert one.area_px == expected.sum()


@settings(max_examples=60)
@given(*[st.integers(-9, 40)] * 2, *[st.integers(1, 40)] * 2)
def test_whole_boxes_come_back_exactly_and_others_are_rounded(left: int, top: int, width: int, height: int) -> None:
    whole = boxed(1, (left, top, width, height))
    other = boxed(2, (left + 0.3, top - 0.3, width, height + 0.4))
    tiny = boxed(3, (left + 0.1, top, 0.2, height))
    first, second, third = written_and_read(one_picture(whole, other, tiny, width=WIDTH, height=HEIGHT))
    assert first.box_xywh_px == second.box_xywh_px == (left, top, width, height)
    assert third.box_xywh_px == (left, top, 1, height)
    assert first.segmentation is None


def test_names_flags_and_order_are_kept(tmp_path: Path) -> None:
    objects = (
        boxed(1, (1, 2, 3, 4), category_id=2, extra={"difficult": True, "truncated": 0, "score": 3}),
        boxed(2, (1, 2, 3, 4), category_id=1, extra={"occluded": 1, "difficult": "unknown"}),
    )
    given_set = one_picture(*objects, width=WIDTH, height=HEIGHT, names=("<cone> & co", "ball", "unused"))
    again = read(write(given_set, "voc", tmp_path), "voc")
    names = again.category_names()
    assert sorted(names.values()) == ["<cone> & co", "ball"]
    assert [names[one.category_id] for one in again.annotations] == ["ball", "<cone> & co"]
    assert [one.extra for one in again.annotations] == [
        {"difficult": True, "truncated": False},
        {"difficult": False, "truncated": False, "occluded": True},
    ]


def test_a_pixel_of_two_objects_belongs_to_the_smaller() -> None:
    table = np.ones((HEIGHT, WIDTH), bool)
    for objects in ((masked(1, table), masked(2, SQUARE)), (masked(2, SQUARE), masked(1, table))):
        found = written_and_read(one_picture(*objects, width=WIDTH, height=HEIGHT))
        by_area = sorted(found, key=lambda one: one.area_px or 0)
        assert np.array_equal(mask_of(by_area[0], HEIGHT, WIDTH), SQUARE)
        assert np.array_equal(mask_of(by_area[1], HEIGHT, WIDTH), ~SQUARE)


def test_a_folder_is_part_of_the_files_name(tmp_path: Path) -> None:
    given_set = one_picture(masked(1, SQUARE), width=WIDTH, height=HEIGHT, file_name="sub/a.b.png")
    folder = write(given_set, "voc", tmp_path)
    assert (folder / "ImageSets/Main/train.txt").read_text() == "sub__a.b\n"
    again = read(folder, "voc")
    assert [image.file_name for image in again.images] == ["sub/a.b.png"]
    assert np.array_equal(mask_of(again.annotations[0], HEIGHT, WIDTH), SQUARE)
    assert again.extra == {"notes": {}}


def test_the_palette_is_that_of_pascal_voc(tmp_path: Path) -> None:
    folder = write(one_picture(masked(1, SQUARE), width=WIDTH, height=HEIGHT), "voc", tmp_path)
    with Image.open(folder / "SegmentationObject/a.png") as picture:
        palette = np.reshape(picture.getpalette(), (-1, 3)).tolist()
        assert picture.mode == "P"
        assert np.unique(np.asarray(picture)).tolist() == [0, 1]
    assert palette[:5] == [[0, 0, 0], [128, 0, 0], [0, 128, 0], [128, 128, 0], [0, 0, 128]]
    assert palette[8:10] == [[64, 0, 0], [192, 0, 0]]
    assert palette[255] == [224, 224, 192]


def test_without_masks_there_is_no_palette_picture_and_no_limit() -> None:
    objects = [boxed(number, (1, 2, 3, 4)) for number in range(300)]
    files = dict(label_files(one_picture(*objects, width=WIDTH, height=HEIGHT), "voc"))
    assert [str(path) for path in files] == ["Annotations/a.xml", "ImageSets/Main/train.txt"]
    assert b"<segmented>0</segmented>" in next(iter(files.values()))


def test_an_object_with_neither_box_nor_mask_is_kept_and_one_with_a_mask_gets_its_box() -> None:
    objects = (boxed(1, None), masked(2, SQUARE, box_xywh_px=None))
    first, second = written_and_read(one_picture(*objects, width=WIDTH, height=HEIGHT))
    assert (first.box_xywh_px, first.segmentation) == (None, None)
    assert second.box_xywh_px == tight_box(SQUARE)


@pytest.mark.parametrize("number", [1, 254])
def test_every_number_of_an_object_comes_back(number: int) -> None:
    objects = [boxed(place, (0, 0, 1, 1)) for place in range(1, 255)]
    objects[number - 1] = masked(number, SQUARE)
    found = written_and_read(one_picture(*objects, width=WIDTH, height=HEIGHT))
    assert [one.id for one in found if one.segmentation is not None] == [number]
