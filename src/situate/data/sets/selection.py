"""Which triples of a data set are looked at: some at random, or the worst."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from situate.errors import InputError
from situate.seeds import seed_for


def selected(
    labels: Sequence[Mapping[str, Any]], num: int, *, seed: int = 0, kind: str | None = None, is_worst: bool = False
) -> list[int]:
    """Return the positions of at most `num` labels.

    Args:
        labels: Of all triples.
        num: How many at most.
        seed: Which ones are drawn.
        kind: Only objects of this class.
        is_worst: Those of the lowest quality, lowest first, then those whose quality is not known; otherwise some
            at random, in their order.

    Raises:
        InputError: If `num` is under 1, or there is no object of that kind.
    """
    if num < 1:
        raise InputError(f"{num} triples cannot be drawn; pass at least 1")
    known = sorted({label["kind"] for label in labels})
    if kind is not None and kind not in known:
        raise InputError(f"no triple is of the kind {kind!r}; choose one of {', '.join(known)}")
    candidates = [index for index, label in enumerate(labels) if kind in (None, label["kind"])]
    if is_worst:
        return sorted(candidates, key=lambda index: _quality_order(labels[index]))[:num]
    order = np.random.default_rng(seed_for(seed, "inspect")).permutation(len(candidates))
    return sorted(candidates[place] for place in order[:num].tolist())


def _quality_order(label: Mapping[str, Any]) -> tuple[bool, float]:
    quality = label.get("quality")
    return (quality is None, quality or 0.0)
