"""Which models of a catalogue are at hand for which kind."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Literal

import numpy as np

from situate.data.assets.catalogue import read_catalogue
from situate.data.assets.model import AssetModel
from situate.data.scenes.catalogue import CATALOGUE_KINDS, SCENERY
from situate.data.scenes.things import Thing
from situate.seeds import seed_for

LOG_HEIGHT_SPREAD = 0.05
"""Of every thing's height round its model's, so that heights have a density too."""

TEST_EVERY = 6
Split = Literal["all", "train", "test"]


@dataclass(frozen=True)
class Cast:
    """Models by kind; a kind without models is not in it."""

    by_kind: dict[str, tuple[AssetModel, ...]] = field(default_factory=dict)

    def draw(self, generator: np.random.Generator, kind: str) -> Thing:
        """Draw a thing of a kind, not yet placed: a model, each as likely, and its height."""
        models = self.by_kind[kind]
        model = models[int(generator.integers(len(models)))]
        scale = float(np.exp(generator.normal(0, LOG_HEIGHT_SPREAD)))
        seed = int(generator.integers(2**31))
        return Thing(kind, model.height_m * scale, model.width_m * scale, 0.0, (0.0, 0.0), seed, model=model)


@lru_cache(maxsize=8)
def read_cast(folder: Path, split: Split = "all") -> Cast:
    """Return the cast that the models below `folder` make; scenery is the same in every split."""
    models = read_catalogue(folder)
    roles: list[tuple[str, tuple[str, ...], Split]] = [(kind.name, kind.models, split) for kind in CATALOGUE_KINDS]
    scenery: list[tuple[str, tuple[str, ...], Split]] = [(name, names, "all") for name, names in SCENERY.items()]
    chosen = {name: _chosen(models, name, names, part) for name, names, part in (*roles, *scenery)}
    return Cast({name: found for name, found in chosen.items() if found})


def _chosen(models: Sequence[AssetModel], kind: str, names: Sequence[str], split: Split) -> tuple[AssetModel, ...]:
    return tuple(
        model
        for model in models
        if (model.key.rpartition("#")[2] in names or model.category == kind)
        and (split == "all" or is_test_model(model) == (split == "test"))
    )


def is_test_model(model: AssetModel) -> bool:
    """Say whether a model is kept for testing: about one in `TEST_EVERY`, by its key alone."""
    return seed_for(0, "split", model.key) % TEST_EVERY == 0
