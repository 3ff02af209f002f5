"""The peers' methods learn, answer inside the picture, and are measured by figures that can fail."""

import json
import math
from dataclasses import replace

import numpy as np
import pytest
import torch
from peers.adversarial import told_fake, told_real
from peers.compare import main
from peers.config import PeerConfig
from peers.evaluate import AskedTriple, MethodScores, answer_scores, check_apart, figures_of, untrained_scores
from peers.features import EncodedPairs, cell_shares, joined
from peers.heatmap import TARGET_SIGMA_CELLS, _softened
from peers.method import DISCRIMINATOR, MODEL, Answer, flat_distribution
from peers.methods import METHODS, fresh_method
from peers.placenet import diversity_loss
from peers.places import boxes_of, moved_inside, position_of_unit, unit_of
from peers.report import differences
from peers.train import Pairs, Trainer, all_answers, fit, mean_iou_at_5, rate_factor
from tests.synthetic import synthetic_triple, write_synthetic_set

from situate.errors import InputError
from situate.evaluation.photos.held_out import SeenObject
from situate.evaluation.photos.priors import priors_from
from situate.evaluation.target import target_of
from situate.geometry.boxes import cxcywh_to_xyxy

CONFIG = PeerConfig(
    background_size=128, foreground_size=32, width=32, num_layers=1, num_heads=2, head_channels=16, num_steps=40
)
ADVERSARIAL = ("placenet", "graconet")


def pair(number: int, position=(0.5, 0.7, -1.2)) -> EncodedPairs:
    """Features of noise, of a picture of 3 : 2; where its object stands can only be learnt by heart."""
    generator = torch.Generator().manual_seed(number)

    def noise(*shape: int) -> torch.Tensor:
        return torch.randn(1, *shape, generator=generator).half()

    return EncodedPairs(
        fine=noise(40, 16, 16),
        middle=noise(113, 8, 8),
        coarse=noise(320, 4, 4),
        foreground_middle=noise(113, 2, 2),
        foreground_coarse=noise(320, 1, 1),
        content_xyxy=torch.tensor([[0.0, 1 / 6, 1.0, 5 / 6]]),
        log_aspect=torch.tensor([0.2]),
        picture_wh=torch.tensor([[96.0, 64.0]]),
        position=torch.tensor([position]),
    )


def pairs() -> list[EncodedPairs]:
    places = [
        (0.3, 0.6, -1.2),
        (0.7, 0.8, -1.5),
        (0.2, 0.75, -1.0),
        (0.8, 0.55, -1.8),
        (0.5, 0.7, -1.3),
        (0.4, 0.8, -2),
    ]
    return [pair(number, place) for number, place in enumerate(places)]


def test_cells_that_a_box_covers_add_up_to_its_area():
    box_xyxy = torch.tensor([[0.1, 0.2, 0.43, 0.9]], requires_grad=True)
    shares = cell_shares(box_xyxy, 8)
    assert float(shares.detach().sum()) / 64 == pytest.approx(0.33 * 0.7, abs=1e-5)
    shares[:, 2:4].sum().backward()
    assert bool((box_xyxy.grad != 0).any())


def test_the_unit_cube_is_the_picture_and_the_range_of_heights():
    content_xyxy = torch.tensor([[0.0, 0.25, 1.0, 0.75]])
    position = torch.tensor([[[0.4, 0.5, -1.0], [0.0, 0.25, math.log(0.02)]]])
    unit = unit_of(position, content_xyxy)
    torch.testing.assert_close(position_of_unit(unit, content_xyxy), position)
    torch.testing.assert_close(unit[0, 1], torch.zeros(3), atol=1e-6, rtol=0)


