"""Everything that changes while training."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from accelerate import Accelerator
from diffusers.training_utils import EMAModel

from situate.errors import ModelFileError
from situate.nn.joint import JointModel, ModelConfig
from situate.nn.light import light_readers
from situate.nn.pretrained import pretrained_parameters
from situate.pipeline.load import load_pipeline
from situate.training.converge import Convergence
from situate.training.losses import JointLoss
from situate.training.module import JointTraining
from situate.training.optim import OptimConfig


@dataclass
class TrainState:
    """Model, averages and optimiser at one step; what a step changes.

    Attributes:
        step: Optimiser steps done.
        num_steps: Step budget, which the learning rate follows.
        seed: Of the run; every draw is indexed by (seed, step) and its number in the step.
        model: Networks and loss as trained; may be wrapped for several processes.
        ema: Averaged weights, what is evaluated and published.
        optimizer: Of matrices and of vectors.
        optim: Its configuration.
        accelerator: Device, precision and processes.
        convergence: The stopping rule's memory.
        stop_reason: Why the run ended; empty while it goes on.
        seconds: How long the run has taken so far, over all its calls; only the main process counts.
    """

    step: int
    num_steps: int
    seed: int
    model: torch.nn.Module
    ema: EMAModel
    optimizer: torch.optim.Optimizer
    optim: OptimConfig
    accelerator: Accelerator
    convergence: Convergence
    stop_reason: str = ""
    seconds: float = 0.0

    @property
    def bare_model(self) -> JointModel:
        """The networks without loss and without the wrapper for several processes."""
        return self.accelerator.unwrap_model(self.model).networks

    @property
    def loss(self) -> JointLoss:
        """The joint loss."""
        return self.accelerator.unwrap_model(self.model).loss


def begin_with(state: TrainState, folder: Path) -> None:
    """Set model and averages to the weights of a model folder.

    Raises:
        ModelFileError: If the folder is no model, or its networks are built differently; says in what.
    """
    pipeline = load_pipeline(folder)
    model = state.bare_model
    differences = [
        *_differences("placement", pipeline.placement.config, model.placement.config),
        *_differences("synthesis", pipeline.synthesis.config, model.synthesis.config),
    ]
    if differences:
        raise ModelFileError(
            f"{folder} has other networks than this recipe: {'; '.join(differences)}; "
            "train the recipe that the model is of, or leave --init out"
        )
    model.placement.load_state_dict(pipeline.placement.state_dict(), strict=True)
    model.synthesis.load_state_dict(pipeline.synthesis.state_dict(), strict=True)
    for shadow, parameter in zip(state.ema.shadow_params, model.parameters(), strict=True):
        shadow.data.copy_(parameter.data)


def _differences(network: str, found: Mapping[str, Any], wanted: Mapping[str, Any]) -> list[str]:
    """What a network is built from that is not what is wanted; lists and tuples are the same."""
    return [
        f"{network}.{name} is {found[name]}, the recipe has {wanted[name]}"
        for name in wanted
        if not name.startswith("_") and _plain(found[name]) != _plain(wanted[name])
    ]


def _plain(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value


def fresh_state(
    model: ModelConfig,
    loss: JointLoss,
    optim: OptimConfig,
    convergence: Convergence,
    *,
    num_steps: int,
    seed: int,
    accelerator: Accelerator,
) -> TrainState:
    """Build a model from `seed` and everything round it; global random state is left as it was."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        joint = model.build().to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    wrapped = accelerator.prepare_model(JointTraining(joint, loss))
    optimizer = optim.build(joint.parameters(), pretrained_parameters(joint), light_readers(joint))
    ema = EMAModel(joint.parameters(), decay=optim.ema_decay, use_ema_warmup=True, inv_gamma=1.0, power=0.75)
    return TrainState(
        step=0,
        num_steps=num_steps,
        seed=seed,
        model=wrapped,
        ema=ema,
        optimizer=optimizer,
        optim=optim,
        accelerator=accelerator,
        convergence=convergence,
    )
