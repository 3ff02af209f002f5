"""What `test_processes.py` has torchrun start: runs in two processes, each of which writes down how they ended.

torchrun --nproc-per-node 2 several.py DATA OUT
"""

import json
import os
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any
from unittest.mock import patch

import torch

from situate.data.loader import TrainingSet
from situate.errors import DataError, SituateError
from situate.recipes import debug
from situate.records.batch import Batch
from situate.training import checkpoint, loop
from situate.training.config import RunConfig
from situate.training.hooks import LogHook
from situate.training.result import RunResult
from situate.training.run import train

CONFIG = debug().model_copy(update={"num_steps": 6, "sheet_steps": 1000})
SAMPLES_A_STEP = 4


def config_of(num_processes: int) -> RunConfig:
    """The same run in one process or several."""
    return CONFIG.model_copy(update={"batch_size": SAMPLES_A_STEP // num_processes})


def can_teach(index: int) -> tuple[bool, bool, bool]:
    """Whether triple number `index` has a composite, a known light, decoys: so few that processes lack them."""
    return index % 7 == 0, index % 5 == 0, index % 4 == 0


@contextmanager
def mixed_samples() -> Iterator[None]:
    """Let samples have what `can_teach` says."""
    real = TrainingSet.__getitem__

    def mixed(self: TrainingSet, request: tuple[int, int]) -> Batch:
        sample = real(self, request)
        has_composite, has_light, has_decoys = (float(is_there) for is_there in can_teach(request[0]))
        return replace(
            sample,
            has_composite=torch.tensor([has_composite]),
            image_weight=sample.image_weight * has_composite,
            light=torch.full_like(sample.light, 0.3),
            light_weight=torch.tensor([has_light]),
            without_decoys=-sample.placement.background if has_decoys else sample.placement.background,
            has_decoys=torch.tensor([has_decoys]),
        )

    with patch.object(TrainingSet, "__getitem__", mixed):
        yield


@contextmanager
def exact_arithmetic() -> Iterator[None]:
    """Let rounding stay as small as float32's (Muon works in bfloat16), and log every step."""
    from pytorch_optimizer.optimizer.utils import zero_power_via_newton_schulz_5

    in_float32 = partial(zero_power_via_newton_schulz_5, dtype=torch.float32)
    with (
        patch("situate.training.processes.has_fast_bf16", lambda _: False),
        patch("pytorch_optimizer.optimizer.muon.base.zero_power_via_newton_schulz_5", in_float32),
        patch("situate.training.run.LogHook", partial(LogHook, every_steps=1)),
    ):
        yield


@contextmanager
def before_step(number: int, action: Callable[[Batch], Batch]) -> Iterator[None]:
    """In this process alone, train step `number` on what `action` makes of its batch."""
    real = loop.train_step

    def acting(state, batch):
        return real(state, action(batch) if state.step == number else batch)

    with patch.object(loop, "train_step", acting):
        yield


def terminated(batch: Batch) -> Batch:
    signal.raise_signal(signal.SIGTERM)
    return batch


def broken(batch: Batch) -> Batch:
    return replace(batch, positions=batch.positions * torch.nan)


@contextmanager
def damaged_from(number: int) -> Iterator[None]:
    """In this process alone, let every triple after `number` of them be damaged."""
    real, asked = TrainingSet.__getitem__, []

    def damaged(self: TrainingSet, request: tuple[int, int]) -> Batch:
        asked.append(request)
        if len(asked) > number:
            raise DataError(f"triple {request[0]} is damaged")
        return real(self, request)

    with patch.object(TrainingSet, "__getitem__", damaged):
        yield


def full(*_: object) -> None:
    raise OSError(28, "No space left on device")


def outcome(run: Callable[[], RunResult]) -> str:
    """How a run ended, or the error that ended it."""
    try:
        return run().reason
    except SituateError as error:
        return f"{type(error).__name__}: {error}"


def main(data: Path, out: Path) -> None:
    """Run everything; write `OUT/outcomes-RANK.json`, or `OUT/outcomes-alone.json`."""
    rank = os.environ.get("RANK", "alone")
    outcomes: dict[str, str] = {}

    def run(name: str, config: RunConfig, *, fault: AbstractContextManager | None = None, **options: Any) -> None:
        """Train, with a fault in this process."""
        folder = out / options.pop("folder", name)
        with fault or nullcontext():
            outcomes[name] = outcome(partial(train, config, [data], folder, device="cpu", **options))

    with exact_arithmetic(), mixed_samples():
        if rank == "alone":
            run("alone", config_of(1))
            run("fewer", config_of(2), folder="damaged", resume=True)
            run("gone_on", config_of(1), folder="damaged", resume=True)
        else:
            run_together(run, rank)
    (out / f"outcomes-{rank}.json").write_text(json.dumps(outcomes))
    if torch.distributed.is_initialized():
        # As the command does: threads of Gloo that outlive their process abort it.
        torch.distributed.destroy_process_group()


def run_together(run: Callable[..., None], rank: str) -> None:
    """All that two processes do, of which one may meet a fault."""
    config = config_of(2)
    rule = config.converge.model_copy(update={"min_improvement": 0.9, "patience": 1, "every_steps": 1})

    def only(number: str, fault: AbstractContextManager) -> AbstractContextManager | None:
        return fault if rank == number else None

    run("whole", config)
    run("interrupted", config, fault=only("1", before_step(1, terminated)))
    run("resumed", config, folder="interrupted", resume=True)
    run("damaged", config, fault=only("1", damaged_from(6)))
    run("not_finite", config, fault=only("1", before_step(1, broken)))
    run("full_disk", config, fault=only("0", patch.object(checkpoint, "_write_state", full)))
    run("converged", config.model_copy(update={"converge": rule}))
    run("minutes", config, minutes=1e-6)
    run("again", config, folder="whole")
    run("larger", config_of(1), folder="whole", resume=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
