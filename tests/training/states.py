"""Small training states and batches."""

import torch
from tests.synthetic import synthetic_triple

from situate.data.sample import training_sample
from situate.recipes import debug
from situate.records.batch import Batch, collate
from situate.training.config import RunConfig
from situate.training.converge import Convergence
from situate.training.processes import accelerator_on
from situate.training.state import TrainState, fresh_state

CONFIG = debug()


def debug_state(config: RunConfig = CONFIG, *, num_steps: int = 100) -> TrainState:
    return fresh_state(
        config.model,
        config.loss.build(),
        config.optim,
        Convergence(config.converge),
        num_steps=num_steps,
        seed=config.seed,
        accelerator=accelerator_on("cpu"),
    )


def debug_batch(count: int = 4, *, config: RunConfig = CONFIG) -> Batch:
    return collate([training_sample(synthetic_triple(number), number, config.sample) for number in range(count)])


def with_loss(**weights: float) -> RunConfig:
    """The debug recipe with other loss weights and no decay, which would change parameters without a gradient."""
    loss = CONFIG.loss.model_copy(update=weights)
    optim = CONFIG.optim.model_copy(update={"weight_decay": 0.0})
    return CONFIG.model_copy(update={"loss": loss, "optim": optim})


def parameters_of(state: TrainState) -> dict[str, torch.Tensor]:
    return {name: value.detach().clone() for name, value in state.bare_model.named_parameters()}
