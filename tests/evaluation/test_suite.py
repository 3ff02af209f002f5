"""The suite: a perfect model gets perfect scores, a fresh one does not, and the figures are finite."""

import json
import math
from dataclasses import replace

import numpy as np
import pytest
import torch

from situate.errors import InputError
from situate.evaluation.baselines import prior_from
from situate.evaluation.figures import placement_figures, synthesis_figures
from situate.evaluation.fused import synthesis_losses, tokens_of_another_scene
from situate.evaluation.metrics import MAX_PSNR_DB
from situate.evaluation.placement import letterbox_of, score_placement
from situate.evaluation.suite import SuiteConfig, boxes_on_canvas, evaluate_scenes
from situate.evaluation.synthesis import compose_at_truth, score_synthesis
from situate.evaluation.tables import tables_of
from situate.geometry.canvas import position_of
from situate.recipes import recipe_named
from situate.records.picture import Picture
from situate.records.placement import Composite, PlacedObject, Placement
from situate.records.triple import Triple


def synthesis_loss(prediction, batch, sigma):
    return recipe_named("debug").loss.build()(prediction, batch, sigma).synthesis


def knowing(prediction, triple):
    """The prediction of somebody who knows the answer: all mass in a narrow peak at the true place."""
    truth = torch.tensor([position_of(letterbox_of(triple).box_to_canvas(triple.box_cxcywh))])
    distribution = prediction.distribution
    row, column = (int(part[0]) for part in distribution.cell_of(truth))
    cells = torch.full_like(distribution.cell_log_prob, -50.0)
    cells[distribution.cell_log_prob.isinf()] = -torch.inf
    cells[0, row, column] = 0
    sharp = replace(
        distribution,
        cell_log_prob=cells,
        location=truth[:, None, None].expand_as(distribution.location),
        scale=torch.full_like(distribution.scale, 1e-3),
    )
    return prediction._replace(distribution=sharp)


def scored(pipeline, triple, prediction_of):
    inputs, prediction = pipeline.predict(triple.background, triple.foreground)
    prior = prior_from(boxes_on_canvas([triple]), pipeline.placement.grid_side)
    return score_placement(pipeline, triple, inputs, prediction_of(prediction, triple), prior, np.random.default_rng(0))


def test_who_knows_the_place_gets_perfect_placement_scores(pipeline, triples):
    scores = [scored(pipeline, triple, knowing) for triple in triples[:3]]
    for score in scores:
        assert score.model_nats == pytest.approx(0, abs=1e-4)
        assert min(score.model_iou) > 0.75
        assert score.size_error < 0.02
    figures = placement_figures(scores, ["a", "b", "c"], 0)
    assert figures["iou50_at_1_model"]["value"] == 1
    assert figures["iou50_at_1_random"]["value"] < 0.5


def test_a_fresh_model_knows_no_more_than_uniform(pipeline, triples):
    scores = [scored(pipeline, triple, lambda prediction, _: prediction) for triple in triples]
    gain = np.mean([score.model_nats - score.uniform_nats for score in scores])
    assert abs(gain) < 1
    assert np.mean([score.model_iou[0] >= 0.5 for score in scores]) < 0.5


def test_uniform_counts_the_cells_of_the_picture_only(pipeline, triples):
    # 64 x 48 pixels on an 8 x 8 grid: the padding takes one row of cells above and one below.
    score = scored(pipeline, triples[0], knowing)
    assert score.uniform_nats == pytest.approx(-math.log(6 * 8))


def true_composite(triple: Triple) -> Composite:
    placed = PlacedObject(Placement(triple.box_cxcywh), triple.visible_alpha)
    return Composite(Picture(triple.composite), (placed,), triple.effect, 0, "")


def test_the_true_composite_gets_perfect_synthesis_scores(triples):
    triple = triples[0]
    truth = true_composite(triple)
    score = score_synthesis(triple, truth)
    assert (score.model_db, score.shadow_iou, score.num_changed_outside) == (MAX_PSNR_DB, 1, 0)
    assert score.paste_db < 30
    assert score.untouched_db < 30


def test_shadow_scores_are_left_out_where_the_source_knows_none(triples):
    triple = replace(triples[0], source="photos")
    truth = true_composite(triple)
    figures = synthesis_figures([score_synthesis(triple, truth)], ["a"], 0)
    assert "shadow_iou" not in figures


def test_a_fresh_model_changes_no_pixel_outside_its_effect(pipeline, triples):
    triple = triples[1]
    _, prediction = pipeline.predict(triple.background, triple.foreground)
    composite = compose_at_truth(pipeline, triple, prediction, num_steps=2, seed=0)
    assert composite.placement.box_cxcywh == triple.box_cxcywh
    assert score_synthesis(triple, composite).num_changed_outside == 0


def test_tokens_come_from_the_next_other_scene():
    assert tokens_of_another_scene(["a", "a", "b", "b"]) == [2, 2, 0, 0]
    assert tokens_of_another_scene(["a", "a"]) == [0, 1]


def test_the_same_tokens_give_the_same_loss(pipeline, triples):
    from situate.data.sample import validation_sample
    from situate.evaluation.suite import sample_config

    samples = [validation_sample(triple, sample_config(pipeline)) for triple in triples[:2]]
    predictions = [pipeline.predict(triple.background, triple.foreground)[1] for triple in triples[:2]]
    unmoved = synthesis_losses(pipeline, samples, predictions, [0, 1], synthesis_loss, seed=0)
    assert all(own == other for own, other in unmoved)
    moved = synthesis_losses(pipeline, samples, predictions, [1, 0], synthesis_loss, seed=0)
    assert [own for own, _ in moved] == [own for own, _ in unmoved]


def test_all_figures_are_there_and_are_the_same_for_the_same_seed(pipeline, triples):
    config = SuiteConfig(steps=(2, 1))
    result = evaluate_scenes(pipeline, triples, config, loss=synthesis_loss)
    assert result == evaluate_scenes(pipeline, triples, config, loss=synthesis_loss)
    json.dumps(result, allow_nan=False)
    assert list(result["synthesis"]) == ["2", "1"]
    assert result["num_groups"] == 4
    titles = [table.title for table in tables_of(result)]
    assert len(titles) == 5
    assert "2 steps" in titles[2]


def test_a_prior_needs_other_scenes(pipeline, triples):
    with pytest.raises(InputError, match="--prior-data"):
        evaluate_scenes(pipeline, triples[:2], SuiteConfig(), loss=synthesis_loss)
    given = evaluate_scenes(
        pipeline, triples[:2], SuiteConfig(steps=(1,)), loss=synthesis_loss, prior_boxes=boxes_on_canvas(triples[2:])
    )
    assert given["num_groups"] == 1


def test_pairs_without_a_composite_are_refused(pipeline, triples):
    pair = replace(triples[0], source="places")
    with pytest.raises(InputError, match="is of source 'places' and has no composite"):
        evaluate_scenes(pipeline, [pair], SuiteConfig(), loss=synthesis_loss)
