"""From stores to batches: the split by group, and an endless plan whose draws are indexed by (seed, step, rank)."""

import os
import signal
from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from itertools import accumulate
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float64, Int64
from torch.utils.data import DataLoader, Dataset, Sampler

from situate.data.mixture import round_order, triple_weights
from situate.data.sample import SampleConfig, training_sample, validation_sample
from situate.data.store import TripleStore
from situate.errors import DataError
from situate.records.batch import Batch, collate
from situate.records.triple import Triple
from situate.seeds import seed_for

SPLIT_SEED = 0
_SPLIT_BUCKETS = 10_000


class TripleUnion(Sequence[Triple]):
    """Several data sets behind one index."""

    def __init__(self, folders: Sequence[Path]) -> None:
        """Open every folder."""
        self.stores = [TripleStore(folder) for folder in folders]
        self._ends = list(accumulate(len(store) for store in self.stores))

    def __len__(self) -> int:
        """Number of triples in all."""
        return self._ends[-1]

    def __getitem__(self, index: int) -> Triple:  # type: ignore[override]
        """Decode triple number `index`."""
        store, local = self._locate(index)
        return self.stores[store][local]

    def label(self, index: int) -> Mapping[str, Any]:
        """Label of triple number `index`; no picture is decoded."""
        store, local = self._locate(index)
        return self.stores[store].labels[local]

    def group(self, index: int) -> str:
        """Group of a triple, unique over the data sets; pairs of source `places` show the scenes they were drawn in."""
        store, local = self._locate(index)
        source = self.stores[store].description.get("source", "")
        return f"{'scenes' if source == 'places' else source}:{self.stores[store].labels[local]['group']}"

    def folder_number(self, index: int) -> int:
        """Number of the folder of triple number `index`, in the order in which they were opened."""
        return self._locate(index)[0]

    def _locate(self, index: int) -> tuple[int, int]:
        store = bisect_right(self._ends, index)
        return store, index - (self._ends[store - 1] if store else 0)


def split_by_group(triples: TripleUnion, validation_fraction: float) -> tuple[list[int], list[int]]:
    """Divide triples into training and validation; a group is never in both, and never changes side.

    Raises:
        DataError: If either side would be empty.
    """
    is_validation = [_bucket(triples.group(index)) < validation_fraction for index in range(len(triples))]
    training = [index for index, is_held_out in enumerate(is_validation) if not is_held_out]
    validation = [index for index, is_held_out in enumerate(is_validation) if is_held_out]
    if not training or not validation:
        raise DataError(
            f"{len(triples)} triples split into {len(training)} for training and {len(validation)} for validation; "
            "both need at least one: make more triples, or change it with --set validation_fraction=0.2"
        )
    return training, validation


def split_by_folder(triples: TripleUnion, num_training: int) -> tuple[list[int], list[int]]:
    """Divide triples into those of the first `num_training` folders and those of the others, for validation."""
    first = sum(len(store) for store in triples.stores[:num_training])
    return list(range(first)), list(range(first, len(triples)))


def drawn_validation(validation: Sequence[int], max_validation: int, seed: int) -> list[int]:
    """Draw at most `max_validation` of the held-out indices, from all data sets alike; return them in order."""
    order = np.random.default_rng(seed_for(seed, "validation")).permutation(validation)
    return sorted(int(index) for index in order[:max_validation])


