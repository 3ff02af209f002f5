"""What a run trains on, and what it validates on."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float64

from situate.data.loader import (
    TripleUnion,
    drawn_validation,
    split_by_folder,
    split_by_group,
    validation_batches,
    weighed,
)
from situate.records.batch import Batch
from situate.training.config import RunConfig
from situate.training.folder import data_identity

NUM_SHEET_ROWS = 8


@dataclass(frozen=True)
class RunData:
    """The triples of a run.

    Attributes:
        triples: All of them.
        num_training_folders: The first so many folders are trained on.
        identity: What `data_identity` says of the folders.
        training: Numbers of the triples to train on.
        draw_weights: How often each of these is drawn; None for all alike.
        held_out: Numbers of the triples to validate on, of which not all may be used.
    """

    triples: TripleUnion
    num_training_folders: int
    identity: list[dict[str, Any]]
    training: list[int]
    draw_weights: Float64[np.ndarray, " n"] | None
    held_out: list[int]

    @property
    def counts(self) -> dict[str, int]:
        """Number of triples for training and for validation."""
        return {"training": len(self.training), "validation": len(self.held_out)}

    @property
    def sources(self) -> list[dict[str, Any]]:
        """`dataset.json` of each folder that is trained on, its `num_triples`, and its `weight` where it has one."""
        stores = self.triples.stores[: self.num_training_folders]
        weights = [{"weight": entry["weight"]} if "weight" in entry else {} for entry in self.identity]
        return [
            {**store.description, "num_triples": len(store), **weight}
            for store, weight in zip(stores, weights, strict=False)
        ]

    def validation(self, config: RunConfig, batch_size: int) -> tuple[list[Batch], Batch]:
        """Make the samples to validate on, and those of the sample sheets: the first with a composite, if any are."""
        drawn = drawn_validation(self.held_out, config.max_validation, config.seed)
        batches = validation_batches(self.triples, drawn, config.sample, batch_size)
        shown = sorted(drawn, key=lambda index: self.triples.label(index)["source"] == "places")[:NUM_SHEET_ROWS]
        return batches, validation_batches(self.triples, shown, config.sample, NUM_SHEET_ROWS)[0]


def open_data(
    config: RunConfig, data: Sequence[Path], validation: Sequence[Path] = (), weights: Sequence[float] | None = None
) -> RunData:
    """Open the folders and divide their triples; see `situate.training.run.train` for the arguments.

    Raises:
        ConfigError: If a data set is both in `data` and in `validation`.
        DataError: If the data cannot be read or split.
    """
    triples = TripleUnion([*data, *validation])
    identity = data_identity(triples.stores[: len(data)], triples.stores[len(data) :], weights)
    if validation:
        training, held_out = split_by_folder(triples, len(data))
    else:
        training, held_out = split_by_group(triples, config.validation_fraction)
    training, draw_weights = weighed(triples, training, weights, config.class_balance)
    return RunData(triples, len(data), identity, training, draw_weights, held_out)
