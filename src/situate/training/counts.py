"""How many samples can teach what: of a step over all processes, of an evaluation over all batches."""

from collections.abc import Sequence
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

    def times(self, number: int) -> "SampleCounts":
        """Return every count times `number`."""
        return SampleCounts(self.composite * number, self.light * number, self.decoys * number)


def counts_of(batch: Batch, accelerator: Accelerator | None = None) -> SampleCounts:
    """Count the samples of a batch; with an `accelerator`, those of all its processes."""
    counts = _summed(batch)
    num_processes = 1
    if accelerator is not None:
        counts: Any = accelerator.reduce(counts, "sum")
        num_processes = accelerator.num_processes
    return SampleCounts(*(counts.clamp(min=1) / num_processes))


def mean_counts(batches: Sequence[Batch]) -> SampleCounts:
    """Count the samples of all batches, for each sample of them.

    Times the size of a batch it is what the sums of that batch are divided by, so that the mean over batches by their
    size is the mean over all samples that count, however they are spread.
    """
    counts = torch.stack([_summed(batch) for batch in batches]).sum(0)
    return SampleCounts(*(counts.clamp(min=1) / sum(len(batch) for batch in batches)))


def _summed(batch: Batch) -> Float[Tensor, "3"]:
    return torch.stack([batch.has_composite.sum(), batch.light_weight.sum(), batch.has_decoys.sum()])
