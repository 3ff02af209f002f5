"""The loop and its hooks: everything that is not a step is a hook, and any hook may end the run."""

from collections.abc import Callable, Iterator, Sequence
from functools import partial

from situate.records.batch import Batch
from situate.training.processes import agreed, from_main, total
from situate.training.state import TrainState
from situate.training.step import StepReport, train_step

Hook = Callable[[TrainState, StepReport], bool]
"""Called after every step; True ends the run."""


def fit(state: TrainState, batches: Iterator[Batch], *, hooks: Sequence[Hook]) -> None:
    """Train until `state.step` reaches `state.num_steps` or a hook says stop; a run that has converged stays so.

    Several processes do every step together: each may have hooks of its own, any of which ends the run in all, and the
    step budget is that of the main process.
    """
    while state.step < state.num_steps and not state.convergence.has_converged:
        batch = agreed(state.accelerator, partial(next, batches))
        report = train_step(state, batch)
        if _is_over(state, agreed(state.accelerator, partial(_call, hooks, state, report))):
            return


def _call(hooks: Sequence[Hook], state: TrainState, report: StepReport) -> bool:
    return any([hook(state, report) for hook in hooks])


def _is_over(state: TrainState, wants_to_stop: bool) -> bool:
    """Whether any process wants to stop; all are given the main one's step budget."""
    accelerator = state.accelerator
    state.num_steps = total(accelerator, state.num_steps if accelerator.is_main_process else 0)
    if not total(accelerator, int(wants_to_stop)):
        return False
    # Only a signal makes another process than the main one stop.
    state.stop_reason = from_main(accelerator, state.stop_reason) or f"interrupted at step {state.step}"
    return True
