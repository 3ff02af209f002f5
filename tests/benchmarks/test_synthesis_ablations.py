"""The variants of the joint model differ in what they say, and are compared on equal terms."""

import json
import math
from dataclasses import replace

import numpy as np
import pytest
import torch
from synthesis.appearance import appearance, occluded_iou
from synthesis.compare import main
from synthesis.even_loss import EvenLoss
from synthesis.networks import BackgroundBase, DetachedTokens, WithoutTokens
from synthesis.report import by_row, paired, report
from synthesis.train import trained, variant_model
from synthesis.variants import VARIANTS, Stage, Variant
from tests.synthetic import synthetic_triple, write_synthetic_set

from situate.data.loader import TripleUnion
from situate.data.sample import validation_sample
from situate.data.writer import TripleWriter
from situate.errors import InputError
from situate.nn.joint import JointPrediction
from situate.nn.velocity import VelocityNetwork
from situate.recipes import debug, literal, tiny
from situate.records.batch import Batch, collate
from situate.records.picture import Picture
from situate.records.placement import Composite, PlacedObject, Placement
from situate.training.losses import JointLoss

RECIPE = debug().model_copy(update={"num_steps": 2, "batch_size": 2})


def batch() -> Batch:
    return collate([validation_sample(synthetic_triple(number), RECIPE.sample) for number in range(2)])


def fresh(variant: Variant, seed: int = 0):
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        return variant_model(variant, RECIPE).build()


def speaking(synthesis_class: type[VelocityNetwork]):
    """A model whose last layer, 0 at first, says something."""
    model = fresh(Variant(synthesis=synthesis_class))
    generator = torch.Generator().manual_seed(0)
    for parameter in [*model.synthesis.exit.parameters(), *model.synthesis.context.parameters()]:
        parameter.data = 0.1 * torch.randn(parameter.shape, generator=generator)
    return model


def predicted(model, samples: Batch) -> JointPrediction:
    return model(samples.placement, samples.synthesis, torch.zeros_like(samples.image), torch.ones(len(samples)))


@pytest.mark.parametrize("name", VARIANTS)
def test_all_variants_of_a_seed_begin_with_the_same_parameters(name):
    plain, own = fresh(VARIANTS["joint"]).state_dict(), fresh(VARIANTS[name]).state_dict()
    assert list(plain) == list(own)
    assert all(torch.equal(plain[key], own[key]) for key in plain)


@pytest.mark.parametrize(
    ("synthesis_class", "is_taught"),
    [
        (VelocityNetwork, True),  # the control: the test could see a gradient
        (DetachedTokens, False),
        (WithoutTokens, False),
    ],
)
def test_the_synthesis_loss_reaches_the_fused_tokens_only_where_it_should(synthesis_class, is_taught):
    model = speaking(synthesis_class)
    predicted(model, batch()).image.square().sum().backward()
    gradients = [one.grad for one in model.placement.fusion.parameters()]
    assert any(one is not None and bool(one.abs().max() > 0) for one in gradients) == is_taught
    assert any(bool(one.grad.abs().max() > 0) for one in model.synthesis.down.parameters())


@pytest.mark.parametrize(("synthesis_class", "hears"), [(DetachedTokens, True), (WithoutTokens, False)])
def test_detached_tokens_are_still_heard_and_absent_ones_are_not(synthesis_class, hears):
    model, samples = speaking(synthesis_class).eval(), batch()
    tokens = torch.randn(2, 32, 16, 16, generator=torch.Generator().manual_seed(1))
    with torch.no_grad():
        first, second = (
            model.synthesis(samples.image, torch.ones(2), samples.synthesis, factor * tokens) for factor in (1, 2)
        )
    assert torch.equal(first, second) != hears


def test_a_network_over_the_background_begins_with_the_empty_background():
    model, samples = fresh(Variant(synthesis=BackgroundBase)).eval(), batch()
    with torch.no_grad():
        image = predicted(model, samples).image
    torch.testing.assert_close(image[:, :3], samples.synthesis.background)
    assert bool((image[:, 3:] == -1).all())


