"""Single steps: they learn, they repeat, and they refuse what is not finite."""

from dataclasses import replace
from types import SimpleNamespace

import pytest
import torch
from tests.synthetic import synthetic_triple
from tests.training.states import CONFIG, debug_batch, debug_state, parameters_of

from situate.data.sample import training_sample
from situate.errors import NonFiniteLossError
from situate.records.batch import collate
from situate.training.converge import ConvergeConfig, Convergence
from situate.training.hooks import TimeBudgetHook
from situate.training.optim import OptimConfig
from situate.training.step import StepReport, averaged_weights, evaluate, joint_terms, train_step


def test_the_debug_recipe_overfits_one_batch():
    optim = CONFIG.optim.model_copy(update={"learning_rate": 1e-2})
    state, batch = debug_state(CONFIG.model_copy(update={"optim": optim}), num_steps=75), debug_batch(1)
    many_noises = collate([batch] * 8)

    def terms() -> dict[str, float]:
        with torch.no_grad():
            return joint_terms(state, many_noises, torch.Generator().manual_seed(0)).as_floats()

    before = terms()
    for _ in range(75):
        train_step(state, batch)
    after = terms()
    assert before["cell"] > 3
    assert after["cell"] < 0.6
    assert after["synthesis"] < 0.3 * before["synthesis"]


def test_two_states_of_one_seed_stay_the_same():
    states = [debug_state(), debug_state()]
    for state in states:
        for _ in range(2):
            train_step(state, debug_batch())
    first, second = map(parameters_of, states)
    assert all(torch.equal(value, second[name]) for name, value in first.items())


def test_building_a_state_leaves_global_randomness_alone():
    torch.manual_seed(5)
    wanted = torch.rand(3)
    torch.manual_seed(5)
    debug_state()
    assert torch.equal(torch.rand(3), wanted)


def test_a_loss_that_is_not_finite_names_step_and_seed_and_adjusts_nothing():
    state, batch = debug_state(), debug_batch()
    train_step(state, batch)
    before = parameters_of(state)
    broken = replace(batch, image=torch.full_like(batch.image, torch.nan))
    with pytest.raises(NonFiniteLossError, match=r"step 1 \(run seed 0\).*colour nan"):
        train_step(state, broken)
    assert state.step == 1
    assert all(torch.equal(value, before[name]) for name, value in parameters_of(state).items())


def test_a_gradient_that_is_not_finite_adjusts_nothing():
    state, batch = debug_state(), debug_batch()
    before = parameters_of(state)
    state.bare_model.synthesis.exit.bias.register_hook(lambda gradient: gradient * torch.inf)
    with pytest.raises(NonFiniteLossError, match=r"gradient is not finite at step 0 \(run seed 0\)"):
        train_step(state, batch)
    assert state.step == 0
    assert not state.optimizer.state_dict()["state"]
    assert all(parameter.grad is None for parameter in state.bare_model.parameters())
    assert all(torch.equal(value, before[name]) for name, value in parameters_of(state).items())


def test_gradients_are_clipped():
    state = debug_state()
    limit = state.optim.max_gradient_norm
    seen = []
    step = state.optimizer.step

    def spying_step():
        gradients = [value.grad for value in state.bare_model.parameters() if value.grad is not None]
        seen.append(torch.linalg.vector_norm(torch.stack([torch.linalg.vector_norm(part) for part in gradients])))
        step()

    state.optimizer.step = spying_step
    report = train_step(state, debug_batch())
    assert report.gradient_norm > limit
    assert seen[0].item() == pytest.approx(limit, rel=1e-3)


def test_evaluation_is_the_same_every_time_and_changes_nothing():
    state = debug_state()
    train_step(state, debug_batch())
    before = parameters_of(state)
    batches = [debug_batch(3), debug_batch(2)]
    assert evaluate(state, batches) == evaluate(state, batches)
    assert all(torch.equal(value, before[name]) for name, value in parameters_of(state).items())


def test_evaluation_is_the_mean_over_the_samples_that_count_however_they_are_spread():
    state = debug_state()
    train_step(state, debug_batch())
    samples = [
        replace(
            training_sample(synthetic_triple(number), number, CONFIG.sample),
            has_composite=torch.tensor([float(number == 0)]),
            light_weight=torch.tensor([float(number == 2)]),
        )
        for number in range(4)
    ]
    batch, parts = collate(samples), [samples[0], collate(samples[1:])]
    whole, spread = evaluate(state, [batch]), evaluate(state, parts)
    assert whole["light"] == pytest.approx(spread["light"], rel=1e-4)
    assert whole["cell"] == pytest.approx(spread["cell"], rel=1e-4)
    alone = evaluate(state, parts[:1])
    assert whole["colour"] == pytest.approx(alone["colour"], rel=0.2)  # of the same sample with another noise
    assert alone["colour"] > 0


def test_evaluation_looks_at_averaged_weights():
    state = debug_state()
    for _ in range(3):
        train_step(state, debug_batch())
    trained = parameters_of(state)
    with averaged_weights(state):
        averaged = parameters_of(state)
    assert any(not torch.equal(value, averaged[name]) for name, value in trained.items())
    assert all(torch.equal(value, trained[name]) for name, value in parameters_of(state).items())


