"""Checkpoints: everything a run needs to go on bit for bit, written to a temporary folder and then renamed.

RUN/checkpoints/step-00000500/{model,ema}.safetensors, optimizer.pt, state.json
"""

import io
import json
import os
import shutil
from pathlib import Path
from pickle import UnpicklingError

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file

from situate.errors import ModelFileError, OutputError
from situate.imageio.write import write_bytes
from situate.training.converge import Convergence
from situate.training.state import TrainState

NUM_KEPT = 2


def save_checkpoint(state: TrainState, run_folder: Path) -> Path:
    """Write the state of a run and drop all but the newest checkpoints.

    Raises:
        OutputError: If it cannot be written; older checkpoints are kept then.
    """
    folder = run_folder / "checkpoints"
    final, partial = folder / f"step-{state.step:08d}", folder / f"step-{state.step:08d}.partial"
    shutil.rmtree(partial, ignore_errors=True)
    try:
        partial.mkdir(parents=True)
        _write_state(state, partial)
        shutil.rmtree(final, ignore_errors=True)
        os.replace(partial, final)
        for old in sorted(folder.glob("step-" + "[0-9]" * 8))[:-NUM_KEPT]:
            shutil.rmtree(old)
    except (OSError, SafetensorError) as error:
        shutil.rmtree(partial, ignore_errors=True)
        raise OutputError(f"checkpoint {final} cannot be written ({error}); free some space, then --resume") from error
    return final


def _write_state(state: TrainState, partial: Path) -> None:
    save_file(_contiguous(state.bare_model.state_dict()), partial / "model.safetensors")
    shadows = {f"{number:05d}": shadow for number, shadow in enumerate(state.ema.shadow_params)}
    save_file(_contiguous(shadows), partial / "ema.safetensors")
    # Into memory first: on a full disk torch.save breaks off with an error that says nothing of disks.
    moments = io.BytesIO()
    torch.save(state.optimizer.state_dict(), moments)
    write_bytes(moments.getvalue(), partial / "optimizer.pt")
    memory = {
        "step": state.step,
        "num_steps": state.num_steps,
        "seed": state.seed,
        "ema_step": state.ema.optimization_step,
        "best": state.convergence.best,
        "num_stale": state.convergence.num_stale,
        "seconds": round(state.seconds, 3),
    }
    (partial / "state.json").write_text(json.dumps(memory, indent=2) + "\n")


def newest_checkpoint(run_folder: Path) -> Path | None:
    """The checkpoint with the highest step, if there is one."""
    return max((run_folder / "checkpoints").glob("step-" + "[0-9]" * 8), default=None)


def load_checkpoint(state: TrainState, folder: Path) -> None:
    """Set `state` to what was saved; the same configuration must have built it.

    Raises:
        ModelFileError: If files are missing or damaged, or belong to another model or seed.
    """
    try:
        memory = json.loads((folder / "state.json").read_text())
        if memory["seed"] != state.seed:
            raise ModelFileError(f"{folder} was trained with seed {memory['seed']}, this run has {state.seed}")
        state.bare_model.load_state_dict(load_file(folder / "model.safetensors"), strict=True)
        shadows = load_file(folder / "ema.safetensors")
        for number, shadow in enumerate(state.ema.shadow_params):
            shadow.copy_(shadows[f"{number:05d}"])
        state.optimizer.load_state_dict(torch.load(folder / "optimizer.pt", weights_only=True))
    except ModelFileError:
        raise
    except (OSError, KeyError, ValueError, RuntimeError, EOFError, SafetensorError, UnpicklingError) as error:
        raise ModelFileError(
            f"checkpoint {folder} cannot be resumed ({error}); remove it to go on from the one before"
        ) from error
    state.step = memory["step"]
    state.num_steps = memory["num_steps"]
    state.ema.optimization_step = memory["ema_step"]
    state.seconds = memory.get("seconds", 0.0)
    state.convergence = Convergence(state.convergence.config, memory["best"], memory["num_stale"])


def _contiguous(tensors: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    return {name: tensor.detach().contiguous().cpu() for name, tensor in tensors.items()}
