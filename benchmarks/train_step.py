"""How fast a recipe trains: samples and arithmetic a second, and the share of what the machine could do."""

import time

import numpy as np
import torch
from accelerate import Accelerator
from cyclopts import run
from rate import describe_machine, measured_rate
from torch.utils.flop_counter import FlopCounterMode

from situate.data.sample import training_sample
from situate.pipeline.device import has_fast_bf16
from situate.recipes import recipe_named
from situate.records.batch import Batch, collate
from situate.records.triple import Triple
from situate.seeds import seed_for
from situate.training.config import RunConfig
from situate.training.converge import Convergence
from situate.training.state import TrainState, fresh_state
from situate.training.step import train_step

SIDE_PX = 128
OBJECT_PX = 24


def main(recipe: str = "tiny", *, batch_size: int | None = None, num_steps: int = 10, seed: int = 0) -> None:
    """Time training steps on made-up triples.

    Args:
        recipe: tiny, small, literal or debug.
        batch_size: Samples a step; the recipe's own by default.
        num_steps: Steps that are timed, after two that are not.
        seed: Of the triples.
    """
    config = recipe_named(recipe)
    if batch_size is not None:
        config = config.model_copy(update={"batch_size": batch_size})
    triples = [noise_triple(number, seed) for number in range(config.batch_size)]
    start_s = time.perf_counter()
    samples = [training_sample(triple, number, config.sample) for number, triple in enumerate(triples)]
    preparing_s = (time.perf_counter() - start_s) / len(samples)
    state, batch = state_of(config), collate(samples)
    flop = flop_of_step(state, batch)
    train_step(state, batch)
    start_s = time.perf_counter()
    for _ in range(num_steps):
        train_step(state, batch)
    step_s = (time.perf_counter() - start_s) / num_steps
    rate, reachable = flop / step_s / 1e9, measured_rate().network_gflops
    print(describe_machine())
    print(f"recipe {recipe}, batch {len(batch)}, {sum(p.numel() for p in state.bare_model.parameters()):,} parameters")
    print(f"  step               {1000 * step_s:8.0f} ms, {len(batch) / step_s:.1f} samples/s")
    print(f"  arithmetic         {rate:8.0f} GFLOP/s, {flop / 1e9:.1f} GFLOP a step, forward and backward")
    print(f"  share of the mean of the machine's two rates {rate / reachable:.0%}")
    print(f"  preparing a sample {1000 * preparing_s:8.1f} ms in one process")


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


def flop_of_step(state: TrainState, batch: Batch) -> int:
    """Floating-point operations of one step, counted on the step itself."""
    with FlopCounterMode(display=False) as counter:
        train_step(state, batch)
    return counter.get_total_flops()


def noise_triple(number: int, seed: int) -> Triple:
    """A triple with the shapes of a rendered one; what it shows does not matter for the time."""
    generator = np.random.default_rng(seed_for(seed, "benchmark", number))
    background = generator.integers(0, 256, (SIDE_PX, SIDE_PX, 3)).astype(np.uint8)
    alpha = np.zeros((SIDE_PX, SIDE_PX), np.uint8)
    alpha[60 : 60 + OBJECT_PX, 50 : 50 + OBJECT_PX] = 255
    centre_x, centre_y, size = (50 + OBJECT_PX / 2) / SIDE_PX, (60 + OBJECT_PX / 2) / SIDE_PX, OBJECT_PX / SIDE_PX
    return Triple(
        key=f"noise{number}",
        group=f"noise{number}",
        source="scenes",
        kind="noise",
        background=background,
        composite=np.where(alpha[..., None] > 0, 255 - background, background),
        foreground=np.full((OBJECT_PX, OBJECT_PX, 4), 255, np.uint8),
        visible_alpha=alpha,
        effect=alpha,
        hole=np.zeros_like(alpha),
        box_cxcywh=(centre_x, centre_y, size, size),
    )


if __name__ == "__main__":
    run(main)
