"""What a run publishes: the averaged weights of the evaluation that was best."""

import pytest
import torch
from tests.training.states import debug_batch, debug_state, parameters_of

from situate.errors import ModelFileError
from situate.training.best import BEST_FILE, BestHook, best_weights
from situate.training.hooks import EvaluateHook
from situate.training.metrics import MetricsLog
from situate.training.step import train_step


@pytest.fixture
def kept(tmp_path):
    """A run of two steps whose first was evaluated at 1.0 and kept, the second at 2.0 and not."""
    state = debug_state()
    evaluation = EvaluateHook([], MetricsLog(tmp_path, first_step=0))
    hook = BestHook(evaluation, tmp_path)
    for step, loss in ((1, 1.0), (2, 2.0)):
        report = train_step(state, debug_batch(step))
        evaluation.last, evaluation.last_step = {"total": loss}, step
        state.convergence = state.convergence.seen(loss)
        assert hook(state, report) is False
        if step == 1:
            wanted = [shadow.clone() for shadow in state.ema.shadow_params]
    return state, wanted


def test_weights_that_validated_better_than_the_last_are_published(kept, tmp_path):
    state, wanted = kept
    before = parameters_of(state)
    with best_weights(state, tmp_path, {"total": 2.0}) as (step, validation):
        assert (step, validation) == (1, {"total": 1.0})
        assert all(torch.equal(a, b) for a, b in zip(state.bare_model.parameters(), wanted, strict=True))
    assert all(torch.equal(value, before[name]) for name, value in parameters_of(state).items())


def test_the_last_weights_are_published_where_nothing_was_better(kept, tmp_path):
    state, _ = kept
    with best_weights(state, tmp_path, {"total": 0.5}) as (step, validation):
        assert (step, validation) == (2, {"total": 0.5})
        shadows = state.ema.shadow_params
        assert all(torch.equal(a, b) for a, b in zip(state.bare_model.parameters(), shadows, strict=True))
    with best_weights(state, tmp_path / "nothing-kept", {"total": 2.0}) as (step, _):
        assert step == 2


def test_damaged_weights_are_named(kept, tmp_path):
    (tmp_path / BEST_FILE).write_bytes(b"no weights")
    with (
        pytest.raises(ModelFileError, match=r"best.safetensors is damaged"),
        best_weights(kept[0], tmp_path, {"total": 2.0}),
    ):
        pass
