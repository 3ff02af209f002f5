"""The leak gap: how much better a model finds the true place when the background was repaired there (docs/leak.md)."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from jaxtyping import Float

from situate.data.photos.decoys import StandHistogram
from situate.data.photos.repair import RepairConfig
from situate.errors import DataError
from situate.evaluation.intervals import Estimate, mean_of, ratio_of
from situate.evaluation.leak.remake import remade
from situate.evaluation.target import target_of
from situate.pipeline.compose import ComposePipeline
from situate.records.triple import Triple

TOP_SHARE = 0.1


@dataclass(frozen=True)
class Hits:
    """Whether the true place lies in the top tenth of the heat map, sample by sample, 0 or 1.

    Attributes:
        true: On the true background.
        repaired: On the same scene, repaired.
        keys: Of the samples.
        groups: Of the samples.
    """

    true: tuple[float, ...]
    repaired: tuple[float, ...]
    keys: tuple[str, ...]
    groups: tuple[str, ...]

    @property
    def interval_over(self) -> Literal["groups", "triples"]:
        """What is drawn again for the intervals; one scene has none to draw from, so its samples stand for them."""
        return "groups" if len(set(self.groups)) > 1 else "triples"

    @property
    def _drawn(self) -> tuple[str, ...]:
        return self.groups if self.interval_over == "groups" else self.keys

    def figures(self, *, seed: int) -> dict[str, Any]:
        """Return both rates and the gap `(S_repaired - S_true) / S_true`, each with its 95 % interval."""
        rates = {
            "hit_rate_true": mean_of(self.true, self._drawn, seed=seed),
            "hit_rate_repaired": mean_of(self.repaired, self._drawn, seed=seed),
            "leak_gap": self.gap(seed=seed),
        }
        return {name: None if estimate is None else estimate.as_dict() for name, estimate in rates.items()}

    def gap(self, *, seed: int) -> Estimate | None:
        """Return the leak gap; None if the model never finds the true place on a true background."""
        if not any(self.true):
            return None
        differences = [repaired - true for repaired, true in zip(self.repaired, self.true, strict=True)]
        return ratio_of(differences, self.true, self._drawn, seed=seed)


def hits_of(
    pipeline: ComposePipeline, triples: Sequence[Triple], stands: StandHistogram, repairs: Mapping[str, RepairConfig]
) -> dict[str, Hits]:
    """Look for the true place of every triple, on its true background and on the repaired ones.

    Args:
        pipeline: The model.
        triples: With true backgrounds.
        stands: Where decoys may be put.
        repairs: Ways to repair backgrounds, by name; without decoys the one repair is where the object stood.

    Raises:
        DataError: If there are none, or one is repaired already.
    """
    if not triples:
        raise DataError("there are no triples to measure the leak on; pass rendered or static ones")
    true: list[float] = []
    repaired: dict[str, list[float]] = {name: [] for name in repairs}
    names: list[tuple[str, str]] = []
    for triple in triples:
        names.append((triple.key, triple.group))
        true.append(float(is_found(pipeline, triple, triple.background)))
        for name, repair in repairs.items():
            background = remade(triple, stands, repair).background
            repaired[name].append(float(is_found(pipeline, triple, background)))
    keys, groups = zip(*names, strict=True)
    return {name: Hits(tuple(true), tuple(found), keys, groups) for name, found in repaired.items()}


def is_found(pipeline: ComposePipeline, triple: Triple, background: np.ndarray) -> bool:
    """Whether the cell of the true anchor is among the top tenth of the picture's cells.

    An anchor on the picture's border counts to the cell inside; see `target_of`.
    """
    _, prediction = pipeline.predict(background, triple.foreground)
    distribution = prediction.distribution
    cells = distribution.cell_log_prob[0].cpu().double().numpy()
    return in_top_share(cells, *target_of(triple, distribution).cell)


def in_top_share(cells: Float[np.ndarray, "gh gw"], row: int, column: int) -> bool:
    """Whether a cell ranks in the first tenth; cells of padding are minus infinity and do not count.

    Of equally likely cells each has the middle rank: a flat map finds nothing.
    """
    if not math.isfinite(cells[row, column]):
        return False
    inside = cells[np.isfinite(cells)]
    ahead = np.count_nonzero(inside > cells[row, column])
    ties = np.count_nonzero(inside == cells[row, column]) - 1
    return bool((ahead + ties / 2) / inside.size < TOP_SHARE)
