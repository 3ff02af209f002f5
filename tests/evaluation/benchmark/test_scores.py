"""Each figure of the benchmark has its closed form, can be perfect, and can fail."""

import math
from dataclasses import replace

import cv2
import numpy as np
import pytest
import torch
from tests.evaluation.oracle.worlds import drawn
from tests.synthetic import synthetic_triple

from situate.data.places.distribution import GRID_SIDE
from situate.evaluation.baselines import prior_from, reinhard
from situate.evaluation.benchmark.composites import COMPOSERS, made_by, made_ceiling
from situate.evaluation.benchmark.made import Made
from situate.evaluation.benchmark.picture_scores import picture_scores, psnr_gain_db, ssim
from situate.evaluation.benchmark.place_scores import (
    MAX_SIZE_ERROR,
    PlaceScores,
    coverage,
    likelihood_gap,
    place_scores,
)
from situate.evaluation.benchmark.proposals import (
    NUM_SAMPLES,
    Proposal,
    model_cells,
    prior_proposal,
    random_proposal,
    true_proposal,
)
from situate.evaluation.metrics import MAX_PSNR_DB
from situate.evaluation.oracle.oracle import Oracle
from situate.evaluation.perceptual import PerceptualDistance
from situate.geometry.canvas import Letterbox

UNIFORM = np.full((GRID_SIDE, GRID_SIDE), -2 * math.log(GRID_SIDE))
ORACLES = [Oracle(world, 0) for world in drawn(6, first_seed=20)]


def judged_scores(oracle: Oracle, proposal: Proposal) -> PlaceScores:
    return place_scores(oracle, proposal, oracle.judged(proposal.boxes_cxcywh))


def mean_scores(propose) -> tuple[float, float]:
    """Share of plausible first boxes and of plausible samples over several scenes."""
    scores = [
        judged_scores(oracle, propose(oracle, np.random.default_rng(seed))) for seed, oracle in enumerate(ORACLES)
    ]
    return float(np.mean([one.is_plausible for one in scores])), float(np.mean([one.plausible_share for one in scores]))


def test_the_truth_scores_perfectly():
    for oracle in ORACLES[:3]:
        scores = judged_scores(oracle, true_proposal(oracle, np.random.default_rng(0)))
        assert scores.is_plausible
        assert scores.plausible_share == 1
        assert scores.size_error < 1e-6
        assert scores.likelihood_gap == 0
        assert scores.coverage > 0.5


def test_random_places_are_hardly_ever_plausible():
    # 126 boxes: 10 % of them with twice the standard deviation
    first, samples = mean_scores(random_proposal)
    assert (first + NUM_SAMPLES * samples) / (NUM_SAMPLES + 1) <= 0.1


def test_the_prior_stays_far_below_a_good_model():
    boxes = [oracle.true_box_cxcywh for oracle in ORACLES]
    prior = prior_from(boxes, GRID_SIDE)
    first, samples = mean_scores(lambda oracle, generator: prior_proposal(oracle, prior, generator))
    assert (first + NUM_SAMPLES * samples) / (NUM_SAMPLES + 1) <= 0.4


def test_the_gap_of_a_uniform_answer_is_the_log_of_the_cells_less_the_entropy():
    truth = ORACLES[0].truth
    assert likelihood_gap(truth.cell_prob, UNIFORM) == pytest.approx(2 * math.log(GRID_SIDE) - truth.entropy)


def test_the_gap_is_never_negative():
    generator = np.random.default_rng(0)
    for _ in range(20):
        first, second = (generator.dirichlet(np.full(GRID_SIDE**2, 0.3)).reshape(GRID_SIDE, -1) for _ in range(2))
        assert likelihood_gap(first, np.log(np.maximum(second, 1e-12))) >= 0


