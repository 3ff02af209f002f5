"""Scores of places: the truth gets the best, chance gets chance, and errors are those computed by hand."""

import math

import numpy as np
import pytest
from tests.evaluation.photos.asked import SIDE, rows_of_picture, target_at

from situate.evaluation.photos.proposals import Proposal, random_proposal, true_proposal
from situate.evaluation.photos.scores import distance_over_diagonal, is_in_top_tenth, place_scores

BOX = (0.4, 0.6, 0.2, 0.3)


def scores(boxes, target=None):
    flat = np.where(rows_of_picture(), -math.log(48), -np.inf)
    return place_scores(target or target_at(BOX), Proposal(boxes, flat, None), np.random.default_rng(0))


def test_the_truth_gets_the_best_value_of_every_score():
    target = target_at(BOX)
    best = place_scores(target, true_proposal(target), np.random.default_rng(0))
    assert best.iou_at_1 == pytest.approx(1)
    assert best.iou_at_5 == pytest.approx(1)
    assert (best.centre_error, best.anchor_error, best.size_error) == (0, 0, 0)
    assert best.cell_nats == 0
    assert best.is_in_top_tenth
    assert math.isnan(best.log_prob)


def test_errors_are_those_computed_by_hand():
    # 64 x 48 pixels, the diagonal is 80: the centre is off by 6.4 and 4.8 pixels, which is 8, a tenth of it. The box is
    # half as high again, 21.6 and not 14.4 pixels, so the anchor is off by 6.4 and 4.8 + 3.6 pixels.
    score = scores([(0.5, 0.7, 0.2, 0.45)])
    assert score.centre_error == pytest.approx(0.1)
    assert score.anchor_error == pytest.approx(math.hypot(6.4, 8.4) / 80)
    assert score.size_error == pytest.approx(0.5)


def test_the_diagonal_is_measured_in_pixels():
    """A tenth of the width is farther than a tenth of the height where the picture is wide."""
    wide = (300, 100)
    across, down = (distance_over_diagonal((0.5, 0.5), other, wide) for other in ((0.6, 0.5), (0.5, 0.6)))
    assert across == pytest.approx(30 / math.hypot(300, 100))
    assert across == pytest.approx(3 * down)


def test_the_best_of_five_counts_all_of_them_and_the_first_only_itself():
    elsewhere = (0.9, 0.3, 0.1, 0.1)
    score = scores([elsewhere, elsewhere, BOX])
    assert (score.iou_at_1, score.iou_at_5) == (0, pytest.approx(1))
    assert score.centre_error > 0.3


def test_chance_finds_a_tenth_of_the_true_cells():
    generator = np.random.default_rng(0)
    cells = random_proposal(target_at(BOX), 0.0, generator).cell_log_prob
    found = []
    for _ in range(4000):
        target = target_at((generator.uniform(0.05, 0.95), generator.uniform(0.2, 0.8), 0.1, 0.1))
        found.append(is_in_top_tenth(cells, target.is_picture, target.cell, generator))
    # The first five of 48 cells count, 10.4 %; four standard deviations are 1.9 %.
    assert np.mean(found) == pytest.approx(5 / 48, abs=0.019)


def test_a_map_that_points_away_never_finds_the_place():
    is_picture, generator = rows_of_picture(), np.random.default_rng(0)
    cells = np.where(is_picture, -1.0, -np.inf)
    cells[4, 4] = -9.0
    assert not any(is_in_top_tenth(cells, is_picture, (4, 4), generator) for _ in range(50))
    assert is_in_top_tenth(-cells * is_picture.astype(float).clip(1e-9), is_picture, (4, 4), generator)


def test_cells_that_a_method_calls_impossible_rank_last_but_count():
    """Padding does not count; a cell of the picture with probability 0 does."""
    cells = np.full((SIDE, SIDE), -np.inf)
    cells[1, 0] = 0.0
    generator = np.random.default_rng(0)
    assert is_in_top_tenth(cells, rows_of_picture(), (1, 0), generator)
    found = np.mean([is_in_top_tenth(cells, rows_of_picture(), (3, 3), generator) for _ in range(2000)])
    assert found == pytest.approx(4 / 47, abs=0.025)


def test_random_boxes_rarely_meet_the_true_one_and_its_density_is_uniform():
    target, generator = target_at(BOX), np.random.default_rng(0)
    proposals = [random_proposal(target, 0.0, generator) for _ in range(100)]
    overlaps = [place_scores(target, one, generator).iou_at_5 for one in proposals]
    assert np.mean(np.array(overlaps) >= 0.5) < 0.1
    assert proposals[0].cell_log_prob[target.cell] == pytest.approx(-math.log(48))
    # 3/4 of the canvas is picture; heights go from 2 % to 125 % of it.
    assert proposals[0].log_prob == pytest.approx(-math.log(0.75 * math.log(62.5)))
