"""Outlines keep a mask's box, its pieces, and nearly all of its pixels."""

import cv2
import numpy as np
import pytest
from hypothesis import given
from tests.labels.written import masks, tight_box

from situate.labels.coco import CocoAnnotation
from situate.labels.coco_mask import mask_of
from situate.labels.outline import joined, polygons_of, rings_of


def without_holes(mask: np.ndarray) -> np.ndarray:
    contours, _ = cv2.findContours(mask.astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    return cv2.drawContours(np.zeros(mask.shape, np.uint8), contours, -1, 1, cv2.FILLED).astype(bool)


def drawn(polygons: list, shape: tuple[int, ...]) -> np.ndarray:
    return mask_of(CocoAnnotation(1, 1, 1, polygons), *shape)


def overlap(one: np.ndarray, other: np.ndarray) -> float:
    return (one & other).sum() / (one | other).sum()


def box_of(corners: np.ndarray) -> np.ndarray:
    return np.array([*corners.min(axis=0), *np.ptp(corners, axis=0)])


def disc(radius: int) -> np.ndarray:
    rows, columns = np.mgrid[-radius : radius + 1, -radius : radius + 1]
    return rows**2 + columns**2 <= radius**2


@given(masks())
def test_outlines_have_the_masks_box_and_one_ring_for_each_piece(mask: np.ndarray) -> None:
    rings = rings_of(mask)
    assert len(rings) == cv2.connectedComponents(without_holes(mask).astype(np.uint8))[0] - 1
    assert all(len(ring) >= 3 for ring in rings)
    assert np.abs(box_of(np.concatenate(rings)) - tight_box(mask)).max() < 0.5


@given(masks())
def test_polygons_are_the_mask_without_its_holes_but_for_pixels_at_its_border(mask: np.ndarray) -> None:
    expected = without_holes(mask)
    found = drawn(polygons_of(mask), mask.shape)
    inner = cv2.erode(np.pad(expected, 1).astype(np.uint8), np.ones((3, 3)))[1:-1, 1:-1].astype(bool)
    outer = cv2.dilate(expected.astype(np.uint8), np.ones((3, 3))).astype(bool)
    assert found[inner].all()
    assert outer[found].all()


@given(masks())
def test_a_joined_ring_has_the_same_corners_and_nearly_the_same_pixels(mask: np.ndarray) -> None:
    rings = rings_of(mask)
    ring = joined(rings)
    assert {tuple(corner) for corner in ring} == {tuple(corner) for one in rings for corner in one}
    apart, together = drawn(polygons_of(mask), mask.shape), drawn([ring.ravel().tolist()], mask.shape)
    # Bridges have no width; what is drawn is a pixel here and there, by rounding.
    assert (apart ^ together).sum() <= 4 + 0.15 * apart.sum()


@pytest.mark.parametrize("place", [(0, 0), (3, 2), (6, 4)])
def test_a_single_pixel_is_its_four_corners(place: tuple[int, int]) -> None:
    mask = np.zeros((7, 5), bool)
    mask[place] = True
    (polygon,) = polygons_of(mask)
    row, column = place
    assert {tuple(corner) for corner in np.reshape(polygon, (-1, 2)).tolist()} == {
        (x, y) for x in (column, column + 1) for y in (row, row + 1)
    }
    assert np.array_equal(drawn([polygon], mask.shape), mask)


def test_few_corners_are_kept_exactly() -> None:
    mask = np.zeros((30, 40), bool)
    mask[3:20, 5:31], mask[20:25, 5:12] = True, True
    assert np.array_equal(drawn(polygons_of(mask), mask.shape), mask)


def test_round_outlines_are_thinned_and_stay_where_they_are() -> None:
    mask = np.pad(disc(100), 7)
    (ring,) = rings_of(mask)
    assert len(ring) < 200, "the exact outline has 564 corners"
    assert overlap(drawn(polygons_of(mask), mask.shape), mask) > 0.995


def test_an_empty_mask_has_no_outline() -> None:
    assert polygons_of(np.zeros((4, 5), bool)) == []


def test_bridges_lead_over_the_shortest_way() -> None:
    mask = np.zeros((10, 30), bool)
    mask[2:8, 2:8], mask[2:8, 12:18], mask[2:8, 22:28] = True, True, True
    ring = joined(rings_of(mask))
    lengths = np.hypot(*(ring - np.roll(ring, 1, axis=0)).T)
    assert sorted(lengths)[:4] == [4, 4, 4, 4]
    assert lengths.sum() == 3 * 24 + 4 * 4
