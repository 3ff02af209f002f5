"""What labels lose when something is put in front of them."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from situate.augment.labelled import Labelled, labelled, new_object
from situate.data.objects.crops import crop_of
from situate.labels.coco import CocoAnnotation, CocoImage
from situate.labels.coco_mask import mask_of, run_lengths_of

WIDTH, HEIGHT = 20, 14
IMAGE = CocoImage(5, "a.png", WIDTH, HEIGHT)
seeds = st.integers(0, 2**32 - 1)


def blob(seed: int) -> np.ndarray:
    """A random mask: some rectangles, or single pixels; sometimes empty."""
    generator = np.random.default_rng(seed)
    mask = np.zeros((HEIGHT, WIDTH), bool)
    for _ in range(generator.integers(0, 4)):
        top, left = generator.integers(0, HEIGHT), generator.integers(0, WIDTH)
        height, width = generator.integers(1, 9, 2)
        mask[top : top + height, left : left + width] = True
    return mask


def with_mask(mask: np.ndarray, **extra: object) -> CocoAnnotation:
    left, top, width, height = (float(side) for side in crop_of(mask).box_xywh_px)
    area = float(mask.sum())
    return CocoAnnotation(1, 5, 3, run_lengths_of(mask), False, (left, top, width, height), area, extra)


def seen_mask(one: Labelled) -> np.ndarray:
    assert one.seen is not None
    return one.seen.window(0, 0, WIDTH, HEIGHT)


@given(seeds, seeds, seeds)
def test_a_covered_object_loses_exactly_the_covered_pixels(first, second, third):
    mask, fronts = blob(first), (blob(second), blob(third))
    if not mask.any():
        return
    one = labelled(with_mask(mask), IMAGE)
    for front in fronts:
        one = one.behind(crop_of(front))
    expected = mask & ~fronts[0] & ~fronts[1]
    assert np.array_equal(seen_mask(one), expected)
    assert one.is_covered == bool((mask & (fronts[0] | fronts[1])).any())
    assert one.seen_share == pytest.approx(expected.sum() / mask.sum())
    if expected.any() and one.is_covered:
        now = one.current(IMAGE)
        assert np.array_equal(mask_of(now, HEIGHT, WIDTH), expected)
        assert now.area_px == expected.sum()
        assert now.box_xywh_px == tuple(map(float, crop_of(expected).box_xywh_px))


@given(seeds, seeds)
def test_masks_of_new_objects_never_overlap_what_is_behind_them(first, second):
    back, front = blob(first), blob(second)
    if not (back.any() and front.any()):
        return
    new = new_object(crop_of(front), IMAGE, 3, int(front.sum()), {"cutout": "a"})
    behind = labelled(with_mask(back), IMAGE).behind(crop_of(front))
    assert not (seen_mask(new) & seen_mask(behind)).any()
    left, top, width, height = (int(side) for side in new.annotation.box_xywh_px)
    inside = np.zeros_like(front)
    inside[top : top + height, left : left + width] = True
    assert not (mask_of(new.annotation, HEIGHT, WIDTH) & ~inside).any()


def test_what_nothing_covers_stays_as_it_was_to_the_last_digit():
    polygon = CocoAnnotation(1, 5, 3, [[1.25, 1, 6.5, 1, 6.5, 5, 1.25, 5]], False, (1.2, 0.9, 5.3, 4.1), 21.7, {"k": 1})
    far = np.zeros((HEIGHT, WIDTH), bool)
    far[10:, 15:] = True
    assert labelled(polygon, IMAGE).behind(crop_of(far)).current(IMAGE) is polygon


def test_a_box_without_a_mask_shrinks_only_where_a_whole_side_is_covered():
    boxed = CocoAnnotation(1, 5, 3, None, False, (2.5, 3.25, 10.5, 6.5), 68.25)
    corner = np.zeros((HEIGHT, WIDTH), bool)
    corner[:5, :4] = True
    one = labelled(boxed, IMAGE).behind(crop_of(corner))
    assert one.is_covered
    assert one.current(IMAGE).box_xywh_px == (2.5, 3.25, 10.5, 6.5)
    side = np.zeros((HEIGHT, WIDTH), bool)
    side[:, :6] = True
    now = labelled(boxed, IMAGE).behind(crop_of(side)).current(IMAGE)
    left, top, width, height = now.box_xywh_px
    assert (left, top, left + width, top + height) == (6.0, 3.25, 13.0, 9.75)
    assert now.area_px == width * height


def test_a_box_that_reaches_out_of_the_picture_still_does():
    boxed = CocoAnnotation(1, 5, 3, None, False, (-5.0, 5.0, 20.0, 20.0))
    spot = np.zeros((HEIGHT, WIDTH), bool)
    spot[10:12, 4:6] = True
    assert labelled(boxed, IMAGE).behind(crop_of(spot)).current(IMAGE).box_xywh_px == (-5.0, 5.0, 20.0, 20.0)


def test_an_object_that_is_covered_whole_is_not_seen():
    mask = blob(7)
    assert mask.any()
    one = labelled(with_mask(mask), IMAGE).behind(crop_of(np.ones((HEIGHT, WIDTH), bool)))
    assert one.seen_share == 0


def test_an_object_without_mask_and_box_stays():
    bare = CocoAnnotation(1, 5, 3, None)
    one = labelled(bare, IMAGE).behind(crop_of(np.ones((HEIGHT, WIDTH), bool)))
    assert one.seen_share == 1
    assert one.current(IMAGE) is bare
