"""How a run ends: the best weights are published, and what led to them is written down."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from situate.imageio.write import write_bytes
from situate.pipeline.card import model_card
from situate.pipeline.load import publish
from situate.training.best import best_weights
from situate.training.config import RunConfig
from situate.training.state import TrainState


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
        num_processes: How many trained, in the last call.
        num_samples: How many were seen, by all processes.
        seconds: How long training and validating took, over all calls.
    """

    model_folder: Path
    step: int
    published_step: int
    converged: bool
    reason: str
    validation: dict[str, float]
    num_triples: int
    num_processes: int
    num_samples: int
    seconds: float


def published(
    config: RunConfig,
    state: TrainState,
    run_folder: Path,
    *,
    final: dict[str, float],
    sources: Sequence[Mapping[str, Any]],
    counts: dict[str, int],
) -> RunResult:
    """Publish the averaged weights that validated best, with a card; write `result.json`.

    Args:
        config: Of the run.
        state: At its end.
        run_folder: Where the model goes, and where the best weights were kept.
        final: Evaluation of the averaged weights as they are now.
        sources: `dataset.json` of each data set, and its `weight` where it had one.
        counts: Triples for `training` and for `validation`.

    Raises:
        ModelFileError: If the best weights are damaged.
        OutputError: If something cannot be written.
    """
    num_processes = state.accelerator.num_processes
    with best_weights(state, run_folder, final) as (published_step, validation):
        result = RunResult(
            model_folder=run_folder / "model",
            step=state.step,
            published_step=published_step,
            converged=state.convergence.has_converged,
            reason=state.stop_reason or state.convergence.reason,
            validation=validation,
            num_triples=counts["training"],
            num_processes=num_processes,
            # A run keeps its number of samples a step, also when it is resumed by more or fewer processes.
            num_samples=state.step * config.batch_size * num_processes,
            seconds=round(state.seconds, 1),
        )
        record = {name: value for name, value in vars(result).items() if name != "model_folder"}
        record["num_triples"] = counts
        model = state.bare_model
        card = model_card(config.model_dump(), record, sources)
        publish(model.placement, model.synthesis, result.model_folder, card=card)
    write_bytes((json.dumps(record, indent=2) + "\n").encode(), run_folder / "result.json")
    return result
