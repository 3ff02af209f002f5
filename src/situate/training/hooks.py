"""What happens beside the steps: logging, evaluating, checkpoints, sample sheets, Ctrl-C, the time limit."""

import signal
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from situate.data.png import encode_png
from situate.errors import OutputError
from situate.imageio.write import write_bytes
from situate.records.batch import Batch
from situate.training.checkpoint import save_checkpoint
from situate.training.metrics import MetricsLog
from situate.training.sheet import sample_sheet
from situate.training.state import TrainState
from situate.training.step import StepReport, evaluate


@dataclass
class LogHook:
    """Logs the mean of the training terms every few steps."""

    log: MetricsLog
    every_steps: int = 10
    _sums: dict[str, float] = field(default_factory=dict)
    _count: int = 0

    def __call__(self, state: TrainState, report: StepReport) -> bool:
        """Add a step up; write when it is time."""
        values = {**report.terms, "gradient_norm": report.gradient_norm, "learning_rate": report.learning_rate}
        for name, value in values.items():
            self._sums[name] = self._sums.get(name, 0.0) + value
        self._count += 1
        if report.step % self.every_steps == 0:
            self.log.write(report.step, "train", {name: value / self._count for name, value in self._sums.items()})
            self._sums, self._count = {}, 0
        return False


@dataclass
class EvaluateHook:
    """Evaluates the averaged weights and applies the convergence rule."""

    batches: Sequence[Batch]
    log: MetricsLog
    last: dict[str, float] = field(default_factory=dict)
    last_step: int | None = None

    def newest(self, state: TrainState) -> dict[str, float]:
        """The evaluation of the weights as they are now, made if the last one is of another step."""
        return self.last if self.last_step == state.step else evaluate(state, self.batches)

    def __call__(self, state: TrainState, report: StepReport) -> bool:
        """Evaluate when it is time; end the run once it has converged."""
        is_last = state.step == state.num_steps
        if state.step % state.convergence.config.every_steps and not is_last:
            return False
        self.last, self.last_step = evaluate(state, self.batches), state.step
        self.log.write(state.step, "validation", self.last)
        state.convergence = state.convergence.seen(self.last["total"])
        if state.convergence.has_converged:
            state.stop_reason = state.convergence.reason
        return state.convergence.has_converged


@dataclass(frozen=True)
class SheetHook:
    """Writes a sheet of validation samples to `samples/`."""

    batch: Batch
    folder: Path
    every_steps: int

    def __call__(self, state: TrainState, report: StepReport) -> bool:
        """Draw when it is time."""
        if state.step % self.every_steps == 0 or state.step == state.num_steps:
            sheet = encode_png(sample_sheet(state, self.batch))
            try:
                self.folder.mkdir(parents=True, exist_ok=True)
            except OSError as error:
                raise OutputError(f"{self.folder} cannot be made ({error.strerror}); move what is there") from error
            write_bytes(sheet, self.folder / f"step-{state.step:08d}.png")
        return False


@dataclass(frozen=True)
class CheckpointHook:
    """Saves a checkpoint every few steps."""

    run_folder: Path
    every_steps: int

    def __call__(self, state: TrainState, report: StepReport) -> bool:
        """Save when it is time."""
        if state.step % self.every_steps == 0:
            save_checkpoint(state, self.run_folder)
        return False


@dataclass
class ClockHook:
    """Adds up how long the run takes; comes before those that write it down."""

    _last_s: float = field(default_factory=time.monotonic)

    def __call__(self, state: TrainState, report: StepReport) -> bool:
        """Add the time since the last step."""
        now_s = time.monotonic()
        state.seconds += now_s - self._last_s
        self._last_s = now_s
        return False


class InterruptHook:
    """Ctrl-C (or SIGTERM) ends the run after the step under way, so that it can be saved; a second one at once."""

    def __init__(self) -> None:
        """Listen from `__enter__` to `__exit__` only."""
        self.was_interrupted = False
        self._previous: dict[int, Callable | int | None] = {}

    def __enter__(self) -> "InterruptHook":
        """Begin to listen."""
        for number in (signal.SIGINT, signal.SIGTERM):
            self._previous[number] = signal.signal(number, self._remember)
        return self

    def __exit__(self, *_: object) -> None:
        """Give the signals back."""
        for number, handler in self._previous.items():
            signal.signal(number, handler)

    def __call__(self, state: TrainState, report: StepReport) -> bool:
        """Stop once a signal came."""
        if self.was_interrupted:
            state.stop_reason = f"interrupted at step {state.step}"
        return self.was_interrupted

    def _remember(self, number: int, frame: FrameType | None) -> None:
        if self.was_interrupted:
            raise KeyboardInterrupt
        self.was_interrupted = True


@dataclass
class TimeBudgetHook:
    """Fits the step budget to a time budget, so that the learning rate still falls to its end in time.

    The pace is measured again at every power of two of its own steps, since other programs may come and go; when the
    time is up the run ends.

    Attributes:
        seconds: Time budget, from the first step on.
        first_steps: Steps before the pace is measured first; the very first ones are slow.
    """

    seconds: float
    first_steps: int = 8
    _start_s: float = field(default_factory=time.monotonic)
    _last: tuple[int, float] | None = None
    _most_steps: int = 0
    _steps_before: int = 0

    def __call__(self, state: TrainState, report: StepReport) -> bool:
        """Set `state.num_steps` when it is time; never above what it was at first."""
        now_s = time.monotonic()
        if self._last is None:
            self._last, self._most_steps = (report.step, now_s), state.num_steps
            self._steps_before = report.step - 1
        left_s = self.seconds - (now_s - self._start_s)
        if left_s <= 0:
            state.stop_reason = f"the time budget of {self.seconds / 60:.1f} minutes ended at step {report.step}"
            return True
        done = report.step - self._steps_before
        if done >= self.first_steps and done & (done - 1) == 0:
            step, then_s = self._last
            pace_s = (now_s - then_s) / (report.step - step)
            state.num_steps = min(self._most_steps, report.step + max(1, int(left_s / pace_s)))
            self._last = (report.step, now_s)
        return False


class ProgressHook:
    """A progress bar on stderr with losses and time left."""

    def __init__(self, progress: Progress, state: TrainState) -> None:
        """Show `state` from its current step on."""
        self._progress = progress
        self._task = progress.add_task("training", total=state.num_steps, completed=state.step, losses="")

    def __call__(self, state: TrainState, report: StepReport) -> bool:
        """Move the bar."""
        losses = "  ".join(f"{name} {report.terms[name]:.3f}" for name in ("cell", "placement", "synthesis"))
        self._progress.update(self._task, total=state.num_steps, completed=state.step, losses=losses)
        return False


def training_progress(console) -> Progress:  # noqa: ANN001 - rich's Console
    """The columns of the training bar."""
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
        TextColumn("{task.fields[losses]}"),
        console=console,
    )