def test_a_sample_covers_its_cell_and_the_eight_round_it():
    cells = np.arange(GRID_SIDE**2, dtype=float).reshape(GRID_SIDE, GRID_SIDE)
    cells /= cells.sum()
    middle = 5 * GRID_SIDE + 7
    assert coverage(cells, np.array([middle, middle])) == pytest.approx(cells[4:7, 6:9].sum())
    assert coverage(cells, np.array([0])) == pytest.approx(cells[:2, :2].sum())
    assert coverage(cells, np.arange(GRID_SIDE**2)) == pytest.approx(1)


def test_a_box_in_the_sky_is_as_wrong_as_can_be():
    oracle = ORACLES[0]
    sky = (0.5, 0.02, 0.02, 0.03)
    scores = judged_scores(oracle, Proposal([sky] * (NUM_SAMPLES + 1), UNIFORM))
    assert scores.reasons == ("ground",)
    assert scores.size_error == MAX_SIZE_ERROR
    assert scores.plausible_share == 0


def test_a_model_s_density_keeps_its_mass_on_the_other_grid(pipeline):
    triple = synthetic_triple(0)
    _, prediction = pipeline.predict(triple.background, triple.foreground)
    letterbox = Letterbox(64, 48)
    cells = model_cells(prediction.distribution, letterbox)
    assert cells.sum() == pytest.approx(1)
    drawn_positions = prediction.distribution.sample(20_000, 1.0, torch.Generator().manual_seed(0))[0].tolist()
    places = np.array([letterbox.box_to_picture((x, y, 0.0, 0.0))[:2] for x, y, _ in drawn_positions])
    columns, rows = np.clip((places * GRID_SIDE).astype(int), 0, GRID_SIDE - 1).T
    counts = np.bincount(rows * GRID_SIDE + columns, minlength=GRID_SIDE**2).reshape(GRID_SIDE, GRID_SIDE)
    expected = cells * 20_000
    assert ((counts - expected) ** 2 / np.maximum(expected, 1)).sum() < GRID_SIDE**2 * 1.4


@pytest.fixture(scope="module")
def perceptual() -> PerceptualDistance:
    return PerceptualDistance()


def true_made(triple) -> Made:
    return Made(triple.composite, triple.effect, triple.visible_alpha)


def test_the_render_itself_has_the_best_pictures(perceptual):
    triple = synthetic_triple(1)
    scores = picture_scores(true_made(triple), triple, triple.background, perceptual)
    assert (scores.psnr_db, scores.psnr_blurred_db) == (MAX_PSNR_DB, MAX_PSNR_DB)
    assert (scores.ssim, scores.ssim_blurred) == (pytest.approx(1), pytest.approx(1))
    assert scores.shadow_iou == 1
    assert scores.perceptual == 0
    assert (scores.colour_error, scores.brightness_error, scores.shadow_edge_energy) == (0, 0, 1)
    assert math.isnan(scores.visible_iou), "nothing hides it"
    assert scores.num_changed_outside == 0


def test_the_ceiling_of_a_cut_out_that_fits_is_the_truth_but_for_its_rim(perceptual):
    triple = synthetic_triple(1)
    warped = made_ceiling(triple.foreground, triple.box_cxcywh, triple, triple.background)
    laid_over = made_by("copy-paste", triple, triple.box_cxcywh)
    assert laid_over is not None
    ceiling, pasted = (picture_scores(one, triple, triple.background, perceptual) for one in (warped, laid_over))
    assert ceiling.psnr_db > 30
    assert ceiling.psnr_db > pasted.psnr_db + 6
    assert ceiling.perceptual < pasted.perceptual
    assert ceiling.shadow_iou > 0.9
    assert ceiling.num_changed_outside == 0


def test_a_gain_is_of_the_same_pixels(perceptual):
    triple = synthetic_triple(1)
    pasted = made_by("copy-paste", triple, triple.box_cxcywh)
    assert pasted is not None
    boastful = replace(pasted, effect=np.full_like(triple.effect, 255))
    own, claimed = (picture_scores(one, triple, triple.background, perceptual).psnr_db for one in (pasted, boastful))
    assert claimed > own + 3, "a region that was hardly changed flatters"
    assert psnr_gain_db(boastful, pasted, triple, triple.background) == 0
    assert psnr_gain_db(true_made(triple), pasted, triple, triple.background) > 20


