"""Masks of COCO annotations: polygons and run lengths mean the same pixels."""

import sys
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pycocotools import mask as coco_masks

from situate.errors import DataError, MissingExtraError
from situate.labels.coco import CocoAnnotation
from situate.labels.coco_mask import mask_of, require_pycocotools, short_polygons

HEIGHT, WIDTH = 12, 20


def annotation(segmentation: Any) -> CocoAnnotation:
    return CocoAnnotation(id=5, image_id=1, category_id=0, segmentation=segmentation)


def rectangle(left: int, top: int, right: int, bottom: int) -> list[float]:
    return [left, top, right, top, right, bottom, left, bottom]


def runs_of(mask: np.ndarray) -> list[int]:
    """Lengths of the runs down the columns, beginning with zeros."""
    flat = mask.ravel(order="F").astype(int)
    ends = np.flatnonzero(np.diff(np.concatenate([[0], flat, [1 - flat[-1]]])))
    return np.diff(np.concatenate([[0], ends])).tolist()


@given(st.integers(0, 8), st.integers(0, 5), st.integers(1, 12), st.integers(1, 7))
def test_a_rectangle_is_the_same_as_polygon_run_lengths_and_compressed_run_lengths(
    left: int, top: int, width: int, height: int
) -> None:
    expected = np.zeros((HEIGHT, WIDTH), bool)
    expected[top : top + height, left : left + width] = True
    encoded: Any = coco_masks.encode(np.asfortranarray(expected.astype(np.uint8)))
    compressed = encoded["counts"].decode()
    size = [HEIGHT, WIDTH]
    for segmentation in (
        [rectangle(left, top, left + width, top + height)],
        {"size": size, "counts": runs_of(expected)},
        {"size": size, "counts": compressed},
    ):
        assert np.array_equal(mask_of(annotation(segmentation), HEIGHT, WIDTH), expected)


def test_several_polygons_are_one_mask() -> None:
    mask = mask_of(annotation([rectangle(0, 0, 3, 3), rectangle(10, 5, 12, 9)]), HEIGHT, WIDTH)
    assert np.count_nonzero(mask) == 9 + 8


def test_polygons_without_three_corners_are_left_out_and_counted() -> None:
    mixed = annotation([rectangle(0, 0, 3, 3), [5, 5, 9, 9], [1, 2, 3, 4, 5, 6, 7]])
    assert short_polygons(mixed) == 2
    assert np.count_nonzero(mask_of(mixed, HEIGHT, WIDTH)) == 9


def test_corners_far_outside_are_moved_to_the_border() -> None:
    assert mask_of(annotation([rectangle(-(10**9), -5, 10**9, 10**9)]), HEIGHT, WIDTH).all()


UNUSABLE = [
    (None, "no segmentation"),  # a data set with boxes only
    ([[5, 5, 9, 9]], "no polygon with three corners"),
    ({"size": [9, 9], "counts": [81]}, "for 9 x 9 pixels, not 12 x 20"),  # made for a reduced copy
    ({"size": [HEIGHT, WIDTH], "counts": [7]}, "cover 7 of 240 pixels"),  # cut off
    ({"size": [HEIGHT, WIDTH], "counts": [0, 10**6]}, "cover 1000000 of 240 pixels"),  # beyond the picture
    ({"size": [HEIGHT, WIDTH], "counts": ""}, "cover 0 of 240 pixels"),
    ({"size": [HEIGHT, WIDTH], "counts": "000"}, "cover 0 of 240 pixels"),
    ({"size": [HEIGHT, WIDTH], "counts": "zzz"}, "letter 'z'"),
    ({"size": [HEIGHT, WIDTH], "counts": "\N{SNOWMAN}"}, "letter"),
]


@pytest.mark.parametrize(("segmentation", "message"), UNUSABLE)
def test_what_cannot_be_drawn_is_refused_with_the_annotations_id(segmentation: Any, message: str) -> None:
    with pytest.raises(DataError, match=f"annotation 5.*{message}"):
        mask_of(annotation(segmentation), HEIGHT, WIDTH)


def test_a_missing_library_is_named_with_its_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pycocotools.mask", None)
    with pytest.raises(MissingExtraError, match=r"pycocotools is not installed.*situate\[photos\]"):
        require_pycocotools()
