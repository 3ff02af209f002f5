"""One training for all variants, by the package's own steps; what was trained once is not trained again."""

import time
from dataclasses import replace
from itertools import islice
from pathlib import Path

import torch
from accelerate import Accelerator
from safetensors.torch import load_file, save_file

from situate.data.loader import StepSampler, TrainingSet, TripleUnion, training_batches
from situate.nn.joint import JointModel
from situate.nn.placement import PlacementNetwork
from situate.pipeline.device import has_fast_bf16
from situate.records.batch import Batch
from situate.seeds import seed_for
from situate.training.config import RunConfig
from situate.training.converge import Convergence
from situate.training.state import TrainState, fresh_state
from situate.training.step import train_step
from synthesis.networks import VariantModel
from synthesis.variants import VARIANTS, Stage, Variant

FEW_STEPS, SOME_STEPS = 2, 10
"""Two trainings whose difference in time is that of the steps alone."""


def trained(variant: Variant, recipe: RunConfig, triples: TripleUnion, seed: int) -> JointModel:
    """Train all stages of a variant; return the averaged weights.

    Sample and augmentation of a step depend on seed and step alone, and so do the parameters that every variant begins
    with: variants of one seed differ in what the variant says and in nothing else.

    Raises:
        NonFiniteLossError: If a loss is NaN or infinite.
    """
    placement, model = None, None
    for stage in variant.stages:
        model = _after_stage(stage, variant, recipe, triples, seed, placement)
        placement = model.placement
    assert model is not None
    return model.eval()


def trained_or_read(
    variant: Variant, recipe: RunConfig, triples: TripleUnion, seed: int, path: Path
) -> tuple[JointModel, float]:
    """Train and write the weights, or read them; return the model and the seconds of training, 0 if it was read."""
    train_s = 0.0
    if not path.is_file():
        start_s = time.perf_counter()
        weights = trained(variant, recipe, triples, seed).state_dict()
        train_s = time.perf_counter() - start_s
        path.parent.mkdir(parents=True, exist_ok=True)
        partial = path.with_suffix(".partial")
        save_file({name: value.contiguous() for name, value in weights.items()}, partial)
        partial.replace(path)
    # Read even what was just written: the memory's layout shows in the last digits.
    model = variant_model(variant, recipe).build()
    model.load_state_dict(load_file(path))
    return model.eval(), train_s


def seconds_a_step(recipe: RunConfig, triples: TripleUnion) -> float:
    """Measure how long a joint step takes here, its samples' preparation included."""
    seconds = []
    for num_steps in (FEW_STEPS, FEW_STEPS, SOME_STEPS):  # the first pays for what is loaded once
        start_s = time.perf_counter()
        trained(next(iter(VARIANTS.values())), recipe.model_copy(update={"num_steps": num_steps}), triples, seed=0)
        seconds.append(time.perf_counter() - start_s)
    return (seconds[2] - seconds[1]) / (SOME_STEPS - FEW_STEPS)


def variant_model(variant: Variant, recipe: RunConfig) -> VariantModel:
    """Sizes and synthesis network of a variant."""
    return VariantModel(**variant.config(recipe).model.model_dump(), synthesis_class=variant.synthesis)


def _after_stage(
    stage: Stage,
    variant: Variant,
    recipe: RunConfig,
    triples: TripleUnion,
    seed: int,
    placement: PlacementNetwork | None,
) -> JointModel:
    config, steps = variant.config(recipe), stage.steps(recipe.num_steps)
    state = _state(variant, recipe, len(steps), seed)
    if stage.part == "synthesis" and placement is not None:
        # Without gradients optimiser and averaging leave it alone.
        state.bare_model.placement.load_state_dict(placement.state_dict())
        state.bare_model.placement.requires_grad_(False)
    sampler = StepSampler(
        range(len(triples)),
        batch_size=config.batch_size,
        seed=seed_for(seed, "synthesis ablations"),
        start_step=steps.start,
        rank=0,
        world_size=1,
    )
    batches = training_batches(TrainingSet(triples, config.sample), sampler, num_workers=0)
    for batch in islice(batches, len(steps)):
        train_step(state, _without_composites(batch) if stage.part == "placement" else batch)
    state.ema.copy_to(state.bare_model.parameters())
    return state.bare_model


def _state(variant: Variant, recipe: RunConfig, num_steps: int, seed: int) -> TrainState:
    config = variant.config(recipe)
    precision = "bf16" if has_fast_bf16(torch.device("cpu")) else "no"
    return fresh_state(
        variant_model(variant, recipe),
        variant.loss(config.loss),
        config.optim,
        Convergence(config.converge),
        num_steps=num_steps,
        seed=seed,
        accelerator=Accelerator(cpu=True, mixed_precision=precision),
    )


def _without_composites(batch: Batch) -> Batch:
    """Samples that teach position, light and leak only: the synthesis network is not even run."""
    return replace(batch, has_composite=torch.zeros_like(batch.has_composite))
