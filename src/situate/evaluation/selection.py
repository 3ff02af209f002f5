"""Which triples are evaluated."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from situate.data.loader import TripleUnion, split_by_group
from situate.errors import InputError
from situate.records.triple import Triple
from situate.seeds import seed_for


class TripleSelection(Sequence[Triple]):
    """Some triples of a union, decoded when asked for."""

    def __init__(self, union: TripleUnion, indices: Sequence[int]) -> None:
        """Show only `indices` of `union`."""
        self._union = union
        self.indices = indices

    def __len__(self) -> int:
        """Number of triples."""
        return len(self.indices)

    def label(self, index: int) -> Mapping[str, Any]:
        """Label of triple number `index` of the selection; no picture is decoded."""
        return self._union.label(self.indices[index])

    def __getitem__(self, index: int) -> Triple:  # type: ignore[override]
        """Decode triple number `index` of the selection."""
        return self._union[self.indices[index]]


def selected(union: TripleUnion, *, validation_fraction: float | None, num: int | None, seed: int) -> TripleSelection:
    """Choose triples.

    Args:
        union: All of them.
        validation_fraction: Take only the groups that training with this fraction leaves out; None takes all.
        num: At most so many, drawn by `seed`.
        seed: Of the draw.

    Raises:
        InputError: If `num` < 1.
    """
    if num is not None and num < 1:
        raise InputError(f"{num} triples were asked for; at least 1 is needed")
    indices = list(range(len(union)))
    if validation_fraction is not None:
        indices = split_by_group(union, validation_fraction)[1]
    if num is not None and num < len(indices):
        drawn = np.random.default_rng(seed_for(seed, "evaluate")).permutation(len(indices))[:num]
        indices = sorted(indices[int(position)] for position in drawn)
    return TripleSelection(union, indices)