def test_the_even_loss_does_not_care_where_an_error_is():
    samples = batch()
    prediction = predicted(fresh(VARIANTS["joint"]), samples)

    def error_at(loss: JointLoss, row: int, column: int) -> float:
        image = samples.image.clone()
        image[:, 4, row, column] += 0.5
        return loss(replace(prediction, image=image), samples, torch.ones(2)).effect.item()

    changed = (samples.image[0, 4] > 0).nonzero()[0].tolist()
    unchanged = (samples.image[:, 4] == -1).all(0).nonzero()[0].tolist()
    even, weighted = EvenLoss(RECIPE.loss), JointLoss(RECIPE.loss)
    expected = RECIPE.loss.mask_weight * 0.25 / 32**2
    assert error_at(even, *unchanged) == pytest.approx(expected, rel=0.5)
    assert error_at(even, *changed) == pytest.approx(error_at(even, *unchanged), rel=1e-3)
    assert error_at(weighted, *changed) > 2 * error_at(weighted, *unchanged)


def test_a_literal_variant_is_the_recipe_literal():
    own = VARIANTS["literal"].config(tiny())
    assert own.model_copy(update={"recipe": "literal"}) == literal()


def test_stages_part_the_plan_of_samples():
    first, second = VARIANTS["two-stage"].stages
    assert [*first.steps(7), *second.steps(7)] == list(range(7))
    assert all(len(stage.steps(7)) == 7 for stage in VARIANTS["two-stage-double"].stages)


def test_a_stage_teaches_its_own_network_only(tmp_path):
    triples = TripleUnion([write_synthetic_set(tmp_path / "train", 8)])
    start = fresh(VARIANTS["joint"]).state_dict()
    first = trained(Variant(stages=(Stage("placement"),)), RECIPE, triples, seed=0).state_dict()
    both = trained(VARIANTS["two-stage-double"], RECIPE, triples, seed=0).state_dict()
    for name in start:
        is_placement = name.startswith("placement.")
        assert torch.equal(first[name], start[name]) or is_placement
        assert torch.equal(first[name], both[name]) or not is_placement
    assert any(not torch.equal(first[name], start[name]) for name in start)
    assert any(not torch.equal(first[name], both[name]) for name in start)


def composed(visible_alpha) -> Composite:
    height_px, width_px = visible_alpha.shape
    picture = Picture(np.zeros((height_px, width_px, 3), np.uint8))
    placed = PlacedObject(Placement((0.5, 0.5, 1.0, 1.0)), visible_alpha)
    return Composite(picture, (placed,), visible_alpha, seed=0, model_fingerprint="")


def test_an_object_that_appears_at_its_place_is_found_there():
    triple = synthetic_triple(3)
    *_, width, height = composed(triple.visible_alpha).visible_box_xywh_px
    found = appearance(composed(triple.visible_alpha), triple, triple.box_cxcywh)
    assert found["is_invisible"] == 0
    assert found["seen_iou_true_mask"] == 1
    assert found["seen_box_iou_likeliest_box"] == pytest.approx(
        width * height / (triple.box_cxcywh[2] * 64 * triple.box_cxcywh[3] * 48), abs=0.02
    )
    assert found["distance_true_box"] == pytest.approx(0, abs=0.01)
    elsewhere = (triple.box_cxcywh[0], triple.box_cxcywh[1] - 20 / 48, *triple.box_cxcywh[2:])
    assert appearance(composed(triple.visible_alpha), triple, elsewhere)["distance_likeliest_box"] == pytest.approx(
        20 / math.hypot(64, 48), abs=0.01
    )


def test_an_object_that_does_not_appear_overlaps_with_nothing():
    triple = synthetic_triple(3)
    found = appearance(composed(np.zeros_like(triple.effect)), triple, triple.box_cxcywh)
    assert (found["is_invisible"], found["seen_iou_true_mask"], found["seen_box_iou_true_box"]) == (1, 0, 0)
    assert math.isnan(found["distance_true_box"])


