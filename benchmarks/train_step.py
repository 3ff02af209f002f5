"""How fast recipes train: samples and arithmetic a second, its share of the machine's rate, and the wait for data."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import torch
from accelerate import Accelerator
from cyclopts import run
from flop import flop_counter
from rate import measured_rate
from tables import Table, publish
from torch.utils.flop_counter import FlopCounterMode

from situate.data.loader import StepSampler, TrainingSet, TripleUnion, training_batches
from situate.data.starter import starter_set
from situate.pipeline.device import has_fast_bf16
from situate.recipes import recipe_named
from situate.records.batch import Batch
from situate.training.config import RunConfig
from situate.training.converge import Convergence
from situate.training.state import TrainState, fresh_state
from situate.training.step import joint_terms, train_step

WARM_UP_STEPS = 2


def main(
    recipe: list[str] | None = None,
    *,
    batch_size: int | None = None,
    num_steps: int = 10,
    num_workers: list[int] | None = None,
    json: Path | None = None,
) -> None:
    """Time training steps on the starter set, with the loader that training uses.

    Args:
        recipe: tiny, small, literal or debug; by default tiny and small.
        batch_size: Samples a step; the recipe's own by default.
        num_steps: Steps that are timed, after two that are not.
        num_workers: Processes that prepare samples; by default 0 and 1.
        json: Keep the figures here.
    """
    steps, parts = [], []
    for name in recipe or ["tiny", "small"]:
        config = recipe_named(name)
        if batch_size is not None:
            config = config.model_copy(update={"batch_size": batch_size})
        state = state_of(config)
        flop = flop_by_part(state, next(batches_of(config, 0)))
        parts += [[f"{name}, {part}", gflop, 100 * gflop / flop["all"]] for part, gflop in flop.items()]
        for count in num_workers or [0, 1]:
            step_s, wait_s = seconds_of(state, batches_of(config, count), num_steps)
            rate = flop["all"] / step_s
            share = 100 * rate / measured_rate().network_gflops
            whole_s = step_s + wait_s
            figures = (config.batch_size / whole_s, 1000 * step_s, rate, share, 100 * wait_s / whole_s)
            steps.append([f"{name}, batches of {config.batch_size}, {count} loaders", *figures])
    publish([step_table(steps), part_table(parts)], json)


def step_table(rows: list[list[str | float]]) -> Table:
    """Speed of whole steps."""
    columns = ("recipe", "samples a second", "ms a step", "GFLOP/s", "share of the rate, %", "wait for data, %")
    notes = (
        "Arithmetic is counted on the step itself: forward, backward and optimiser (Muon multiplies matrices, too).",
        "The share is of the mean of matrix products and convolutions, in the precision that training uses here; with "
        "0 loaders the training process prepares its samples itself, between steps.",
    )
    return Table("Training steps", columns, rows, notes)


def part_table(rows: list[list[str | float]]) -> Table:
    """Where the arithmetic goes."""
    columns = ("part", "GFLOP a step", "of the step, %")
    return Table("Arithmetic of a training step", columns, rows)


def seconds_of(state: TrainState, batches: Iterator[Batch], num_steps: int) -> tuple[float, float]:
    """Mean seconds of a step, and of the wait for its batch."""
    step_s = wait_s = 0.0
    for number in range(-WARM_UP_STEPS, num_steps):
        start_s = time.perf_counter()
        batch = next(batches)
        got_s = time.perf_counter()
        train_step(state, batch)
        if number >= 0:
            wait_s += got_s - start_s
            step_s += time.perf_counter() - got_s
    return step_s / num_steps, wait_s / num_steps


def batches_of(config: RunConfig, num_workers: int) -> Iterator[Batch]:
    """Batches of the starter set as training draws them."""
    triples = TripleUnion([starter_set("train")])
    plan = {"batch_size": config.batch_size, "seed": config.seed, "start_step": 0, "rank": 0, "world_size": 1}
    sampler = StepSampler(range(len(triples)), **plan)
    return training_batches(TrainingSet(triples, config.sample), sampler, num_workers)


def state_of(config: RunConfig) -> TrainState:
    """A fresh state, in the precision that training uses here."""
    precision = "bf16" if has_fast_bf16(torch.device("cpu")) else "no"
    return fresh_state(
        config.model,
        config.loss.build(),
        config.optim,
        Convergence(config.converge),
        num_steps=config.num_steps,
        seed=config.seed,
        accelerator=Accelerator(cpu=True, mixed_precision=precision),
    )


def flop_by_part(state: TrainState, batch: Batch) -> dict[str, float]:
    """Floating-point operations of one step, 10^9, counted on the step itself."""
    generator = torch.Generator().manual_seed(0)
    with flop_counter() as forward, torch.no_grad():
        joint_terms(state, batch, generator)
    by_module = {name: sum(operations.values()) for name, operations in forward.get_flop_counts().items()}
    optimiser = flop_counter()
    step, state.optimizer.step = state.optimizer.step, lambda: counted(optimiser, step)
    train_step(state, batch)
    state.optimizer.step = step
    with flop_counter() as whole:
        train_step(state, batch)
    parts = {
        "placement, forward": by_module["JointTraining.networks.placement"],
        "synthesis, forward": by_module["JointTraining.networks.synthesis"],
        "optimiser": optimiser.get_total_flops(),
        "all": whole.get_total_flops(),
    }
    backward = parts["all"] - sum(flop for part, flop in parts.items() if part != "all")
    return {part: flop / 1e9 for part, flop in ({"backward": backward} | parts).items()}


def counted(counter: FlopCounterMode, work: Callable[[], object]) -> None:
    """Call under a counter."""
    with counter:
        work()


if __name__ == "__main__":
    run(main)