@pytest.mark.parametrize(
    ("position", "expected"),
    [
        ((0.5, 0.7, math.log(0.2)), (0.5, 0.7, math.log(0.2))),  # inside: stays
        ((0.0, 0.7, math.log(0.2)), (0.1, 0.7, math.log(0.2))),  # over the left edge
        ((0.5, 0.3, math.log(0.2)), (0.5, 0.45, math.log(0.2))),  # over the top
        ((0.5, 0.7, math.log(1.2)), (0.5, 0.75, math.log(0.5))),  # larger than the picture
    ],
)
def test_boxes_are_moved_inside_the_picture(position, expected):
    moved = moved_inside(torch.tensor([[position]]), torch.tensor([[0.0, 0.25, 1.0, 0.75]]), torch.zeros(1))
    torch.testing.assert_close(moved[0, 0], torch.tensor(expected))


def test_the_softened_target_is_a_probability_with_its_peak_at_the_truth():
    one = pair(0, (8.5 / 16, 10.5 / 16, -1.0))
    flat = flat_distribution(one, CONFIG)
    target = _softened(one.position, flat.cell_log_prob)
    assert float(target.sum()) == pytest.approx(1, abs=1e-5)
    assert float(target[flat.cell_log_prob.isinf()].sum()) == 0
    row, column = (int(part) for part in flat.cell_of(one.position))
    assert int(target.flatten().argmax()) == row * 16 + column
    assert float(target.max()) == pytest.approx(1 / (2 * math.pi * TARGET_SIGMA_CELLS**2), rel=0.2)


def test_diversity_costs_nothing_where_boxes_differ_as_latents_do():
    latent = torch.randn(2, 4, 3, generator=torch.Generator().manual_seed(0))
    assert float(diversity_loss(latent, 0.1 * latent + 0.5)) == pytest.approx(0, abs=1e-5)
    # All at one place but one: the others' distances are nothing.
    collapsed = torch.zeros(2, 4, 3)
    collapsed[:, 0] = 0.5
    assert float(diversity_loss(latent, collapsed)) > 0.02


@pytest.mark.parametrize("name", ["density", "heatmap", "regression", "graconet"])
def test_a_method_learns_a_handful_of_places(name):
    learnt = pairs()
    before = fresh_method(name, CONFIG, 0)
    after = fit(fresh_method(name, CONFIG, 0), [[one] for one in learnt], 3e-3, 0)
    loss_before, loss_after = (model_loss(method, learnt) for method in (before, after))
    assert loss_after < loss_before - 0.2


@pytest.mark.slow
def test_the_adversary_alone_leads_to_the_places():
    # Its loss is relative to an opponent that learns too, so the boxes are looked at.
    config, learnt = CONFIG.model_copy(update={"num_steps": 300}), pairs()
    after = fit(fresh_method("placenet", config, 0), [[one] for one in learnt], 3e-3, 0)
    assert mean_iou_at_5(after, learnt, 0) > mean_iou_at_5(fresh_method("placenet", config, 0), learnt, 0) + 0.05


def model_loss(method, learnt) -> float:
    with torch.no_grad():
        return float(method.losses(joined(learnt), torch.Generator().manual_seed(0))[MODEL])


@pytest.mark.parametrize("name", METHODS)
def test_all_boxes_lie_inside_the_picture(name):
    for answer in all_answers(fresh_method(name, CONFIG, 0), pairs(), 0):
        assert 1 <= len(answer.positions) <= 5
        corners = cxcywh_to_xyxy(boxes_of(answer.positions[None], torch.tensor([0.2])))[0]
        low, high = torch.tensor([0.0, 1 / 6]), torch.tensor([1.0, 5 / 6])
        assert bool((corners[:, :2] >= low - 1e-5).all())
        assert bool((corners[:, 2:] <= high + 1e-5).all())
        assert (answer.cell_log_prob is not None) == METHODS[name].has_map
        assert (answer.log_prob is not None) == (name == "density")


@pytest.mark.parametrize("name", ["density", "heatmap"])
def test_maps_are_probabilities_of_the_pictures_cells(name):
    for answer in all_answers(fresh_method(name, CONFIG, 0), pairs()[:2], 0):
        assert float(answer.cell_log_prob.exp().sum()) == pytest.approx(1, abs=1e-4)
        assert bool(answer.cell_log_prob[0].isinf().all())


