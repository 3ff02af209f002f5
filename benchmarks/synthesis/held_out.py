"""Held-out scenes, what is known of them, and the prior that placement must beat."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from peers.evaluate import check_apart

from situate.data.loader import TripleUnion
from situate.errors import ConfigError, DataError, InputError
from situate.evaluation.baselines import PriorPlacement, prior_from
from situate.evaluation.benchmark.scene_set import set_of_folder
from situate.evaluation.fused import tokens_of_another_scene
from situate.evaluation.oracle.oracle import Oracle
from situate.evaluation.selection import selected
from situate.evaluation.suite import boxes_on_canvas
from situate.geometry.canvas import BoxCxcywh
from situate.records.triple import Triple

SEED = 0
"""Of the choice of scenes, the noise templates and the validation's noise: the same for all variants and seeds."""


@dataclass(frozen=True)
class HeldOut:
    """Rendered triples that nothing was trained on.

    Attributes:
        triples: Decoded once.
        others: For each the number of one of another scene.
        oracles: One for each; None where the worlds cannot be drawn again.
        training_boxes: True boxes of the training set on its canvas.
    """

    triples: Sequence[Triple]
    others: Sequence[int]
    oracles: Sequence[Oracle] | None
    training_boxes: Sequence[BoxCxcywh]

    def prior(self, grid_side: int) -> PriorPlacement:
        """Where objects stood in the training set."""
        return prior_from(self.training_boxes, grid_side)


def held_out(
    training: Sequence[Path], folder: Path, *, num: int, assets: Path | None, say: Callable[[str], None]
) -> HeldOut:
    """Choose scenes to judge on.

    Args:
        training: Data sets that are trained on.
        folder: Rendered triples.
        num: At most so many.
        assets: Folder of the models that they show.
        say: Called with a line if there is no oracle, and why.

    Raises:
        InputError: If some are trained on, or the folder does not hold rendered scenes.
        ConfigError: If `assets` are not those of the scenes.
        DataError: If there are `assets`, but the folder does not say how its scenes were drawn.
    """
    check_apart(training, [folder])
    union = TripleUnion([folder])
    source = union.stores[0].description.get("source")
    if source != "scenes":
        raise InputError(f"{folder} is of source {source!r}; pass triples made by `situate data scenes`")
    triples = list(selected(union, validation_fraction=None, num=num, seed=SEED))
    return HeldOut(
        triples=triples,
        others=tokens_of_another_scene([triple.group for triple in triples]),
        oracles=_oracles(folder, triples, assets, say),
        training_boxes=boxes_on_canvas(TripleUnion(training)),
    )


def _oracles(
    folder: Path, triples: Sequence[Triple], assets: Path | None, say: Callable[[str], None]
) -> list[Oracle] | None:
    try:
        return [set_of_folder(folder, [triple.key], assets).oracle(0) for triple in triples]
    except (ConfigError, DataError) as error:
        if assets is not None:
            raise
        say(f"no oracle judges the places: {error}")
        return None
