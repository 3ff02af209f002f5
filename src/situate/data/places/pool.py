"""The triples of rendered scenes from which backgrounds and foregrounds are paired, and what their objects are."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from situate.data.assets.catalogue import read_catalogue
from situate.data.assets.model import AssetModel
from situate.data.description import SCENES_FILE
from situate.data.scenes.block import scene_of
from situate.data.scenes.config import SceneConfig
from situate.data.scenes.kinds import KINDS
from situate.data.scenes.things import Thing
from situate.data.scenes.truth import truth_of
from situate.data.scenes.world import World
from situate.data.sets.prefixes import prefixes_for
from situate.data.store import TripleStore
from situate.errors import DataError

SAME_M = 0.001
"""Things drawn again stand where they stood before, up to what rounding leaves."""


@dataclass(frozen=True)
class Subject:
    """A triple of the pool, as background and as foreground.

    Attributes:
        store: Number of its data set.
        index: Its number in it.
        key: Unique in the pool.
        group: Of its scene, unique in the pool.
        thing: Its object, as it stands in its own world.
    """

    store: int
    index: int
    key: str
    group: str
    thing: Thing


@dataclass(frozen=True)
class Pool:
    """All triples of some data sets of rendered scenes.

    Attributes:
        stores: The data sets.
        configs: From which their worlds are drawn again.
        subjects: Their triples, data set by data set.
        by_kind: Of every kind, the positions of its triples.
    """

    stores: tuple[TripleStore, ...]
    configs: tuple[SceneConfig, ...]
    subjects: tuple[Subject, ...]
    by_kind: Mapping[str, tuple[int, ...]]

    def scenes(self) -> list[list[int]]:
        """Return the positions of the triples of every scene, in order."""
        scenes: dict[str, list[int]] = {}
        for position, subject in enumerate(self.subjects):
            scenes.setdefault(subject.group, []).append(position)
        return list(scenes.values())

    def world_of(self, subject: Subject) -> World:
        """Draw the world of a triple again.

        Raises:
            DataError: If it is not the one that was rendered.
        """
        label = self.stores[subject.store].labels[subject.index]
        world = scene_of(self.configs[subject.store], label["group"])[0]
        if not _is_same(truth_of(world, 0), label["truth"]):
            raise DataError(
                f"{self.stores[subject.store].folder}: scene {label['group']} is drawn otherwise than it was rendered; "
                "pass the --assets, and use the version of situate, that it was made with"
            )
        return world

    def kinds_for(self, world: World) -> list[str]:
        """Return the kinds that may stand somewhere in a world; primitives stand among primitives, models elsewhere."""
        zones, of_primitives = set(world.ground.zones), world.setting == "primitives"
        return [
            kind
            for kind in self.by_kind
            if zones & set(KINDS[kind].zones) and (KINDS[kind].body is not None) == of_primitives
        ]


@lru_cache(maxsize=1)
def read_pool(folders: tuple[Path, ...], assets: Path | None) -> Pool:
    """Open data sets of rendered scenes; `assets` is the folder of the models that they were made with, if any.

    Raises:
        DataError: If one is no data set, or not of rendered scenes, or its models are missing.
        ConfigError: If its worlds need models and `assets` is None.
    """
    stores = tuple(TripleStore(folder) for folder in folders)
    configs = tuple(_config_of(store, assets) for store in stores)
    models = {} if assets is None else {model.key: model for model in read_catalogue(assets)}
    subjects = [
        _subject(store, number, index, prefix, models)
        for number, (store, prefix) in enumerate(zip(stores, prefixes_for(stores), strict=True))
        for index in range(len(store))
    ]
    by_kind: dict[str, list[int]] = {}
    for position, subject in enumerate(subjects):
        by_kind.setdefault(subject.thing.kind, []).append(position)
    return Pool(stores, configs, tuple(subjects), {kind: tuple(by_kind[kind]) for kind in sorted(by_kind)})


def _config_of(store: TripleStore, assets: Path | None) -> SceneConfig:
    other = next((number for number, label in enumerate(store.labels) if not _is_rendered(label)), None)
    if other is not None:
        raise DataError(
            f"{store.folder}: {store.keys[other]} is of source {store.labels[other]['source']!r} and knows no world; "
            "places are drawn in rendered scenes alone: pass folders made by situate data scenes"
        )
    path = store.folder / SCENES_FILE
    if not path.is_file():
        raise DataError(
            f"{store.folder} has no {SCENES_FILE}, so its worlds cannot be drawn again; "
            "pass a folder made by situate data scenes, neither split nor merged"
        )
    return SceneConfig.checked(**json.loads(path.read_text(encoding="utf-8")), assets=assets)


def _is_rendered(label: Mapping[str, Any]) -> bool:
    return label["source"] == "scenes" and label.get("truth") is not None


def _subject(store: TripleStore, number: int, index: int, prefix: str, models: Mapping[str, AssetModel]) -> Subject:
    label, key = store.labels[index], store.keys[index]
    described = label["truth"]["things"][label["truth"]["object"]]
    model = described["model"]
    if model is not None and model not in models:
        raise DataError(
            f"{store.folder}: {key} shows the model {model}, which --assets lacks; pass those it was made with"
        )
    x, y, base_m = described["position_m"]
    thing = Thing(
        kind=described["kind"],
        height_m=described["height_m"],
        width_m=described["width_m"],
        yaw_rad=described["yaw_rad"],
        position_m=(x, y),
        seed=label["truth"]["seed"],
        base_m=base_m,
        model=None if model is None else models[model],
    )
    return Subject(number, index, f"{prefix}{key}", f"{prefix}{label['group']}", thing)


def _is_same(truth: Mapping[str, Any], rendered: Mapping[str, Any]) -> bool:
    if [thing["kind"] for thing in truth["things"]] != [thing["kind"] for thing in rendered["things"]]:
        return False
    places, places_then = (np.array([thing["position_m"] for thing in one["things"]]) for one in (truth, rendered))
    return bool(np.abs(places - places_then).max() <= SAME_M)
