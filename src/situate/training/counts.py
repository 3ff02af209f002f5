"""How many samples of a step can teach what, over all processes."""

from dataclasses import dataclass
from typing import Any

import torch
from accelerate import Accelerator
from jaxtyping import Float
from torch import Tensor

from situate.records.batch import Batch


@dataclass(frozen=True)
class SampleCounts:
    """What sums over the samples of a process are divided by; at least 1 sample over all processes.

    With several processes it is the mean count of a process, so that the mean of what the processes get is the mean
    over all samples of the step, wherever they are.

    Attributes:
        composite: Samples with a composite.
        light: Samples whose light is known.
        decoys: Samples with decoys.
    """

    composite: Float[Tensor, ""]
    light: Float[Tensor, ""]
    decoys: Float[Tensor, ""]


def counts_of(batch: Batch, accelerator: Accelerator | None = None) -> SampleCounts:
    """Count the samples of a batch; with an `accelerator`, those of all its processes."""
    counts = torch.stack([batch.has_composite.sum(), batch.light_weight.sum(), batch.has_decoys.sum()])
    num_processes = 1
    if accelerator is not None:
        counts: Any = accelerator.reduce(counts, "sum")
        num_processes = accelerator.num_processes
    return SampleCounts(*(counts.clamp(min=1) / num_processes))
