"""A training run from a data set to a published model, resumable at any step, in one process or several."""

import math
from collections.abc import Sequence
from functools import partial
from pathlib import Path

from accelerate import Accelerator
from rich.console import Console

from situate.data.loader import StepSampler, TrainingSet, training_batches
from situate.errors import ConfigError
from situate.training.best import BestHook
from situate.training.checkpoint import load_checkpoint, newest_checkpoint, save_checkpoint
from situate.training.config import RunConfig
from situate.training.converge import Convergence
from situate.training.folder import check_folder, check_same_data, write_folder
from situate.training.hooks import (
    CheckpointHook,
    ClockHook,
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
from situate.training.processes import accelerator_on, agreed, from_main, on_main
from situate.training.result import RunResult, published
from situate.training.run_data import RunData, open_data
from situate.training.state import TrainState, begin_with, fresh_state


def train(
    config: RunConfig,
    data: Sequence[Path],
    run_folder: Path,
    *,
    validation: Sequence[Path] = (),
    weights: Sequence[float] | None = None,
    init: Path | None = None,
    resume: bool = False,
    minutes: float | None = None,
    num_workers: int = 0,
    device: str = "auto",
) -> RunResult:
    """Train until the convergence rule or the step budget ends it; publish the averaged weights that validated best.

    Started by torchrun, its processes train one model together; the main one writes the run folder.

    Args:
        config: What to train; `batch_size` samples in each process.
        data: Folders of triples.
        run_folder: Where everything goes; made if missing.
        validation: Folders of triples to validate on; without them a part of `data` is held out, by group and the same
            every time.
        weights: What each folder of `data` gets of the draws, in any unit; without them every triple is drawn equally
            often. `config.class_balance` balances the classes within a folder.
        init: Model folder whose weights to begin with, of the same sizes; without it they are drawn from the seed.
        resume: Go on from the newest checkpoint in `run_folder`, bit for bit with as many processes as before.
        minutes: Time budget of this call; fits the step budget to it once the pace is known.
        num_workers: Processes that prepare samples, for each that trains; changes nothing but speed.
        device: `auto`, `cpu` or `cuda`.

    Returns:
        How it ended, in every process.

    Raises:
        ConfigError: If `run_folder` holds a run and `resume` is False, another configuration, other data, other
            weights or steps with another number of samples; if a data set is both in `data` and in `validation`; if
            `weights`, `minutes` or `num_workers` are out of range.
        DataError: If the data cannot be read or split.
        ModelFileError: If `init` is no model or has other networks, or a checkpoint is damaged.
        OutputError: If `run_folder` cannot be written.
        NonFiniteLossError: If the loss breaks; the last checkpoint is kept.
    """
    _check_options(minutes, num_workers, weights, len(data))
    accelerator = accelerator_on(device)

    def opened() -> RunData:
        check_folder(config, run_folder, resume=resume, num_processes=accelerator.num_processes)
        found = open_data(config, data, validation, weights)
        if resume:
            check_same_data(found.identity, run_folder)
        return found

    run_data = agreed(accelerator, opened)
    state = _begun(config, accelerator, init, newest_checkpoint(run_folder) if resume else None)
    if minutes is not None:
        # What an earlier time budget left of the steps says nothing about this one.
        state.num_steps = config.num_steps
    record = on_main(accelerator, partial(_Record, config, state, run_data, run_folder, minutes))
    batches = training_batches(
        TrainingSet(run_data.triples, config.sample), _sampler(config, state, run_data), num_workers
    )
    console = Console(stderr=True, quiet=not accelerator.is_main_process)
    with InterruptHook() as interrupt, training_progress(console) as progress:
        hooks = [] if record is None else [*record.hooks, ProgressHook(progress, state)]
        fit(state, batches, hooks=[*hooks, interrupt])
    return from_main(accelerator, agreed(accelerator, lambda: None if record is None else record.finish()))


class _Record:
    """What the main process writes down of a run: metrics, checkpoints, sample sheets, the model in the end."""

    def __init__(
        self, config: RunConfig, state: TrainState, run_data: RunData, run_folder: Path, minutes: float | None
    ) -> None:
        self._config, self._state, self._data, self._folder = config, state, run_data, run_folder
        num_processes = state.accelerator.num_processes
        # As many at once as a step has, so that validation knows no processes either.
        held_out, sheet_batch = run_data.validation(config, num_processes * config.batch_size)
        write_folder(config, run_data.identity, run_folder, num_processes=num_processes)
        self._log = MetricsLog(run_folder, first_step=state.step)
        self._evaluation = EvaluateHook(held_out, self._log)
        self.hooks: list[Hook] = [
            *([] if minutes is None else [TimeBudgetHook(60 * minutes)]),
            ClockHook(),
            self._evaluation,
            BestHook(self._evaluation, run_folder),
            LogHook(self._log),
            SheetHook(sheet_batch, run_folder / "samples", config.sheet_steps),
            CheckpointHook(run_folder, config.checkpoint_steps),
        ]

    def finish(self) -> RunResult:
        """Save and publish."""
        save_checkpoint(self._state, self._folder)
        final = self._evaluation.newest(self._state)
        self._log.close()
        return published(
            self._config,
            self._state,
            self._folder,
            final=final,
            sources=self._data.sources,
            counts=self._data.counts,
        )


def _sampler(config: RunConfig, state: TrainState, run_data: RunData) -> StepSampler:
    return StepSampler(
        run_data.training,
        batch_size=config.batch_size,
        seed=config.seed,
        start_step=state.step,
        rank=state.accelerator.process_index,
        world_size=state.accelerator.num_processes,
        weights=run_data.draw_weights,
    )


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


def _begun(config: RunConfig, accelerator: Accelerator, init: Path | None, checkpoint: Path | None) -> TrainState:
    """A fresh state, set to the weights of a model or to a checkpoint where there is one."""
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
        agreed(accelerator, partial(load_checkpoint, state, checkpoint))
    elif init is not None:
        agreed(accelerator, partial(begin_with, state, init))
    return state
