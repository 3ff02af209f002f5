"""One optimiser step (method steps T2 to T4) and one evaluation, on the same forward pass."""

import math
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, fields

import torch
from accelerate import Accelerator
from torch.nn.attention import SDPBackend, sdpa_kernel

from situate.errors import NonFiniteLossError
from situate.flow.path import draw_sigma, sample_path
from situate.records.batch import Batch
from situate.seeds import seed_for
from situate.training.counts import SampleCounts, counts_of, mean_counts
from situate.training.losses import LossTerms
from situate.training.optim import RATE_FACTOR
from situate.training.state import TrainState

VALIDATION_SEED = 0


@dataclass(frozen=True)
class StepReport:
    """What a step did; `terms` hold Python floats by name."""

    step: int
    terms: dict[str, float]
    gradient_norm: float
    learning_rate: float


def train_step(state: TrainState, batch: Batch) -> StepReport:
    """Draw noise for (seed, step), predict, compare, adjust (method step T4).

    With several processes `batch` is this one's part of the step; noise, losses and gradient are those of the whole.

    Raises:
        NonFiniteLossError: If the loss or its gradient is NaN or infinite; nothing has been adjusted then.
    """
    accelerator = state.accelerator
    # 0 is the process that would draw it all if it were alone.
    generator = torch.Generator(accelerator.device).manual_seed(seed_for(state.seed, "noise", state.step, 0))
    learning_rate = state.optim.learning_rate_at(state.step, state.num_steps)
    for group in state.optimizer.param_groups:
        group["lr"] = learning_rate * group[RATE_FACTOR]
    state.model.train()
    own_terms = joint_terms(state, _on_device(batch, accelerator.device), generator, is_part=True)
    terms = _averaged(own_terms, accelerator)
    _check_finite(terms, state)
    accelerator.backward(own_terms.total)
    gradient_norm = float(accelerator.clip_grad_norm_(state.model.parameters(), state.optim.max_gradient_norm) or 0)
    _check_gradient(gradient_norm, terms, state)
    state.optimizer.step()
    state.optimizer.zero_grad(set_to_none=True)
    state.ema.step(state.bare_model.parameters())
    state.step += 1
    return StepReport(state.step, terms.as_floats(), gradient_norm, learning_rate)


@torch.inference_mode()
def evaluate(state: TrainState, batches: Sequence[Batch]) -> dict[str, float]:
    """Mean loss terms of the averaged weights with the same noise and sigma every time."""
    generator = torch.Generator(state.accelerator.device).manual_seed(VALIDATION_SEED)
    counts = mean_counts(batches)
    sums: dict[str, float] = {}
    with averaged_weights(state):
        state.bare_model.eval()
        for batch in batches:
            of_batch = counts.times(len(batch))
            terms = joint_terms(state, _on_device(batch, state.accelerator.device), generator, counts=of_batch)
            for name, value in terms.as_floats().items():
                sums[name] = sums.get(name, 0.0) + value * len(batch)
    count = sum(len(batch) for batch in batches)
    return {name: value / count for name, value in sums.items()}


def joint_terms(
    state: TrainState,
    batch: Batch,
    generator: torch.Generator,
    *,
    is_part: bool = False,
    counts: SampleCounts | None = None,
) -> LossTerms:
    """Noise the truth, predict, compare.

    Args:
        state: With the model.
        batch: Samples on its device.
        generator: Of noise and sigma.
        is_part: Whether `batch` is what this process has of a step of all processes. Then noise is drawn for the whole
            step, and the mean of what the processes get is what one process with all samples would get.
        counts: What sums over samples are divided by, if not by what the batch or the step holds.
    """
    accelerator = state.accelerator
    place, num_places = (accelerator.process_index, accelerator.num_processes) if is_part else (0, 1)
    part = slice(place * len(batch), (place + 1) * len(batch))
    sigma = draw_sigma(num_places * len(batch), generator)[part]
    shape = (num_places * len(batch), *batch.image.shape[1:])
    noise = torch.randn(shape, generator=generator, device=generator.device)[part]
    x_sigma = sample_path(noise, batch.image, sigma).x_sigma
    is_rolled = None
    if share := state.loss.config.rolled_share:
        chance = torch.rand(num_places * len(batch), generator=generator, device=generator.device)[part]
        is_rolled = ((sigma < 1) & (chance < share)).float()
        x_sigma = torch.where(is_rolled[:, None, None, None] > 0, noise, x_sigma)
    # The wrapper for several processes would wait for the others.
    model = state.model if is_part else accelerator.unwrap_model(state.model)
    with accelerator.autocast(), fast_attention(batch.positions.device):
        return model(batch, x_sigma, sigma, counts or counts_of(batch, accelerator if is_part else None), is_rolled)


def _averaged(terms: LossTerms, accelerator: Accelerator) -> LossTerms:
    """The mean over the processes; not finite in any of them unless it is in all."""
    values = torch.stack([getattr(terms, field.name).detach() for field in fields(terms)])
    mean: torch.Tensor = accelerator.reduce(values, "mean")  # type: ignore[assignment]
    return LossTerms(*mean)


@contextmanager
def averaged_weights(state: TrainState) -> Iterator[None]:
    """Put the averaged weights into the model for a while."""
    parameters = list(state.bare_model.parameters())
    state.ema.store(parameters)
    state.ema.copy_to(parameters)
    try:
        yield
    finally:
        state.ema.restore(parameters)


def fast_attention(device: torch.device) -> AbstractContextManager:
    """On a CPU the plain formula is three times as fast as the fused kernel, forward and backward together."""
    backends = [SDPBackend.MATH] if device.type == "cpu" else [SDPBackend.EFFICIENT_ATTENTION, SDPBackend.MATH]
    return sdpa_kernel(backends)


def _on_device(batch: Batch, device: torch.device) -> Batch:
    return batch.to(device)  # type: ignore[return-value]


def _check_finite(terms: LossTerms, state: TrainState) -> None:
    if torch.isfinite(terms.total):
        return
    raise _error("loss", terms, state)


def _check_gradient(gradient_norm: float, terms: LossTerms, state: TrainState) -> None:
    if math.isfinite(gradient_norm):
        return
    state.optimizer.zero_grad(set_to_none=True)
    raise _error("gradient", terms, state)


def _error(subject: str, terms: LossTerms, state: TrainState) -> NonFiniteLossError:
    values = ", ".join(f"{field.name} {getattr(terms, field.name).item():.4g}" for field in fields(terms))
    return NonFiniteLossError(
        f"the {subject} is not finite at step {state.step} (run seed {state.seed}): {values}; "
        "start again with a smaller --set optim.learning_rate, or look at the data"
    )
