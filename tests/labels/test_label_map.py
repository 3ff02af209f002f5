"""Label maps: read as they were written, taken apart without a loss."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from PIL import Image
from pycocotools import mask as coco_masks

from situate.errors import ImageError
from situate.labels.coco import CocoAnnotation
from situate.labels.coco_mask import mask_of
from situate.labels.label_map import MAX_OBJECTS, components_of, objects_of, read_label_map

MAPS = arrays.arrays(np.int64, arrays.array_shapes(min_dims=2, max_dims=2, max_side=9), elements=st.integers(0, 4))


def drawn(segmentation, values: np.ndarray) -> np.ndarray:
    return mask_of(CocoAnnotation(1, 1, 1, segmentation), *values.shape)


@given(MAPS)
def test_the_objects_of_a_map_are_its_values_pixel_by_pixel(values: np.ndarray) -> None:
    objects = objects_of(values)
    assert [one.value for one in objects] == sorted(set(values.ravel().tolist()) - {0})
    for one in objects:
        mask = values == one.value
        assert np.array_equal(drawn(one.segmentation, values), mask)
        rows, columns = np.nonzero(mask)
        width, height = columns.max() - columns.min() + 1, rows.max() - rows.min() + 1
        assert one.box_xywh_px == (columns.min(), rows.min(), width, height)
        assert one.area_px == len(rows)


@given(MAPS)
def test_run_lengths_are_those_that_coco_writes(values: np.ndarray) -> None:
    for one in objects_of(values):
        encoded: Any = coco_masks.encode(np.asfortranarray((values == one.value).astype(np.uint8)))
        assert one.segmentation == {"size": list(values.shape), "counts": encoded["counts"].decode()}


@given(MAPS)
def test_components_part_every_value_into_pieces_and_lose_no_pixel(values: np.ndarray) -> None:
    pieces = components_of(values)
    assert np.array_equal(pieces > 0, values > 0)
    for piece in range(1, pieces.max() + 1):
        assert len(np.unique(values[pieces == piece])) == 1
    assert np.array_equal(components_of(pieces) > 0, pieces > 0)
    assert components_of(pieces).max() == pieces.max()


def test_pieces_that_touch_at_a_corner_are_one() -> None:
    assert components_of(np.array([[1, 0, 2], [0, 1, 0], [1, 0, 0]])).tolist() == [[1, 0, 2], [0, 1, 0], [1, 0, 0]]
    assert components_of(np.array([[3, 0, 3]])).tolist() == [[1, 0, 2]]


def test_a_mask_has_a_limited_number_of_objects() -> None:
    values = np.arange(MAX_OBJECTS + 2).reshape(2, -1)
    assert len(objects_of(np.minimum(values, MAX_OBJECTS))) == MAX_OBJECTS
    with pytest.raises(ImageError, match=r"^holds 1001 values or more, .* the limit is 1000; draw it anew"):
        objects_of(values)
    with pytest.raises(ImageError, match="holds 1001 values"):
        components_of(values)


def test_a_value_has_a_limited_number_of_pieces() -> None:
    values = np.zeros((3, 2 * MAX_OBJECTS + 1), int)
    values[0, : 2 * MAX_OBJECTS : 2] = 7
    assert components_of(values).max() == MAX_OBJECTS
    values[0, -1] = 7
    with pytest.raises(ImageError, match=r"^holds 1001 connected pieces.*1001 of them of the value 7.*limit is 1000"):
        components_of(values)
    values[0, -1], values[2, 0] = 0, 9
    with pytest.raises(ImageError, match="holds 1001 connected pieces or more, 1 of them of the value 9"):
        components_of(values)


GREY = np.array([[0, 1, 200], [7, 7, 0]], np.uint8)
COLOURS = np.array([[[0, 0, 0], [1, 2, 3], [255, 0, 0]]], np.uint8)


@pytest.mark.parametrize("suffix", [".png", ".bmp", ".tif"])
def test_grey_values_come_back(tmp_path: Path, suffix: str) -> None:
    Image.fromarray(GREY).save(tmp_path / f"a{suffix}")
    label_map = read_label_map(tmp_path / f"a{suffix}")
    assert label_map.kind == "grey"
    assert np.array_equal(label_map.values, GREY)


@pytest.mark.parametrize("suffix", [".png", ".tif"])
def test_sixteen_bit_grey_values_come_back(tmp_path: Path, suffix: str) -> None:
    Image.fromarray(GREY.astype(np.uint16) * 300).save(tmp_path / f"a{suffix}")
    assert np.array_equal(read_label_map(tmp_path / f"a{suffix}").values, GREY.astype(int) * 300)


def test_a_black_and_white_mask_has_two_values(tmp_path: Path) -> None:
    Image.fromarray(GREY > 0).save(tmp_path / "a.png")
    assert np.array_equal(read_label_map(tmp_path / "a.png").values, GREY > 0)


@pytest.mark.parametrize("suffix", [".png", ".bmp", ".tif"])
def test_every_colour_is_a_value_and_black_is_none(tmp_path: Path, suffix: str) -> None:
    Image.fromarray(COLOURS).save(tmp_path / f"a{suffix}")
    label_map = read_label_map(tmp_path / f"a{suffix}")
    assert label_map.kind == "colour"
    assert label_map.values.tolist() == [[0, 0x010203, 0xFF0000]]


def test_transparent_pixels_are_background(tmp_path: Path) -> None:
    alpha = np.array([[[255], [0], [9]]], np.uint8)
    Image.fromarray(np.concatenate([COLOURS, alpha], axis=2)).save(tmp_path / "a.png")
    assert read_label_map(tmp_path / "a.png").values.tolist() == [[0, 0, 0xFF0000]]


def palette_picture(palette: list[int]) -> Image.Image:
    picture = Image.fromarray(np.array([[0, 1, 2]], np.uint8))
    picture.putpalette(palette)
    return picture


@pytest.mark.parametrize(
    ("palette", "values"),
    [
        ([0, 0, 0, 128, 0, 0, 0, 128, 0], [0, 1, 2]),  # as VOC and DAVIS write it: the places are the objects
        ([9, 9, 9, 128, 0, 0, 0, 128, 0], [0, 1, 2]),  # no black at all: place 0 is still the background
        ([255, 255, 255, 0, 0, 0, 0, 128, 0], [0xFFFFFF, 0, 0x008000]),  # sorted by a program that makes PNG smaller
    ],
)
def test_a_palette_counts_by_place_unless_black_was_moved(
    tmp_path: Path, palette: list[int], values: list[int]
) -> None:
    palette_picture(palette).save(tmp_path / "a.png")
    assert read_label_map(tmp_path / "a.png").values.tolist() == [values]


def sixteen_bit_colours(path: Path) -> None:
    import cv2

    cv2.imwrite(str(path), np.full((2, 2, 3), 300, np.uint16))


@pytest.mark.parametrize(
    ("write", "message"),
    [
        (lambda path: Image.fromarray(GREY).save(path, "JPEG"), "is a JPEG file, whose compression"),  # renamed
        (lambda path: Image.fromarray(COLOURS).save(path, "WEBP"), "is a WEBP file, whose compression"),
        (sixteen_bit_colours, "kind 'RGB'"),  # would be read with 8 bits
        (lambda path: Image.fromarray(GREY.astype(np.float32)).save(path, "TIFF"), "kind 'F'"),
        (lambda path: path.write_bytes(b"no picture"), "is damaged or no"),
    ],
)
def test_what_holds_no_values_is_refused_by_name(tmp_path: Path, write, message: str) -> None:
    write(tmp_path / "a.png")
    with pytest.raises(ImageError, match=message) as caught:
        read_label_map(tmp_path / "a.png")
    assert "a.png" in str(caught.value)


def test_a_truncated_mask_is_refused_by_name(tmp_path: Path) -> None:
    noise = np.random.default_rng(0).integers(0, 255, (64, 64)).astype(np.uint8)
    Image.fromarray(noise).save(tmp_path / "a.png")
    content = (tmp_path / "a.png").read_bytes()
    (tmp_path / "a.png").write_bytes(content[: len(content) // 2])
    with pytest.raises(ImageError, match=r"a\.png is damaged"):
        read_label_map(tmp_path / "a.png")
