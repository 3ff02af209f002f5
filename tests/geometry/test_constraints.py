"""Constraints: what each allows, tried against plain loops over pixels."""

import numpy as np
import pytest

from situate.errors import PlacementError
from situate.geometry.constraints import BoxFilter, share_inside
from situate.records.constraints import Extent, PlacementConstraints, mask_problem

WIDTH, HEIGHT = 60, 40


def boxes(count: int = 200, seed: int = 0) -> np.ndarray:
    generator = np.random.default_rng(seed)
    low = generator.uniform(-20, 60, (count, 2))
    return np.hstack([low, low + generator.uniform(2, 30, (count, 2))])


def allowed(name: str, box_xyxy_px: np.ndarray, **demanded) -> np.ndarray:
    return BoxFilter(PlacementConstraints(**demanded), (WIDTH, HEIGHT)).allowed_by(box_xyxy_px)[name]


def painted() -> np.ndarray:
    mask = np.zeros((HEIGHT, WIDTH), bool)
    mask[10:20, 15:40] = True
    mask[[3, 35, 28], [50, 7, 55]] = True
    return mask


def test_nothing_demanded_is_half_inside():
    inside = allowed("--inside", boxes())
    assert np.array_equal(inside, share_inside(boxes(), (WIDTH, HEIGHT)) >= 0.5)
    assert 0 < inside.mean() < 1


def test_the_share_inside_is_that_of_fine_points():
    box = boxes(20)
    steps = (np.arange(200) + 0.5) / 200
    for corners, share in zip(box, share_inside(box, (WIDTH, HEIGHT)), strict=True):
        x = corners[0] + steps * (corners[2] - corners[0])
        y = corners[1] + steps * (corners[3] - corners[1])
        found = ((x >= 0) & (x <= WIDTH)).mean() * ((y >= 0) & (y <= HEIGHT)).mean()
        assert share == pytest.approx(found, abs=0.01)


def test_avoid_forbids_exactly_the_boxes_that_touch_a_painted_pixel():
    mask, found = painted(), []
    for left, top, right, bottom in boxes():
        rows = [row for row in range(HEIGHT) if row < bottom and row + 1 > top]
        columns = [column for column in range(WIDTH) if column < right and column + 1 > left]
        found.append(not mask[np.ix_(rows, columns)].any())
    kept = allowed("--avoid", boxes(), avoid=mask)
    assert kept.tolist() == found
    assert 0 < kept.mean() < 1


def test_allow_looks_at_the_pixel_on_which_the_box_stands():
    mask = np.zeros((HEIGHT, WIDTH), bool)
    mask[29, 12] = True
    standing = np.array([[10.0, 20.0, 15.0, 30.0], [10.0, 20.0, 15.0, 30.4], [11.2, 20.0, 15.0, 30.0]])
    assert allowed("--allow", standing, allow=mask).tolist() == [True, False, False]
    # What stands on the picture's very edge stands on its last row.
    mask[HEIGHT - 1, 12] = True
    assert allowed("--allow", np.array([[10.0, 20.0, 15.0, HEIGHT]]), allow=mask).tolist() == [True]


@pytest.mark.parametrize(
    ("extent", "least_px"), [(Extent(10.0, "px"), 10.0), (Extent(0.25), 10.0), (Extent(0.5), 20.0)]
)
def test_sizes_are_pixels_or_shares_of_the_pictures_height(extent: Extent, least_px: float):
    height = boxes()[:, 3] - boxes()[:, 1]
    assert np.array_equal(allowed("--min-size", boxes(), min_height=extent), height >= least_px)
    assert np.array_equal(allowed("--max-size", boxes(), max_height=extent), height <= least_px)


@pytest.mark.parametrize("distance_px", [0.0, 7.0])
def test_a_box_keeps_its_distance_from_all_others(distance_px: float):
    others = ((20.0, 10.0, 10.0, 10.0), (0.0, 30.0, 5.0, 5.0))
    kept = allowed("--away-from", boxes(), away_from_xywh_px=others, min_distance_px=distance_px)
    for (left, top, right, bottom), is_kept in zip(boxes(), kept, strict=True):
        gaps = [np.hypot(max(x - right, left - (x + w), 0), max(y - bottom, top - (y + h), 0)) for x, y, w, h in others]
        overlaps = [left < x + w and x < right and top < y + h and y < bottom for x, y, w, h in others]
        assert is_kept == (min(gaps) >= distance_px and not any(overlaps))
    assert 0 < kept.mean() < 1


def test_boxes_that_touch_do_not_overlap():
    touching = np.array([[30.0, 10.0, 40.0, 20.0]])
    assert allowed("--away-from", touching, away_from_xywh_px=((20.0, 10.0, 10.0, 10.0),)).all()


@pytest.mark.parametrize(
    ("demanded", "message"),
    [
        ({"allow": np.ones((3, 4), bool)}, "allow mask is 4 x 3 pixels, the background is 60 x 40"),
        ({"min_height": Extent(0.0)}, "least size is 0; it must be above 0"),
        ({"min_height": Extent(20.0, "px"), "max_height": Extent(0.25)}, r"least size, 20px, is more than .* 0.25"),
        ({"min_inside": 1.5}, r"least share inside is 1.5; it must be in \[0, 1\]"),
        ({"min_distance_px": -1.0}, "distance is -1"),
        ({"away_from_xywh_px": ((float("nan"), 2.0, 3.0, 4.0),)}, "is no box"),
        ({"away_from_xywh_px": ((1.0, 2.0, 0.0, 4.0),)}, "box 1,2,0,4 to keep away from is no box"),
    ],
)
def test_what_makes_no_sense_is_refused(demanded: dict, message: str):
    with pytest.raises(PlacementError, match=message):
        BoxFilter(PlacementConstraints(**demanded), (WIDTH, HEIGHT))


def test_a_mask_of_bytes_is_not_taken_for_one_of_truths():
    assert "is uint8 of shape (40, 60); pass a bool array" in str(
        mask_problem("avoid", np.zeros((HEIGHT, WIDTH), np.uint8), (WIDTH, HEIGHT))
    )
    assert mask_problem("avoid", painted(), (WIDTH, HEIGHT)) is None


def test_the_default_demands_nothing_else():
    assert PlacementConstraints().is_default
    assert PlacementConstraints(min_inside=0.5).is_default
    assert not PlacementConstraints(allow=painted()).is_default
    assert not PlacementConstraints(max_height=Extent(0.5)).is_default
