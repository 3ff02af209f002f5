"""The averaged weights of the best evaluation: what a run publishes, since a small data set is soon learnt by heart."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save

from situate.errors import ModelFileError
from situate.imageio.write import write_bytes
from situate.training.hooks import EvaluateHook
from situate.training.state import TrainState
from situate.training.step import StepReport, averaged_weights

BEST_FILE = "best.safetensors"


@dataclass(frozen=True)
class BestHook:
    """Keeps the averaged weights whenever an evaluation counts as an improvement; comes after `evaluation`."""

    evaluation: EvaluateHook
    run_folder: Path

    def __call__(self, state: TrainState, report: StepReport) -> bool:
        """Keep them if it is time."""
        if self.evaluation.last_step == state.step and state.convergence.num_stale == 0:
            weights = {f"{number:05d}": shadow for number, shadow in enumerate(state.ema.shadow_params)}
            tensors = {name: weight.detach().contiguous().cpu() for name, weight in weights.items()}
            label = {"step": str(state.step), "validation": json.dumps(self.evaluation.last)}
            write_bytes(save(tensors, metadata=label), self.run_folder / BEST_FILE)
        return False


@contextmanager
def best_weights(
    state: TrainState, run_folder: Path, final: dict[str, float]
) -> Iterator[tuple[int, dict[str, float]]]:
    """Put the best averaged weights into the model for a while; give their step and evaluation.

    Args:
        state: At the end of the run.
        run_folder: Where `BestHook` kept some, if it did.
        final: The evaluation of the averaged weights as they are now, which are taken if nothing was better.

    Raises:
        ModelFileError: If what was kept is damaged.
    """
    path = run_folder / BEST_FILE
    with averaged_weights(state):
        step = state.step
        if path.is_file():
            try:
                step, final = _read(path, state, final)
            except (OSError, KeyError, ValueError, RuntimeError, SafetensorError) as error:
                raise ModelFileError(f"{path} is damaged ({error}); remove it to publish the last weights") from error
        yield step, final


def _read(path: Path, state: TrainState, final: dict[str, float]) -> tuple[int, dict[str, float]]:
    with safe_open(path, framework="pt") as file:
        label = file.metadata()
        validation = json.loads(label["validation"])
        if final["total"] <= validation["total"]:
            return state.step, final
        with torch.no_grad():
            for number, parameter in enumerate(state.bare_model.parameters()):
                parameter.copy_(file.get_tensor(f"{number:05d}"))
    return int(label["step"]), validation
