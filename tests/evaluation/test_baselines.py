"""Baselines: places without looking, composites without a network."""

import numpy as np
import pytest

from situate.evaluation.baselines import poisson, prior_from, random_placement
from situate.evaluation.metrics import box_iou
from situate.geometry.canvas import Letterbox
from situate.geometry.paste import paste


@pytest.fixture
def letterbox() -> Letterbox:
    return Letterbox(64, 48)


def picture_cells() -> np.ndarray:
    """The middle rows of a 4 x 4 grid."""
    cells = np.zeros((4, 4), bool)
    cells[1:3] = True
    return cells


def test_a_prior_without_any_box_is_uniform_over_the_picture():
    prior = prior_from([(0.5, 0.5, 0.1, 0.1)], grid_side=4)
    empty = type(prior)(np.zeros((0, 3)), 4).cell_log_prob(picture_cells())
    assert np.allclose(empty[1:3], -np.log(8))
    assert np.isneginf(empty[0]).all()


def test_the_prior_counts_anchors_and_sums_to_one():
    boxes = [(0.1, 0.45, 0.1, 0.2)] * 3  # their anchors lie at (0.1, 0.55): row 2, column 0
    shares = np.exp(prior_from(boxes, grid_side=4).cell_log_prob(picture_cells()))
    assert shares.sum() == pytest.approx(1)
    assert shares[2, 0] == pytest.approx(4 / 11)
    assert shares[1, 3] == pytest.approx(1 / 11)


def test_boxes_from_the_prior_stand_where_others_stood(letterbox):
    seen = (0.5, 0.5, 0.1, 0.2)
    drawn = prior_from([letterbox.box_to_canvas(seen)], 4).draw(
        letterbox, np.log(0.5 * 64 / 48), np.random.default_rng(0)
    )
    assert box_iou(drawn, seen) == pytest.approx(1, abs=1e-3)


def test_random_boxes_lie_half_inside_and_rarely_on_the_truth(letterbox):
    generator = np.random.default_rng(0)
    truth = (0.4, 0.6, 0.1, 0.2)
    boxes = [random_placement(letterbox, 0.0, generator) for _ in range(200)]
    hits = [box_iou(box, truth) >= 0.5 for box in boxes]
    assert np.mean(hits) < 0.05
    assert len(set(boxes)) == 200
    for cx, cy, w, h in boxes:
        inside_x = min(cx + w / 2, 1) - max(cx - w / 2, 0)
        inside_y = min(cy + h / 2, 1) - max(cy - h / 2, 0)
        assert inside_x * inside_y / (w * h) >= 0.5 - 1e-5


def test_paste_at_whole_pixels_is_the_object_itself(triples):
    triple = triples[0]
    pasted = paste(triple.background, triple.foreground, triple.box_cxcywh)
    solid = triple.visible_alpha == 255
    left, top = (
        round((triple.box_cxcywh[axis] - triple.box_cxcywh[axis + 2] / 2) * extent)
        for axis, extent in ((0, 64), (1, 48))
    )
    height, width = triple.foreground.shape[:2]
    expected = triple.background.copy()
    expected[top : top + height, left : left + width] = triple.foreground[..., :3]
    assert (pasted[solid] == expected[solid]).all()
    assert (pasted[triple.visible_alpha == 0] == triple.background[triple.visible_alpha == 0]).all()


def flat_scene(colour: int) -> np.ndarray:
    return np.full((48, 64, 3), colour, np.uint8)


def disc(colour: int) -> np.ndarray:
    y, x = np.mgrid[:20, :20] - 9.5
    alpha = np.where(x * x + y * y < 90, 255, 0).astype(np.uint8)
    return np.dstack([np.full((20, 20, 3), colour, np.uint8), alpha])


def test_poisson_cloning_gives_a_flat_object_the_colour_of_its_scene():
    cloned = poisson(flat_scene(60), disc(200), (0.5, 0.5, 20 / 64, 20 / 48))
    assert cloned is not None
    assert np.abs(cloned.astype(int) - 60).max() <= 8


def test_poisson_cloning_does_not_shift_the_object():
    foreground = disc(120)
    foreground[8:12, 8:12, :3] = 250
    cloned = poisson(flat_scene(60), foreground, (0.5, 0.5, 20 / 64, 20 / 48))
    assert cloned is not None
    rows, columns = np.nonzero(cloned[..., 0] > 120)
    assert (rows.min(), rows.max(), columns.min(), columns.max()) == (22, 25, 30, 33)


@pytest.mark.parametrize("centre", [(0.05, 0.5), (0.95, 0.9), (0.5, 0.02)])
def test_poisson_cloning_works_at_the_edge(centre):
    cloned = poisson(flat_scene(60), disc(120), (*centre, 20 / 64, 20 / 48))
    assert cloned is not None
    assert cloned.shape == (48, 64, 3)


def test_poisson_cloning_of_a_speck_says_that_it_cannot():
    assert poisson(flat_scene(60), disc(120), (0.5, 0.5, 1 / 64, 1 / 48)) is None
