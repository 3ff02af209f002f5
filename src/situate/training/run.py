"""A training run from a data set to a published model, resumable at any step."""

import json
import os
import platform
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

from accelerate import Accelerator
from rich.console import Console

from situate import __version__
from situate.config import read_config
from situate.data.loader import (
    StepSampler,
    TrainingSet,
    TripleUnion,
    drawn_validation,
    split_by_group,
    training_batches,
    validation_batches,
)
from situate.errors import ConfigError, OutputError
from situate.pipeline.card import model_card
from situate.pipeline.device import device_named, has_fast_bf16
from situate.pipeline.load import publish
from situate.training.checkpoint import load_checkpoint, newest_checkpoint, save_checkpoint
from situate.training.config import RunConfig
from situate.training.converge import Convergence
from situate.training.hooks import (
    CheckpointHook,
    EvaluateHook,
    InterruptHook,
    LogHook,
    MetricsLog,
    ProgressHook,
    SheetHook,
    TimeBudgetHook,
    training_progress,
)
from situate.training.loop import Hook, fit
from situate.training.state import TrainState, fresh_state
from situate.training.step import averaged_weights, evaluate

NUM_SHEET_ROWS = 8


@dataclass(frozen=True)
class RunResult:
    """How a run ended; also written to `result.json`."""

    model_folder: Path
    step: int
    converged: bool
    reason: str
    validation: dict[str, float]


def train(
    config: RunConfig,
    data: Sequence[Path],
    run_folder: Path,
    *,
    resume: bool = False,
    minutes: float | None = None,
    num_workers: int = 0,
    device: str = "auto",
) -> RunResult:
    """Train until the convergence rule or the step budget ends it, then publish the averaged weights.

    Args:
        config: What to train.
        data: Folders of triples; the split is by group and the same every time.
        run_folder: Where everything goes; made if missing.
        resume: Go on from the newest checkpoint in `run_folder`, bit for bit.
        minutes: Time budget; sets the step budget once the pace is known.
        num_workers: Processes that prepare samples; changes nothing but speed.
        device: `auto`, `cpu` or `cuda`.

    Raises:
        ConfigError: If `run_folder` holds a run and `resume` is False, or another configuration.
        DataError: If the data cannot be read or split.
        NonFiniteLossError: If the loss breaks; the last checkpoint is kept.
    """
    _prepare_folder(config, data, run_folder, resume)
    accelerator = _accelerator(device)
    triples = TripleUnion(data)
    training, validation = split_by_group(triples, config.validation_fraction)
    state = fresh_state(
        config.model,
        config.loss.build(),
        config.optim,
        Convergence(config.converge),
        num_steps=config.num_steps,
        seed=config.seed,
        accelerator=accelerator,
    )
    checkpoint = newest_checkpoint(run_folder) if resume else None
    if checkpoint is not None:
        load_checkpoint(state, checkpoint)
    drawn = drawn_validation(validation, config.max_validation, config.seed)
    held_out = validation_batches(triples, drawn, config.sample, config.batch_size)
    sampler = StepSampler(
        training,
        batch_size=config.batch_size,
        seed=config.seed,
        start_step=state.step,
        rank=accelerator.process_index,
        world_size=accelerator.num_processes,
    )
    batches = training_batches(TrainingSet(triples, config.sample), sampler, num_workers)
    log = MetricsLog(run_folder, first_step=state.step)
    evaluation = EvaluateHook(held_out, log)
    console = Console(stderr=True)
    with InterruptHook() as interrupt, training_progress(console) as progress:
        main_hooks: list[Hook] = [
            LogHook(log),
            SheetHook(held_out[0], run_folder / "samples", config.sheet_steps),
            CheckpointHook(run_folder, config.checkpoint_steps),
            ProgressHook(progress, state),
        ]
        timing: list[Hook] = [] if minutes is None or checkpoint is not None else [TimeBudgetHook(60 * minutes)]
        hooks = [*timing, evaluation, *(main_hooks if accelerator.is_main_process else []), interrupt]
        fit(state, batches, hooks=hooks)
    save_checkpoint(state, run_folder)
    final = evaluation.last or evaluate(state, held_out)
    log.close()
    counts = {"training": len(training), "validation": len(validation)}
    return _published(config, state, run_folder, final, triples, counts)


def _prepare_folder(config: RunConfig, data: Sequence[Path], run_folder: Path, resume: bool) -> None:
    path = run_folder / "config.json"
    text = config.model_dump_json(indent=2) + "\n"
    if path.exists() and not resume:
        raise ConfigError(f"{run_folder} already holds a run; pass --resume to go on with it, or another --out")
    if resume and not path.exists():
        raise ConfigError(f"{run_folder} holds no run to resume (no config.json); leave --resume out")
    if resume and read_config(path) != config:
        raise ConfigError(f"{path} differs from the configuration asked for; resume with the options of the first call")
    try:
        run_folder.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        (run_folder / "environment.json").write_text(json.dumps(_environment(data), indent=2) + "\n")
    except OSError as error:
        raise OutputError(f"{run_folder} cannot be written ({error.strerror}); choose another --out") from error


def _environment(data: Sequence[Path]) -> dict[str, Any]:
    libraries = ("torch", "diffusers", "accelerate", "numpy", "opencv-python-headless")
    return {
        "situate": __version__,
        "python": platform.python_version(),
        "libraries": {name: _version_or_none(name) for name in libraries},
        "machine": platform.machine(),
        "cpus": os.cpu_count(),
        "data": [folder.name for folder in data],
    }


def _version_or_none(name: str) -> str | None:
    try:
        return version(name)
    except ModuleNotFoundError:
        return None


def _accelerator(device: str) -> Accelerator:
    chosen = device_named(device)
    precision = "bf16" if has_fast_bf16(chosen) else "no"
    return Accelerator(cpu=chosen.type == "cpu", mixed_precision=precision)


def _published(
    config: RunConfig,
    state: TrainState,
    run_folder: Path,
    validation: dict[str, float],
    triples: TripleUnion,
    counts: dict[str, int],
) -> RunResult:
    reason = state.stop_reason or state.convergence.reason
    result = RunResult(run_folder / "model", state.step, state.convergence.has_converged, reason, validation)
    record = {
        "step": result.step,
        "converged": result.converged,
        "reason": reason,
        "validation": validation,
        "num_triples": counts,
    }
    if state.accelerator.is_main_process:
        with averaged_weights(state):
            model = state.bare_model
            sources = [store.description for store in triples.stores]
            card = model_card(config.model_dump(), record, sources)
            publish(model.placement, model.synthesis, result.model_folder, card=card)
        (run_folder / "result.json").write_text(json.dumps(record, indent=2) + "\n")
    return result
