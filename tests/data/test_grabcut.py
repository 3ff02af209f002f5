"""GrabCut finds what stands out, the same each time, inside the box and nowhere else."""

import cv2
import numpy as np
import pytest

from situate.data.grabcut import check_box, grabcut_mask
from situate.errors import InputError


def red_disc_on_green(side_px: int = 120, radius_px: float = 35) -> tuple[np.ndarray, np.ndarray]:
    """A slightly noisy photograph with a soft border, and its true alpha."""
    rows, columns = np.mgrid[:side_px, :side_px] + 0.5
    alpha = np.clip((radius_px + 2 - np.hypot(rows - side_px / 2, columns - side_px / 2)) / 4, 0, 1)
    noise = np.random.default_rng(0).normal(0, 4, (side_px, side_px, 3))
    pixels = alpha[..., None] * [200, 30, 30] + (1 - alpha[..., None]) * [30, 180, 40] + noise
    return np.clip(np.round(pixels), 0, 255).astype(np.uint8), alpha


def intersection_over_union(first: np.ndarray, second: np.ndarray) -> float:
    return float((first & second).sum() / (first | second).sum())


@pytest.mark.parametrize("box", [None, (20, 18, 85, 86)])
def test_grabcut_finds_a_disc(box):
    pixels, true_alpha = red_disc_on_green()
    # 0.1: GrabCut counts the mixed pixels of the border as object; soft_alpha takes that back.
    assert intersection_over_union(grabcut_mask(pixels, box_xywh_px=box), true_alpha > 0.1) > 0.95


def test_grabcut_finds_a_disc_in_a_large_picture_at_full_size():
    pixels, true_alpha = red_disc_on_green(900, 300)
    mask = grabcut_mask(pixels)
    assert mask.shape == (900, 900)
    assert intersection_over_union(mask, true_alpha > 0.5) > 0.98


def test_grabcut_gives_the_same_mask_whatever_was_drawn_before():
    noise = np.random.default_rng(0).normal(0, 60, (120, 120, 3))
    pixels = np.clip(red_disc_on_green()[0] + noise, 0, 255).astype(np.uint8)
    masks = []
    for other_seed in range(4):
        cv2.setRNGSeed(other_seed)
        masks.append(grabcut_mask(pixels))
    assert masks[0].any()
    assert all(np.array_equal(mask, masks[0]) for mask in masks)


def test_grabcut_marks_nothing_outside_the_box():
    pixels = cv2.GaussianBlur(np.random.default_rng(1).integers(0, 256, (60, 80, 3), dtype=np.uint8), (0, 0), 3)
    mask = grabcut_mask(pixels, box_xywh_px=(10, 5, 40, 30))
    mask[5:35, 10:50] = False
    assert not mask.any()


def test_grabcut_finds_nothing_in_an_even_picture():
    assert not grabcut_mask(np.full((60, 80, 3), 90, np.uint8)).any()


@pytest.mark.parametrize(
    "box",
    [
        (0, 0, 79, 60),  # all but one column
        (0, 0, 80, 59),
        (1, 0, 79, 60),
        (79, 59, 1, 1),  # one pixel in the corner
        (0, 0, 1, 60),
    ],
)
def test_grabcut_takes_any_box_that_leaves_some_background(box):
    pixels = np.random.default_rng(0).integers(0, 256, (60, 80, 3), dtype=np.uint8)
    assert grabcut_mask(pixels, box_xywh_px=box).shape == (60, 80)


@pytest.mark.parametrize(
    ("box", "found"),
    [
        ((0, 0, 80, 60), "covers the whole picture"),
        ((70, 10, 11, 10), "leaves the picture, which is 80 x 60"),
        ((10, 50, 10, 11), "leaves the picture"),
        ((-1, 0, 10, 10), "leaves the picture"),
        ((0, -1, 10, 10), "leaves the picture"),
        ((10, 10, 0, 10), "no area"),
        ((10, 10, 10, -3), "no area"),
    ],
)
def test_a_box_that_cannot_be_is_refused(box, found):
    with pytest.raises(InputError, match=found):
        check_box(box, width_px=80, height_px=60)


def test_a_picture_too_small_to_look_for_an_object_is_refused():
    with pytest.raises(InputError, match="too small"):
        grabcut_mask(np.zeros((2, 80, 3), np.uint8))


def two_discs() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """A red and a blue disc on green, and where each is."""
    pixels = np.full((120, 200, 3), (40, 160, 60), np.uint8)
    rows, columns = np.mgrid[:120, :200]
    red = (rows - 60) ** 2 + (columns - 55) ** 2 < 30**2
    blue = (rows - 60) ** 2 + (columns - 145) ** 2 < 30**2
    pixels[red], pixels[blue] = (200, 40, 40), (40, 60, 200)
    return pixels, red, blue


def test_strokes_say_what_belongs_to_the_object_and_what_does_not():
    pixels, red, blue = two_discs()
    without = grabcut_mask(pixels, box_xywh_px=(10, 10, 180, 100))
    assert intersection_over_union(without, red | blue) > 0.9
    stroke_on_red, stroke_on_blue = np.zeros((2, 120, 200), bool)
    stroke_on_red[55:65, 40:70], stroke_on_blue[55:65, 130:160] = True, True
    found = grabcut_mask(pixels, box_xywh_px=(10, 10, 180, 100), is_object=stroke_on_red, is_other=stroke_on_blue)
    assert intersection_over_union(found, red) > 0.9
    assert not (found & stroke_on_blue).any()
    assert (found | ~stroke_on_red).all()


def test_a_stroke_outside_the_box_adds_what_was_missed():
    pixels, red, _ = two_discs()
    stroke = np.zeros((120, 200), bool)
    stroke[55:65, 130:160] = True
    found = grabcut_mask(pixels, box_xywh_px=(15, 20, 80, 80), is_object=stroke)
    assert (found & red).sum() > 0.9 * red.sum()
    assert (found | ~stroke).all()
