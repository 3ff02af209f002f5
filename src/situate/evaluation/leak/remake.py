"""Triples with true backgrounds made again as if they were annotated photographs: the background is repaired."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from situate.data.photos.decoys import Stand, StandHistogram, stand_histogram
from situate.data.photos.repair import RepairConfig, repaired
from situate.errors import DataError
from situate.geometry.canvas import BoxCxcywh
from situate.records.triple import Triple


def remade(triple: Triple, stands: StandHistogram, config: RepairConfig) -> Triple:
    """Return the triple as `situate data photos` would have made it from its composite.

    Where the object's shadow is, is guessed as for any photograph. What only rendering knows is dropped, and other
    objects are not known: decoys may cut them, and repairs copy from them.

    Raises:
        DataError: If its background is repaired already.
    """
    if triple.hole.any():
        raise DataError(f"the background of {triple.key} is repaired already; pass rendered or static triples")
    mask = triple.visible_alpha > 0
    repair = repaired(triple.composite, mask, (), stands.of(triple.kind), config, triple.key)
    return replace(
        triple,
        source="photos",
        background=repair.background,
        composite=repair.composite,
        effect=np.where(mask, np.uint8(255), np.uint8(0)),
        hole=repair.hole.astype(np.uint8) * 255,
        decoys=repair.decoys,
        amodal_alpha=None,
        support=None,
        light=None,
        truth=None,
    )


def stands_in(boxes: Sequence[tuple[str, BoxCxcywh]]) -> StandHistogram:
    """Return where the objects of triples stand, from their kinds and boxes."""
    return stand_histogram([(kind, Stand(cx, min(1.0, cy + h / 2), h)) for kind, (cx, cy, _, h) in boxes])