def test_occlusion_is_judged_where_something_is_hidden():
    triple = synthetic_triple(3)
    half = triple.visible_alpha.copy()
    half[:, : round(triple.box_cxcywh[0] * 64)] = 0
    hidden = replace(triple, amodal_alpha=triple.visible_alpha, visible_alpha=half)
    assert occluded_iou(half, hidden) == 1
    assert occluded_iou(triple.visible_alpha, hidden) == pytest.approx(0.5, abs=0.1)
    assert math.isnan(occluded_iou(half, replace(triple, amodal_alpha=triple.visible_alpha)))
    assert math.isnan(occluded_iou(half, triple))


def test_differences_are_taken_seed_by_seed():
    gains = {"joint": {0: 1.0, 1: 3.0, 2: 5.0}, "two-stage": {0: 1.5, 1: 3.5}}
    runs = [
        {"variant": name, "seed": seed, "rows": {"": {"gain_db": gain}, "1 step": {"gain_db": None}}}
        for name, by_seed in gains.items()
        for seed, gain in by_seed.items()
    ]
    assert paired(by_row(runs), "two-stage", "gain_db") == [0.5, 0.5]
    text = report(runs)
    assert "| joint | 3.00 ± 2.00 |" in text
    assert "| two-stage | +0.50 ± 0.00 |" in text
    assert "1 step" not in text


@pytest.fixture
def folders(tmp_path, monkeypatch):
    """A small set that is called `starter`, and other scenes to judge on."""
    monkeypatch.chdir(tmp_path)
    write_synthetic_set(tmp_path / "starter", 8)
    with TripleWriter(tmp_path / "test", triples_per_shard=16) as writer:
        for number in range(100, 106):
            writer.write(synthetic_triple(number))
        writer.finish({"source": "scenes", "seed": 0, "num_triples": 6, "kinds": {"ball": 6}})
    return tmp_path


def test_a_run_that_was_cut_off_goes_on_with_what_is_missing(folders, capsys):
    asked = {"test": folders / "test", "num_steps": 2, "batch_size": 2, "num_test": 3, "recipe": "debug"}
    main(folders / "out", seeds="0", variants="literal", **asked)
    (first,) = json.loads((folders / "out" / "runs.json").read_text())["runs"]
    assert first["config"]["seed"] == 0
    assert first["rows"][""]["nats_over_prior"] is not None
    main(folders / "out", seeds="0", variants="joint,literal", **asked)
    before, second = json.loads((folders / "out" / "runs.json").read_text())["runs"]
    assert before == first
    assert second["variant"] == "joint"
    assert set(second["rows"]) == {"", "tokens of another scene", "1 step", "2 steps", "8 steps"}
    assert "no object seen" in (folders / "out" / "report.md").read_text()
    assert "no oracle judges the places" in capsys.readouterr().out
    with pytest.raises(InputError, match="another num_steps"):
        main(folders / "out", seeds="0", variants="joint", **{**asked, "num_steps": 3})


def test_weights_that_are_there_give_the_same_figures_again(folders):
    asked = {"test": folders / "test", "seeds": "0", "variants": "two-stage", "recipe": "debug"}
    asked |= {"num_steps": 2, "batch_size": 2, "num_test": 3}
    main(folders / "out", **asked)
    (before,) = json.loads((folders / "out" / "runs.json").read_text())["runs"]
    (folders / "out" / "runs.json").unlink()
    main(folders / "out", **asked)
    (after,) = json.loads((folders / "out" / "runs.json").read_text())["runs"]
    assert after["train_s"] == 0 < before["train_s"]
    assert after["rows"] == before["rows"]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"variants": "joint,two"}, "'two' is unknown"),
        ({"minutes": 1.0, "num_steps": 4}, "pass one"),
        ({"num_steps": 1}, "at least 2"),
        ({"num_steps": 2, "test_is_training": True}, "are in --data too"),
    ],
)
def test_what_cannot_be_compared_is_refused(folders, options, message):
    test = folders / ("starter" if options.pop("test_is_training", False) else "test")
    with pytest.raises(InputError, match=message):
        main(folders / "out", test=test, recipe="debug", **options)
