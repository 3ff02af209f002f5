"""Holes and decoys: what they cover, and that nothing but the object tells them apart."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from situate.data.objects.crops import crop_of
from situate.data.photos.decoys import MIN_STANDS_OF_KIND, Stand, draw_decoys, stand_histogram
from situate.data.photos.hole import hole_around, shadow_side

HEIGHT, WIDTH = 90, 120


def object_mask(left: int = 50, top: int = 30, width: int = 18, height: int = 24) -> np.ndarray:
    mask = np.zeros((HEIGHT, WIDTH), bool)
    mask[top : top + height, left : left + width] = True
    return mask


@given(st.integers(0, 2**32), st.sampled_from([-1, 1]))
def test_a_hole_holds_the_object_and_a_rim_of_two_pixels(seed: int, side: int) -> None:
    hole = hole_around(object_mask(), side, np.random.default_rng(seed))
    assert hole[28:56, 50:68].all()
    assert hole[30:54, 48:70].all()
    assert hole.sum() < 4 * object_mask().sum()


def test_holes_of_one_object_differ_from_seed_to_seed() -> None:
    first, second = (hole_around(object_mask(), 1, np.random.default_rng(seed)) for seed in (1, 2))
    assert not np.array_equal(first, second)


def test_the_hole_reaches_farther_to_the_side_of_the_shadow() -> None:
    reaches = []
    for side in (-1, 1):
        holes = [hole_around(object_mask(), side, np.random.default_rng(seed)) for seed in range(30)]
        reaches.append(np.mean([np.argwhere(hole)[:, 1].mean() for hole in holes]))
    assert reaches[1] - reaches[0] > 1


@pytest.mark.parametrize("side", [-1, 1])
def test_the_darker_side_of_the_foot_is_the_shadows(side: int) -> None:
    picture = np.full((HEIGHT, WIDTH, 3), 150, np.uint8)
    dark = slice(40, 50) if side < 0 else slice(68, 78)
    picture[48:56, dark] = 60
    assert shadow_side(picture, object_mask()) == side


def test_an_object_as_wide_as_the_picture_has_a_shadow_side_too() -> None:
    picture = np.full((HEIGHT, WIDTH, 3), 150, np.uint8)
    assert shadow_side(picture, object_mask(left=0, width=WIDTH)) in (-1, 1)


def stands(num: int, seed: int = 0) -> list[Stand]:
    generator = np.random.default_rng(seed)
    return [Stand(*values) for values in generator.uniform([0.1, 0.3, 0.1], [0.9, 1, 0.4], (num, 3)).tolist()]


@given(st.integers(0, 2**32))
def test_decoys_keep_clear_of_the_hole_of_each_other_and_of_other_objects(seed: int) -> None:
    generator = np.random.default_rng(seed)
    mask = object_mask()
    hole = hole_around(mask, 1, generator)
    other = crop_of(object_mask(left=5, top=5))
    decoys = draw_decoys(mask, hole, [other], stands(40), num_decoys=3, side=1, generator=generator)
    assert np.sum([hole, *decoys], axis=0).max() == 1
    for decoy in decoys:
        assert (decoy & object_mask(left=5, top=5)).sum() <= 0.15 * other.area_px


def test_a_decoy_stands_at_a_place_of_the_histogram() -> None:
    mask = object_mask()
    stand = Stand(bottom_x=0.2, bottom_y=0.8, height=24 / HEIGHT)
    [decoy] = draw_decoys(mask, mask, [], [stand], num_decoys=1, side=1, generator=np.random.default_rng(0))
    around = object_mask(left=24 - 20, top=72 - 50, width=40, height=56)
    assert decoy.any()
    assert not (decoy & ~around).any()


def test_without_room_there_are_fewer_decoys() -> None:
    mask = object_mask(left=10, top=10, width=90, height=60)
    decoys = draw_decoys(mask, mask, [], stands(10), num_decoys=3, side=1, generator=np.random.default_rng(0))
    assert len(decoys) < 3


def test_kinds_with_few_objects_draw_from_the_places_of_all() -> None:
    few, many = stands(2, seed=1), stands(MIN_STANDS_OF_KIND, seed=2)
    histogram = stand_histogram([*(("dog", stand) for stand in few), *(("car", stand) for stand in many)])
    assert set(histogram.of("car")) == set(many)
    assert histogram.of("dog") == histogram.of("cat")
    assert set(histogram.of("cat")) == {*few, *many}


def test_decoys_are_as_large_as_the_object_and_stand_where_objects_of_that_size_stand() -> None:
    generator = np.random.default_rng(0)
    large = [Stand(x / 40, 0.9, 0.15 + x / 80) for x in range(40)]
    small = [Stand(x / 40, 0.4, 0.01) for x in range(40)]
    histogram = stand_histogram([("cone", stand) for stand in (*large, *small)])
    mask = object_mask(left=50, top=54, width=18, height=27)
    decoys = [
        decoy
        for _ in range(60)
        for decoy in draw_decoys(mask, mask, [], histogram.of("cone"), num_decoys=1, side=1, generator=generator)
    ]
    bottoms = np.array([np.flatnonzero(decoy.any(axis=1)).max() / HEIGHT for decoy in decoys])
    assert (bottoms > 0.8).mean() > 0.9
    areas = np.array([decoy.sum() for decoy in decoys])
    hole_px = np.mean([hole_around(mask, 1, generator).sum() for _ in range(30)])
    assert np.median(areas) == pytest.approx(hole_px, rel=0.2)


def test_where_the_drawn_size_finds_no_room_a_smaller_decoy_is_made() -> None:
    mask = object_mask(left=4, top=30, width=50, height=50)
    places = [Stand(0.82, 0.9, 0.5)]
    decoys = draw_decoys(mask, mask, [], places, num_decoys=3, side=1, generator=np.random.default_rng(2))
    assert len(decoys) == 1
