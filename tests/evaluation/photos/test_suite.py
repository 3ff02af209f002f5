"""The suite: who knows the place gets the best figures, who knows nothing does not, and answers stand by themselves."""

import json
from dataclasses import replace

import pytest
import torch
from tests.evaluation.photos.asked import seen
from tests.synthetic import synthetic_triple

from situate.evaluation.photos.bench import MODEL, RANDOM, TRUTH, PhotoBench
from situate.evaluation.photos.held_out import HeldOut
from situate.evaluation.photos.priors import priors_from
from situate.evaluation.photos.suite import METHODS, photo_figures
from situate.evaluation.photos.tables import tables_of
from situate.evaluation.target import target_of
from situate.pipeline.compose import ComposePipeline


class Knowing(ComposePipeline):
    """A model that looks the answer up: all mass in a narrow peak at the true place."""

    def __init__(self, pipeline, triples):
        super().__init__(pipeline.placement, pipeline.synthesis, pipeline.scheduler)
        self._triples = {triple.background.tobytes(): triple for triple in triples}

    def predict(self, background, foreground):
        inputs, prediction = super().predict(background, foreground)
        distribution = prediction.distribution
        target = target_of(self._triples[background.tobytes()], distribution)
        cells = torch.where(distribution.cell_log_prob.isinf(), -torch.inf, -50.0)
        cells[0, *target.cell] = 0
        sharp = replace(
            distribution,
            cell_log_prob=cells,
            location=torch.tensor(target.position).expand_as(distribution.location),
            scale=torch.full_like(distribution.scale, 1e-3),
        )
        return inputs, prediction._replace(distribution=sharp)


@pytest.fixture(scope="module")
def data(triples):
    return HeldOut(triples, [triple.group for triple in triples])


def bench_of(pipeline, groups):
    priors = priors_from(seen("ball", (0.5, 0.7), count=20, spread=0.2), pipeline.placement.grid_side, seed=0)
    return PhotoBench(pipeline, dict.fromkeys(groups, priors), seed=0)


@pytest.fixture(scope="module")
def figures(pipeline, data):
    return photo_figures(bench_of(pipeline, data.groups), data)


BEST = {
    "iou50_at_1": 1,
    "iou50_at_5": 1,
    "centre_error": 0,
    "anchor_error": 0,
    "size_error": 0,
    "cell_nats": 0,
    "top_tenth": 1,
}


def test_the_truth_gets_the_best_value_of_every_figure(figures):
    truth = figures["methods"][TRUTH]
    assert {name: truth[name]["value"] for name in BEST} == BEST
    assert all(truth[name]["low"] == truth[name]["high"] for name in BEST)
    assert "log_prob" not in truth
    gain = "cell_nats_gain_over_class_prior"
    assert all(
        figures["methods"][method][gain]["value"] < truth[gain]["value"] for method in METHODS if method != TRUTH
    )


def test_a_model_that_knows_the_place_gets_nearly_the_best(pipeline, data):
    knowing = photo_figures(bench_of(Knowing(pipeline, data.triples), data.groups), data)["methods"][MODEL]
    assert {name: knowing[name]["value"] for name in ("iou50_at_1", "iou50_at_5", "top_tenth")} == dict.fromkeys(
        ("iou50_at_1", "iou50_at_5", "top_tenth"), 1
    )
    assert knowing["cell_nats"]["value"] == pytest.approx(0, abs=1e-4)
    assert max(knowing[name]["value"] for name in ("centre_error", "anchor_error")) < 0.02
    # Places are middles of the lattice's blocks, which are 13 % high.
    assert knowing["size_error"]["value"] < 0.065
    assert knowing["log_prob"]["value"] > 10


def test_each_kind_is_held_against_its_own_prior(pipeline, data):
    balls = seen("ball", (0.5, 0.75), count=30, spread=0.1)
    priors = priors_from([*balls, *seen("lamp", (0.5, 0.3), count=60)], pipeline.placement.grid_side, seed=0)
    bench = PhotoBench(pipeline, dict.fromkeys(data.groups, priors), seed=0)
    methods = photo_figures(bench, data)["methods"]
    assert methods["class-prior"]["cell_nats"]["value"] > methods["prior"]["cell_nats"]["value"] + 0.3
    assert methods["class-prior"]["centre_error"]["value"] < methods["prior"]["centre_error"]["value"]
    assert methods["prior"]["cell_nats_gain_over_class_prior"]["value"] < -0.3


def test_who_knows_nothing_is_found_out(figures):
    for method in (RANDOM, MODEL):
        assert figures["methods"][method]["iou50_at_1"]["value"] < 0.5
        assert figures["methods"][method]["cell_nats"]["value"] < -2.5
        assert figures["methods"][method]["centre_error"]["value"] > 0.1


