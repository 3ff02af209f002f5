"""A training run from a data set to a published model, resumable at any step."""

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from accelerate import Accelerator
from rich.console import Console

from situate.data.loader import (
    StepSampler,
    TrainingSet,
    TripleUnion,
    drawn_validation,
    split_by_folder,
    split_by_group,
    training_batches,
    validation_batches,
    weighed,
)
from situate.errors import ConfigError
from situate.imageio.write import write_bytes
from situate.pipeline.card import model_card
from situate.pipeline.device import device_named, has_fast_bf16
from situate.pipeline.load import publish
from situate.training.best import BestHook, best_weights
from situate.training.checkpoint import load_checkpoint, newest_checkpoint, save_checkpoint
from situate.training.config import RunConfig
from situate.training.converge import Convergence
from situate.training.folder import check_folder, check_same_data, data_identity, write_folder
from situate.training.hooks import (
    CheckpointHook,
    EvaluateHook,
    InterruptHook,
    LogHook,
    ProgressHook,
    SheetHook,
    TimeBudgetHook,
    training_progress,
)
from situate.training.loop import Hook, fit
from situate.training.metrics import MetricsLog
from situate.training.state import TrainState, begin_with, fresh_state

NUM_SHEET_ROWS = 8


@dataclass(frozen=True)
class RunResult:
    """How a run ended; also written to `result.json`.

    Attributes:
        model_folder: What was published.
        step: Steps done.
        published_step: After which the published weights were as they are: those of the best evaluation.
        converged: Whether the convergence rule ended it.
        reason: Why it ended.
        validation: Evaluation of the published weights.
        num_triples: How many were trained on.
    """

    model_folder: Path
    step: int
    published_step: int
    converged: bool
    reason: str
    validation: dict[str, float]
    num_triples: int


def train(
    config: RunConfig,
    data: Sequence[Path],
    run_folder: Path,
    *,
    validation: Sequence[Path] = (),
    weights: Sequence[float] | None = None,
    initial: Path | None = None,
    resume: bool = False,
    minutes: float | None = None,
    num_workers: int = 0,
    device: str = "auto",
) -> RunResult:
    """Train until the convergence rule or the step budget ends it; publish the averaged weights that validated best.

    Args:
        config: What to train.
        data: Folders of triples.
        run_folder: Where everything goes; made if missing.
        validation: Folders of triples to validate on; without them a part of `data` is held out, by group and the same
            every time.
        weights: What each folder of `data` gets of the draws, in any unit; without them every triple is drawn equally
            often. `config.class_balance` balances the classes within a folder.
        initial: Model folder whose weights to begin with, of the same sizes; without it they are drawn from the seed.
        resume: Go on from the newest checkpoint in `run_folder`, bit for bit.
        minutes: Time budget of this call; fits the step budget to it once the pace is known.
        num_workers: Processes that prepare samples; changes nothing but speed.
        device: `auto`, `cpu` or `cuda`.

    Raises:
        ConfigError: If `run_folder` holds a run and `resume` is False, another configuration, other data or other
            weights; if a data set is both in `data` and in `validation`; if `weights`, `minutes` or `num_workers`
            are out of range; if there are several processes.
        DataError: If the data cannot be read or split.
        OutputError: If `run_folder` cannot be written.
        NonFiniteLossError: If the loss breaks; the last checkpoint is kept.
    """
    _check_options(minutes, num_workers, weights, len(data))
    check_folder(config, run_folder, resume=resume)
    accelerator = _accelerator(device)
    triples = TripleUnion([*data, *validation])
    identity = data_identity(triples.stores[: len(data)], triples.stores[len(data) :], weights)
    if resume:
        check_same_data(identity, run_folder)
    training, kept_back = _split(triples, len(data) if validation else None, config.validation_fraction)
    training, draw_weights = weighed(triples, training, weights, config.class_balance)
    state = _begun(config, accelerator, initial, newest_checkpoint(run_folder) if resume else None)
    if minutes is not None:
        # What an earlier time budget left of the steps says nothing about this one.
        state.num_steps = config.num_steps
    drawn = drawn_validation(kept_back, config.max_validation, config.seed)
    held_out = validation_batches(triples, drawn, config.sample, config.batch_size)
    sheet_batch = validation_batches(triples, drawn[:NUM_SHEET_ROWS], config.sample, NUM_SHEET_ROWS)[0]
    sampler = StepSampler(
        training,
        batch_size=config.batch_size,
        seed=config.seed,
        start_step=state.step,
        rank=accelerator.process_index,
        world_size=accelerator.num_processes,
        weights=draw_weights,
    )
    batches = training_batches(TrainingSet(triples, config.sample), sampler, num_workers)
    write_folder(config, identity, run_folder)
    log = MetricsLog(run_folder, first_step=state.step)
    evaluation = EvaluateHook(held_out, log)
    console = Console(stderr=True)
    with InterruptHook() as interrupt, training_progress(console) as progress:
        hooks: list[Hook] = [
            *([] if minutes is None else [TimeBudgetHook(60 * minutes)]),
            evaluation,
            BestHook(evaluation, run_folder),
            LogHook(log),
            SheetHook(sheet_batch, run_folder / "samples", config.sheet_steps),
            CheckpointHook(run_folder, config.checkpoint_steps),
            ProgressHook(progress, state),
            interrupt,
        ]
        fit(state, batches, hooks=hooks)
    save_checkpoint(state, run_folder)
    final = evaluation.newest(state)
    log.close()
    sources = [dict(store.description) for store in triples.stores[: len(data)]]
    for source, weight in zip(sources, weights or (), strict=False):
        source["weight"] = weight
    return _published(
        config, state, run_folder, final, sources, {"training": len(training), "validation": len(kept_back)}
    )


