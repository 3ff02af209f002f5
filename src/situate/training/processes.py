"""Several processes that train one model (started by torchrun): which they are, and how they come to agree.

Whatever one process alone can meet (an error in its samples, a signal, a full disk) must be known to all before any of
them waits for the others: else they would wait without end.
"""

from collections.abc import Callable
from typing import Any, TypeVar

import torch
from accelerate import Accelerator
from accelerate.utils import DistributedDataParallelKwargs, broadcast_object_list, gather_object

from situate.errors import SituateError
from situate.pipeline.device import device_named, has_fast_bf16

Value = TypeVar("Value")


def accelerator_on(device: str) -> Accelerator:
    """Device, precision and processes; with several, each takes a GPU of its own, or all share the CPU.

    Args:
        device: `auto`, `cpu` or `cuda`.

    Raises:
        InputError: If the device is unknown or not there.
    """
    chosen = device_named(device)
    precision = "bf16" if has_fast_bf16(chosen) else "no"
    # A process may have no sample that needs the synthesis network, or the light encoders.
    wrapper = DistributedDataParallelKwargs(find_unused_parameters=True)
    return Accelerator(cpu=chosen.type == "cpu", mixed_precision=precision, kwargs_handlers=[wrapper])


def agreed(accelerator: Accelerator, action: Callable[[], Value]) -> Value:
    """Do something that waits for no other process; what goes wrong in one process is raised in all.

    Raises:
        SituateError: This process's own, or else that of the first process that has one.
    """
    if accelerator.num_processes == 1:
        return action()
    failure, values = None, []
    try:
        values.append(action())
    except SituateError as error:
        failure = error
    if total(accelerator, int(failure is not None)):
        failures = gather_object([failure])
        raise failure or next(error for error in failures if error is not None)
    return values[0]


def on_main(accelerator: Accelerator, action: Callable[[], Value]) -> Value | None:
    """Do something in the main process alone, while the others wait; None in those."""
    return agreed(accelerator, lambda: action() if accelerator.is_main_process else None)


def total(accelerator: Accelerator, number: int) -> int:
    """Sum of the numbers that the processes give."""
    if accelerator.num_processes == 1:
        return number
    return int(accelerator.reduce(torch.tensor(number, device=accelerator.device), "sum"))  # type: ignore[arg-type]


def from_main(accelerator: Accelerator, value: Value | None) -> Value:
    """What the main process gives, in all processes; what the others give does not count."""
    given: list[Any] = [value]
    if accelerator.num_processes > 1:
        broadcast_object_list(given)
    return given[0]
