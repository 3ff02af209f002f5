"""Metrics can be perfect, and can fail."""

import math

import numpy as np
import pytest

from situate.evaluation.metrics import (
    MAX_PSNR_DB,
    box_iou,
    changed_union,
    num_changed_outside,
    psnr_db,
    shadow_iou,
)


@pytest.fixture
def picture() -> np.ndarray:
    return np.random.default_rng(0).integers(0, 200, (12, 16, 3)).astype(np.uint8)


def everywhere(picture: np.ndarray) -> np.ndarray:
    return np.ones(picture.shape[:2], bool)


def test_the_truth_has_the_highest_psnr(picture):
    assert psnr_db(picture, picture, everywhere(picture)) == MAX_PSNR_DB


@pytest.mark.parametrize("error", [1, 10, 50])
def test_psnr_of_a_constant_error_is_the_closed_form(picture, error):
    assert psnr_db(picture + np.uint8(error), picture, everywhere(picture)) == pytest.approx(
        20 * math.log10(255 / error)
    )


def test_psnr_sees_only_its_mask(picture):
    mask = everywhere(picture)
    mask[:6] = False
    wrong = picture.copy()
    wrong[:6] = 255
    assert psnr_db(wrong, picture, mask) == MAX_PSNR_DB
    assert psnr_db(wrong, picture, ~mask) < 20


def test_psnr_of_nothing_is_no_number(picture):
    assert math.isnan(psnr_db(picture, picture, ~everywhere(picture)))


def test_iou_of_a_box_with_itself_is_one_and_beside_itself_zero():
    box = (0.5, 0.5, 0.2, 0.4)
    assert box_iou(box, box) == pytest.approx(1)
    assert box_iou(box, (0.7, 0.5, 0.2, 0.4)) == 0
    assert box_iou(box, (0.6, 0.5, 0.2, 0.4)) == pytest.approx(1 / 3)


def test_shadow_iou_leaves_the_object_out():
    nothing = np.zeros((4, 8), np.uint8)
    visible, true_effect = nothing.copy(), nothing.copy()
    visible[:, :2] = 255
    true_effect[:, :6] = 255
    effect = nothing.copy()
    effect[:, :4] = 255
    assert shadow_iou(true_effect, visible, true_effect, visible) == 1
    assert shadow_iou(effect, visible, true_effect, visible) == pytest.approx(0.5)
    assert shadow_iou(visible, visible, true_effect, visible) == 0  # plain paste has no shadow
    assert math.isnan(shadow_iou(visible, visible, visible, visible))


def test_a_single_pixel_changed_outside_the_effect_is_found(picture):
    effect = np.zeros(picture.shape[:2], np.uint8)
    effect[3, 4] = 1
    changed = picture.copy()
    changed[3, 4] += 9
    assert num_changed_outside(changed, picture, effect) == 0
    changed[5, 5, 1] += 1
    assert num_changed_outside(changed, picture, effect) == 1


def test_the_judged_region_is_the_union():
    first, second = np.zeros((2, 2), np.uint8), np.zeros((2, 2), np.uint8)
    first[0, 0], second[1, 1] = 1, 255
    assert changed_union(first, second).tolist() == [[True, False], [False, True]]