def _split(triples: TripleUnion, num_training_folders: int | None, fraction: float) -> tuple[list[int], list[int]]:
    if num_training_folders is None:
        return split_by_group(triples, fraction)
    return split_by_folder(triples, num_training_folders)


def _check_options(minutes: float | None, num_workers: int, weights: Sequence[float] | None, num_folders: int) -> None:
    problems = []
    if minutes is not None and not (math.isfinite(minutes) and minutes > 0):
        problems.append(f"minutes is {minutes}; it must be above 0")
    if num_workers < 0:
        problems.append(f"num_workers is {num_workers}; it must be 0 or more")
    if weights is not None and len(weights) != num_folders:
        problems.append(f"there are {len(weights)} weights for {num_folders} folders; give one for each, or none")
    wrong = [weight for weight in weights or () if not (math.isfinite(weight) and weight > 0)]
    if wrong:
        named = ", ".join(f"{weight:g}" for weight in wrong)
        problems.append(f"the weights hold {named}; they must be finite and above 0: leave out folders without a share")
    if problems:
        raise ConfigError("; ".join(problems))


def _accelerator(device: str) -> Accelerator:
    chosen = device_named(device)
    precision = "bf16" if has_fast_bf16(chosen) else "no"
    accelerator = Accelerator(cpu=chosen.type == "cpu", mixed_precision=precision)
    if accelerator.num_processes > 1:
        raise ConfigError(
            f"there are {accelerator.num_processes} processes, which is not supported yet; start one, without torchrun"
        )
    return accelerator


def _begun(config: RunConfig, accelerator: Accelerator, initial: Path | None, checkpoint: Path | None) -> TrainState:
    """A fresh state, set to initial weights or to a checkpoint where there is one."""
    state = fresh_state(
        config.model,
        config.loss.build(),
        config.optim,
        Convergence(config.converge),
        num_steps=config.num_steps,
        seed=config.seed,
        accelerator=accelerator,
    )
    if checkpoint is not None:
        load_checkpoint(state, checkpoint)
    elif initial is not None:
        begin_with(state, initial)
    return state


def _published(
    config: RunConfig,
    state: TrainState,
    run_folder: Path,
    final: dict[str, float],
    sources: Sequence[Mapping[str, Any]],
    counts: dict[str, int],
) -> RunResult:
    with best_weights(state, run_folder, final) as (published_step, validation):
        result = RunResult(
            model_folder=run_folder / "model",
            step=state.step,
            published_step=published_step,
            converged=state.convergence.has_converged,
            reason=state.stop_reason or state.convergence.reason,
            validation=validation,
            num_triples=counts["training"],
        )
        record = {
            "step": result.step,
            "published_step": published_step,
            "converged": result.converged,
            "reason": result.reason,
            "validation": validation,
            "num_triples": counts,
        }
        model = state.bare_model
        card = model_card(config.model_dump(), record, sources)
        publish(model.placement, model.synthesis, result.model_folder, card=card)
    write_bytes((json.dumps(record, indent=2) + "\n").encode(), run_folder / "result.json")
    return result