def test_losses_of_a_stored_background_are_no_fault_of_a_composite(perceptual):
    triple = synthetic_triple(1)
    stored = np.clip(triple.background.astype(int) + 3, 0, 255).astype(np.uint8)
    composite = np.where(triple.effect[..., None] > 0, triple.composite, stored)
    scores = picture_scores(Made(composite, triple.effect, triple.visible_alpha), triple, stored, perceptual)
    assert (scores.psnr_db, scores.num_changed_outside) == (MAX_PSNR_DB, 0)


def test_the_ceiling_hides_what_stands_behind_something():
    triple = synthetic_triple(1)
    rows, columns = np.nonzero(triple.visible_alpha)
    hidden = np.zeros(triple.effect.shape, bool)
    hidden[rows.max() - 3 :, :] = True
    visible = np.where(hidden, 0, triple.visible_alpha).astype(np.uint8)
    composite = np.where((hidden & (triple.visible_alpha > 0))[..., None], triple.background, triple.composite)
    behind = replace(triple, amodal_alpha=triple.visible_alpha, visible_alpha=visible, composite=composite)
    made = made_ceiling(triple.foreground, triple.box_cxcywh, behind, behind.background)
    assert made.visible_alpha[rows.max() - 1, round(columns.mean())] == 0
    assert made.visible_alpha[rows.min() + 3, round(columns.mean())] > 200


@pytest.mark.parametrize("name", COMPOSERS)
def test_composers_without_a_network_have_no_shadow_and_change_nothing_unseen(name, perceptual):
    triple = synthetic_triple(1)
    made = made_by(name, triple, triple.box_cxcywh)
    assert made is not None
    scores = picture_scores(made, triple, triple.background, perceptual)
    assert scores.num_changed_outside == 0
    assert 5 < scores.psnr_db < 45
    assert scores.ssim < 0.99
    assert scores.shadow_iou == 0


def test_structural_similarity_sees_only_its_region():
    first = np.random.default_rng(0).integers(0, 255, (40, 40, 3)).astype(np.uint8)
    second = first.copy()
    second[:, 20:] = 128
    left = np.zeros((40, 40), bool)
    left[:, :12] = True
    assert ssim(first, second, left) == pytest.approx(1)
    assert ssim(first, second, ~left) < 0.8
    assert math.isnan(ssim(first, second, np.zeros((40, 40), bool)))


def test_blurring_forgives_a_shift_by_a_pixel(perceptual):
    triple = synthetic_triple(2)
    shifted = np.roll(triple.composite, 1, axis=1)
    scores = picture_scores(
        Made(shifted, np.full_like(triple.effect, 255), triple.visible_alpha), triple, triple.background, perceptual
    )
    assert scores.psnr_blurred_db > scores.psnr_db + 3


def test_reinhard_gives_the_object_the_colours_of_the_scene():
    generator = np.random.default_rng(0)
    background = np.clip(generator.normal((40, 120, 60), 12, (48, 64, 3)), 0, 255).astype(np.uint8)
    colours = np.clip(generator.normal((200, 90, 90), 30, (20, 20, 3)), 0, 255).astype(np.uint8)
    foreground = np.dstack([colours, np.full((20, 20), 255, np.uint8)])
    composite = reinhard(background, foreground, (0.5, 0.5, 20 / 64, 20 / 48))
    put, scene = (
        cv2.cvtColor(pixels.astype(np.float32) / 255, cv2.COLOR_RGB2LAB).reshape(-1, 3)
        for pixels in (composite[14:34, 22:42], background)
    )
    assert np.abs(put.mean(0) - scene.mean(0)).max() < 2
    assert np.abs(put.std(0) - scene.std(0)).max() < 2
    assert (composite[:10] == background[:10]).all()