def test_the_convergence_rule_fires_on_a_plateau():
    rule = Convergence(ConvergeConfig(min_improvement=0.01, patience=3))
    losses = [5.0, 4.0, 3.0, 2.999, 3.001, 2.99, 1.0]
    fired = []
    for loss in losses:
        rule = rule.seen(loss)
        fired.append(rule.has_converged)
    assert fired == [False, False, False, False, False, True, False]


def test_the_convergence_rule_does_not_fire_on_a_slow_fall():
    """Each evaluation alone improves too little, but over the patience the fall counts."""
    rule = Convergence(ConvergeConfig(min_improvement=0.01, patience=3))
    loss = 2.0
    for _ in range(60):
        rule = rule.seen(loss)
        assert not rule.has_converged
        loss *= 0.995


def test_losses_that_are_not_finite_never_converge():
    rule = Convergence(ConvergeConfig(patience=1))
    for loss in (float("nan"), float("nan"), 2.0, float("nan"), float("inf")):
        rule = rule.seen(loss)
        assert not rule.has_converged
    assert rule.best == 2.0


def test_the_convergence_rule_works_on_negative_losses():
    rule = Convergence(ConvergeConfig(min_improvement=0.01, patience=2))
    for loss in (-1.0, -1.02, -1.04, -1.041, -1.042):
        rule = rule.seen(loss)
    assert rule.has_converged
    assert rule.best == -1.04


def test_the_convergence_rule_says_what_it_saw():
    rule = Convergence(ConvergeConfig(patience=1))
    assert rule.reason == "no evaluation yet"
    assert "best validation loss 2.0000, evaluations since: 0; the rule waits for 1 " in rule.seen(2.0).reason
    assert "did not improve" in rule.seen(2.0).seen(2.0).reason


def test_the_learning_rate_rises_then_falls_to_its_last_share():
    optim = OptimConfig(learning_rate=2.0, warmup_steps=10, final_factor=0.1)
    rates = [optim.learning_rate_at(step, 110) for step in range(111)]
    assert rates[0] == pytest.approx(0.2)
    assert rates[9] == pytest.approx(2.0)
    assert max(rates) == 2.0
    assert rates[60] == pytest.approx(1.1)
    assert rates[110] == pytest.approx(0.2)
    assert rates[:10] == sorted(rates[:10])
    assert rates[10:] == sorted(rates[10:], reverse=True)


def test_vectors_are_not_decayed():
    groups = debug_state().optimizer.param_groups
    decayed = {parameter.ndim > 1 for group in groups if group["weight_decay"] for parameter in group["params"]}
    spared = {parameter.ndim > 1 for group in groups if not group["weight_decay"] for parameter in group["params"]}
    assert (decayed, spared) == ({True}, {False})


def the_time_is(monkeypatch, monotonic):
    """Replace the clock for the hooks only: event loops of other tests' services need the true one."""
    monkeypatch.setattr("situate.training.hooks.time", SimpleNamespace(monotonic=monotonic))


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [
        (20.0, 40),  # half a second a step
        (9e9, 1000),  # the step budget still holds
    ],
)
def test_the_step_budget_is_fitted_to_the_time_budget(monkeypatch, seconds, expected):
    clock = iter(100 + 0.5 * step for step in range(100))
    the_time_is(monkeypatch, lambda: next(clock))
    state, hook = debug_state(num_steps=1000), TimeBudgetHook(seconds, _start_s=100.0)
    for step in range(1, 12):
        assert not hook(state, StepReport(step, {}, 0.0, 0.0))
    assert state.num_steps == pytest.approx(expected, abs=1)


def test_the_step_budget_follows_a_machine_that_slows_down(monkeypatch):
    clock = iter([100 + 0.5 * step if step < 9 else 104 + 2.0 * (step - 8) for step in range(100)])
    the_time_is(monkeypatch, lambda: next(clock))
    state, hook = debug_state(num_steps=1000), TimeBudgetHook(60.0, _start_s=100.0)
    for step in range(1, 17):
        hook(state, StepReport(step, {}, 0.0, 0.0))
    assert state.num_steps < 16 + 60 / 2


def test_a_resumed_run_is_fitted_to_its_time_budget_too(monkeypatch):
    clock = iter(100 + 0.5 * step for step in range(100))
    the_time_is(monkeypatch, lambda: next(clock))
    state, hook = debug_state(num_steps=1000), TimeBudgetHook(20.0, _start_s=100.0)
    for step in range(301, 312):
        assert not hook(state, StepReport(step, {}, 0.0, 0.0))
    assert state.num_steps == pytest.approx(340, abs=1)


def test_a_run_ends_when_its_time_is_up(monkeypatch):
    the_time_is(monkeypatch, lambda: 200.0)
    state, hook = debug_state(num_steps=1000), TimeBudgetHook(60.0, _start_s=100.0)
    assert hook(state, StepReport(5, {}, 0.0, 0.0))
    assert "time budget of 1.0 minutes" in state.stop_reason