def weighed(
    triples: TripleUnion, indices: Sequence[int], folder_weights: Sequence[float] | None, class_balance: float
) -> tuple[list[int], Float64[np.ndarray, " n"] | None]:
    """Say how often each of some triples is to be drawn.

    Args:
        triples: All of them.
        indices: Those to be drawn.
        folder_weights: Of the first folders, which `indices` are from; see `triple_weights`.
        class_balance: Likewise.

    Returns:
        The indices and their weights. Without weights and balance these are None; otherwise folders and classes stand
        together, so that they are drawn evenly too.

    Raises:
        DataError: If a folder has a weight and no triple to draw.
    """
    if folder_weights is None and not class_balance:
        return list(indices), None
    strata = {index: (triples.folder_number(index), str(triples.label(index)["kind"])) for index in indices}
    filled = {folder for folder, _ in strata.values()}
    for number, weight in enumerate(folder_weights or ()):
        if number not in filled:
            raise DataError(
                f"{triples.stores[number].folder} has the weight {weight:g}, but all its {len(triples.stores[number])} "
                "triples are held out for validation; leave it out, or name triples to validate on with --validation"
            )
    ordered = sorted(indices, key=strata.__getitem__)
    folders, kinds = zip(*(strata[index] for index in ordered), strict=True)
    return ordered, triple_weights(folders, kinds, folder_weights, class_balance)


class TrainingSet(Dataset[Batch]):
    """Augmented samples, asked for by (index, seed)."""

    def __init__(self, triples: TripleUnion, config: SampleConfig) -> None:
        """Draw from `triples`."""
        self.triples = triples
        self.config = config

    def __getitem__(self, request: tuple[int, int]) -> Batch:
        """Make the sample of triple `index` with `seed`."""
        index, seed = request
        return training_sample(self.triples[index], seed, self.config)


class StepSampler(Sampler[list[tuple[int, int]]]):
    """The (index, seed) requests of each step, from any step on.

    There are as many draws in an epoch as triples. Its order is drawn from the run's seed and its number: a
    permutation, or by weight.
    """

    def __init__(
        self,
        indices: Sequence[int],
        *,
        batch_size: int,
        seed: int,
        start_step: int,
        rank: int,
        world_size: int,
        weights: Float64[np.ndarray, " n"] | None = None,
    ) -> None:
        """Plan batches of `batch_size` for process `rank` of `world_size`, beginning with `start_step`.

        `weights` says how often each of `indices` is drawn; without it, once an epoch.
        """
        self.indices = np.asarray(indices, np.int64)
        self.weights = weights
        self.batch_size = batch_size
        self.seed = seed
        self.start_step = start_step
        self.rank = rank
        self.world_size = world_size

    def __iter__(self) -> Iterator[list[tuple[int, int]]]:
        """Yield requests without end."""
        step, epoch, order = self.start_step, -1, self.indices
        while True:
            requests = []
            first = (step * self.world_size + self.rank) * self.batch_size
            for draw in range(first, first + self.batch_size):
                if draw // len(self.indices) != epoch:
                    epoch = draw // len(self.indices)
                    order = self._order(epoch)
                requests.append((int(order[draw % len(order)]), seed_for(self.seed, "sample", draw)))
            yield requests
            step += 1

    def _order(self, epoch: int) -> Int64[np.ndarray, " n"]:
        if self.weights is not None:
            return round_order(self.indices, self.weights, seed=self.seed, number=epoch)
        return np.random.default_rng(seed_for(self.seed, "epoch", epoch)).permutation(self.indices)


def training_batches(dataset: TrainingSet, sampler: StepSampler, num_workers: int) -> Iterator[Batch]:
    """Iterate over batches without end; the number of workers changes nothing but speed."""
    loader = DataLoader(
        dataset,
        batch_sampler=sampler,
        collate_fn=collate,
        num_workers=num_workers,
        worker_init_fn=leave_signals_to_the_main_process,
    )
    return iter(loader)


def leave_signals_to_the_main_process(worker: int) -> None:
    """Keep from a worker what a terminal or torchrun sends to the whole group: the step under way needs its batches."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    os.setpgid(0, 0)


def validation_batches(
    triples: Sequence[Triple], indices: Sequence[int], config: SampleConfig, batch_size: int
) -> list[Batch]:
    """Make all validation samples once, in order."""
    samples = [validation_sample(triples[index], config) for index in indices]
    return [collate(samples[start : start + batch_size]) for start in range(0, len(samples), batch_size)]


def _bucket(group: str) -> float:
    return seed_for(SPLIT_SEED, group) % _SPLIT_BUCKETS / _SPLIT_BUCKETS