@pytest.mark.parametrize("name", ADVERSARIAL)
def test_players_share_all_parameters_among_them(name):
    method = fresh_method(name, CONFIG, 0)
    numbers = {player: {id(one) for one in parameters} for player, parameters in method.players().items()}
    assert not numbers[MODEL] & numbers[DISCRIMINATOR]
    assert numbers[MODEL] | numbers[DISCRIMINATOR] == {id(one) for one in method.parameters()}


@pytest.mark.parametrize("name", ADVERSARIAL)
@pytest.mark.parametrize("side", ["real", "fake"])
def test_the_discriminator_learns_from_both_sides(name, side, monkeypatch):
    other = "told_fake" if side == "real" else "told_real"
    monkeypatch.setattr(f"peers.{name}.{other}", lambda logits: logits.sum() * 0)
    method = fresh_method(name, CONFIG, 0)
    losses = method.losses(joined(pairs()), torch.Generator().manual_seed(0))
    gradients = torch.autograd.grad(losses[DISCRIMINATOR], method.players()[DISCRIMINATOR])
    assert any(float(gradient.abs().max()) > 1e-6 for gradient in gradients)


@pytest.mark.parametrize("name", ADVERSARIAL)
def test_the_discriminators_loss_does_not_reach_the_generator(name):
    method = fresh_method(name, CONFIG, 0)
    losses = method.losses(joined(pairs()), torch.Generator().manual_seed(0))
    reached = torch.autograd.grad(losses[DISCRIMINATOR], method.players()[MODEL], allow_unused=True)
    assert all(gradient is None for gradient in reached)


@pytest.mark.parametrize("name", ADVERSARIAL)
def test_the_generator_hears_the_discriminator(name, monkeypatch):
    for silent in {"placenet": ("DIVERSITY_WEIGHT",), "graconet": ("RECONSTRUCTION_WEIGHT", "DIVERGENCE_WEIGHT")}[name]:
        monkeypatch.setattr(f"peers.{name}.{silent}", 0.0)
    method = fresh_method(name, CONFIG, 0)
    losses = method.losses(joined(pairs()), torch.Generator().manual_seed(0))
    head = method.generator if name == "placenet" else method.regress
    gradients = torch.autograd.grad(losses[MODEL], list(head.parameters()))
    assert any(float(gradient.abs().max()) > 1e-7 for gradient in gradients)


def test_both_sides_of_the_adversarial_loss_pull_apart():
    logits = torch.tensor([2.0, 3.0])
    assert float(told_real(logits)) < float(told_real(-logits))
    assert float(told_fake(-logits)) < float(told_fake(logits))


def test_regression_spreads_its_further_boxes_by_its_residuals():
    method = fresh_method("regression", CONFIG, 0)
    first = all_answers(method, pairs(), 0)[0].positions
    assert bool((first == first[0]).all())
    method.settle(pairs())
    assert bool((method.spread > 0).all())
    assert float(all_answers(method, pairs(), 0)[0].positions.std(0).min()) > 0


def test_a_second_run_reads_what_the_first_trained(tmp_path):
    config = CONFIG.model_copy(update={"num_steps": 2, "num_trials": 2})
    trainer = Trainer(Pairs([[one] for one in pairs()], pairs()), config, tmp_path)
    first, said = trainer.tuned("regression", [0, 1], lambda trial: None), []
    second = trainer.tuned("regression", [0, 1], said.append)
    assert [trial.mean_iou_at_5 for trial in second.trials] == [trial.mean_iou_at_5 for trial in first.trials]
    assert [trial.train_s for trial in said] == [0.0] * 3
    assert len(list(tmp_path.iterdir())) == 3
    assert max(first.trials, key=lambda trial: trial.mean_iou_at_5).learning_rate == first.runs[1].learning_rate