def test_figures_are_strict_json_and_the_same_again(pipeline, data, figures):
    assert figures == photo_figures(bench_of(pipeline, data.groups), data)
    json.dumps(figures, allow_nan=False)
    assert figures["num_groups"] == 4
    assert figures["num_places_out_of_reach"] == 0
    assert figures["methods"]["class-prior"]["cell_nats_gain_over_class_prior"]["value"] == 0
    assert "kinds" in figures
    assert not figures["kinds"]  # eight balls are too few for figures of their own
    assert len(tables_of(figures)) == 2


def test_answers_do_not_depend_on_the_other_triples(pipeline, data):
    bench = bench_of(pipeline, data.groups)
    triple, group = data.triples[3], data.groups[3]
    bench.answers(data.triples[0], data.groups[0])
    again, alone = bench.answers(triple, group), bench_of(pipeline, data.groups).answers(triple, group)
    assert again.proposals[RANDOM].boxes_cxcywh == alone.proposals[RANDOM].boxes_cxcywh
    assert again.scores[MODEL] == alone.scores[MODEL]
    assert again.heatmap.sum() == pytest.approx(1, rel=1e-4)


def test_the_light_of_cut_outs_is_changed_unless_they_were_rendered(pipeline, data):
    bench, triple = bench_of(pipeline, data.groups), data.triples[0]
    rendered = bench.answers(triple, data.groups[0])
    photographed = bench.answers(replace(triple, source="photos"), data.groups[0])
    assert (rendered.foreground == triple.foreground).all()
    assert (photographed.foreground[..., :3] != triple.foreground[..., :3]).any()
    assert (photographed.foreground[..., 3] == triple.foreground[..., 3]).all()


def test_an_object_at_the_foot_of_the_picture_stands_in_the_last_row_that_is_picture(pipeline, data):
    """A wide picture ends where a row of cells ends; its border belongs to that row, not to the padding below."""
    triple = data.triples[0]
    _, prediction = pipeline.predict(triple.background, triple.foreground)
    at_foot = target_of(replace(triple, box_cxcywh=(0.5, 0.9, 0.2, 0.2)), prediction.distribution)
    assert at_foot.is_picture[at_foot.cell]
    assert not at_foot.is_moved
    assert at_foot.cell_area == pytest.approx(1 / 64)
    below = target_of(replace(triple, box_cxcywh=(0.5, 1.0, 0.2, 0.4)), prediction.distribution)
    assert below.is_picture[below.cell]
    assert below.is_moved
    upright = synthetic_triple(0, width=48, height=64)
    _, of_upright = pipeline.predict(upright.background, upright.foreground)
    at_side = target_of(replace(upright, box_cxcywh=(1.0, 0.5, 0.2, 0.2)), of_upright.distribution)
    assert at_side.is_picture[at_side.cell]
    tiny = target_of(replace(triple, box_cxcywh=(0.5, 0.5, 0.01, 0.01)), prediction.distribution)
    assert tiny.is_moved


def test_kinds_with_ten_triples_have_a_row_and_one_group_is_drawn_by_its_triples(pipeline, data):
    bench = bench_of(pipeline, data.groups)
    groups = ["one"] * 9 + ["two"] * 3
    names = [*("cup" for _ in range(10)), "ball", "ball"]
    triples = [replace(data.triples[0], key=f"k{n}", kind=kind) for n, kind in enumerate(names)]
    figures = photo_figures(bench_of(pipeline, groups), HeldOut(triples, groups))
    assert list(figures["kinds"]) == ["cup"]
    cup = figures["kinds"]["cup"]
    assert (cup["num_triples"], cup["num_with_own_prior"], cup["interval_over"]) == (10, 0, "groups")
    assert figures["num_with_own_prior"] == 2
    assert set(cup["class-prior"]) == {"top_tenth", "iou50_at_5"}
    assert tables_of(figures)[2].rows[0][:3] == ("cup", "10", "0")
    one_group = photo_figures(bench, HeldOut(data.triples, [data.groups[0]] * 8))
    assert one_group["interval_over"] == "triples"
    gain = one_group["methods"][MODEL]["cell_nats"]
    assert gain["high"] > gain["low"]
    assert gain["num_groups"] == 8


def test_intervals_are_drawn_over_groups(pipeline, data):
    """Copies of a triple in its own group add nothing that is known."""
    copied = HeldOut([*data.triples] * 3, [*data.groups] * 3)
    once, thrice = (photo_figures(bench_of(pipeline, data.groups), one)["methods"][MODEL] for one in (data, copied))
    width, copied_width = (one["cell_nats"]["high"] - one["cell_nats"]["low"] for one in (once, thrice))
    assert copied_width == pytest.approx(width, rel=1e-6)
