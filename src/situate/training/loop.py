"""The loop and its hooks: everything that is not a step is a hook, and any hook may end the run."""

from collections.abc import Callable, Iterator, Sequence

from situate.records.batch import Batch
from situate.training.state import TrainState
from situate.training.step import StepReport, train_step

Hook = Callable[[TrainState, StepReport], bool]
"""Called after every step; True ends the run."""


def fit(state: TrainState, batches: Iterator[Batch], *, hooks: Sequence[Hook]) -> None:
    """Train until `state.step` reaches `state.num_steps` or a hook says stop; a run that has converged stays so."""
    while state.step < state.num_steps and not state.convergence.has_converged:
        report = train_step(state, next(batches))
        if any([hook(state, report) for hook in hooks]):
            return