def test_the_learning_rate_rises_and_falls_to_nothing():
    factors = [rate_factor(step, 100) for step in range(100)]
    assert max(factors) == pytest.approx(1)
    assert factors[0] < 0.3
    assert factors[-1] < 0.01


def asked(count: int) -> list[AskedTriple]:
    found = []
    for number in range(count):
        triple = synthetic_triple(number)
        one = replace(pair(number), content_xyxy=torch.tensor([[0.0, 1 / 8, 1.0, 7 / 8]]), log_aspect=torch.zeros(1))
        target = target_of(triple, flat_distribution(one, CONFIG))
        found.append(AskedTriple(triple.key, triple.group, "ball", "set", one, target))
    return found


def test_the_truth_is_always_found_and_chance_seldom():
    triples = asked(40)
    priors = priors_from([SeenObject(one.group, "ball", one.target.position) for one in triples], 16, seed=0)
    scores = untrained_scores(triples, priors, 0)
    groups = [one.group for one in triples]
    figures = {name: figures_of(one, groups, seed=0) for name, one in scores.items()}
    assert figures["truth"]["iou50_at_1"]["value"] == figures["truth"]["iou50_at_5"]["value"] == 1
    assert figures["truth"]["centre_error"]["value"] == pytest.approx(0, abs=1e-9)
    assert figures["random"]["iou50_at_5"]["value"] < 0.15
    assert figures["random"]["top_tenth"]["value"] < 0.4
    assert "log_prob" not in figures["truth"]


def test_a_method_that_answers_the_truth_gets_all_figures():
    triples = asked(6)
    answers = [Answer(torch.tensor([one.target.position])) for one in triples]
    scores = MethodScores([answer_scores(triples, answers, 0)] * 2, has_map=False, has_density=False)
    figures = figures_of(scores, [one.group for one in triples], seed=0)
    assert figures["iou50_at_5"]["value"] == 1
    assert figures["mean_iou_at_5"]["value"] == pytest.approx(1, abs=1e-4)
    assert figures["iou50_at_5"]["by_seed"] == [1, 1]
    assert "cell_nats" not in figures


def test_ours_is_compared_with_the_best_box_peer():
    hits = {
        "density": [1.0, 1.0, 0.0, 1.0],
        "heatmap": [1.0, 0.0, 0.0, 1.0],
        "regression": [0.0, 0.0, 0.0, 0.0],
        "placenet": [0.0, 1.0, 0.0, 0.0],
    }
    found = differences(hits, list("abcd"), seed=0)
    assert found["best_box_peer"] == "placenet"
    assert found["ratio"]["value"] == pytest.approx(3)
    assert found["minus"]["heatmap"]["value"] == pytest.approx(0.25)


def test_testing_on_what_trains_is_refused(tmp_path):
    folder = write_synthetic_set(tmp_path / "set", 4)
    with pytest.raises(InputError, match="are in --data too"):
        check_apart([folder], [folder])


@pytest.mark.slow
def test_the_comparison_runs_from_data_sets_to_tables(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr("peers.compare.describe_machine", lambda: "machine: not measured")
    monkeypatch.setattr("peers.compare.check_apart", lambda data, test: None)
    folder = write_synthetic_set(tmp_path / "set", 24)
    main(tmp_path, data=[folder], test=[folder], seeds="0,1", trials=1, steps=1, limit=2)
    result = json.loads((tmp_path / "peers.json").read_text())
    assert list(result["trials"]) == list(METHODS)
    assert {len(one["trials"]) for one in result["trials"].values()} == {1}
    methods = result["parts"][str(folder)]["methods"]
    assert methods["truth"]["iou50_at_5"]["value"] == 1
    assert len(result["scores"]["density"]) == 2
    assert np.shape(result["scores"]["density"][0]["iou_at_5"]) == (2,)
    assert "| density |" in (tmp_path / "peers.md").read_text()
    assert "Tuning, the same for all" in capsys.readouterr().out
