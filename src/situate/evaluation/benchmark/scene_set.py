"""Test sets: a config, a list of scenes, and hashes by which anybody can tell that the worlds are the same.

A test set holds no pictures. Its worlds are drawn again from the config and the scenes' names; of each scene one object
is placed, the first of those that the generator chose.
"""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from importlib import resources
from pathlib import Path
from typing import Any, Literal

from situate.data.scenes.block import group_name, scene_of
from situate.data.scenes.build import CONFIG_FILE
from situate.data.scenes.cast import Cast, read_cast
from situate.data.scenes.config import SceneConfig
from situate.data.scenes.things import Thing
from situate.data.scenes.world import World
from situate.errors import DataError, InputError
from situate.evaluation.oracle.oracle import Oracle

SIGNIFICANT_DIGITS = 6
DIGEST_LENGTH = 8
TestSet = Literal["primitives", "worlds", "worlds-seen"]
"""Those that are published: `primitives` needs no models, `worlds` is streets, yards and rooms with objects that are
models kept for testing, `worlds-seen` the same with models that may be trained on."""


@dataclass(frozen=True)
class SceneSet:
    """Scenes to be judged.

    Attributes:
        name: Of the published set, or the folder.
        config: From which the worlds are drawn.
        groups: Names of the scenes.
        indices: Which thing of each world is placed; empty takes the first that the generator chose.
        digests: First letters of each world's SHA-256; empty if nobody published them.
        sha256: Of config, names and digests together; empty likewise.
    """

    name: str
    config: SceneConfig
    groups: tuple[str, ...]
    indices: tuple[int, ...] = ()
    digests: tuple[str, ...] = ()
    sha256: str = ""

    @property
    def cast(self) -> Cast:
        """The models that the objects were drawn from; no models if all are primitives."""
        return Cast() if self.config.assets is None else read_cast(self.config.assets, self.config.models)

    @property
    def draws_sha256(self) -> str:
        """Hash of what the scenes are drawn from; sets that share a scene share it, however many scenes they hold."""
        drawn_from = self.config.model_dump(mode="json", exclude={"encoding", "num_triples"})
        return hashlib.sha256(json.dumps(drawn_from, sort_keys=True).encode()).hexdigest()

    def first(self, limit: int | None) -> "SceneSet":
        """The first `limit` scenes; None keeps all.

        Raises:
            InputError: If `limit` is under 1.
        """
        if limit is None:
            return self
        if limit < 1:
            raise InputError(f"{limit} scenes were asked for; at least 1 is needed")
        parts = {name: getattr(self, name)[:limit] for name in ("groups", "indices", "digests")}
        return replace(self, **parts)

    def scene(self, number: int) -> tuple[World, int]:
        """Draw the world of one scene again, and say which of its things is to be placed."""
        world, chosen = scene_of(self.config, self.groups[number])
        return world, self.indices[number] if self.indices else chosen[0]

    def oracle(self, number: int) -> Oracle:
        """Return the oracle of one scene."""
        return Oracle(*self.scene(number))

    def is_as_published(self, number: int, world: World) -> bool:
        """Say whether a world is the one that was published; also true where nothing was."""
        return not self.digests or digest_of(world) == self.digests[number]


def published_set(name: TestSet, assets: Path | None = None) -> SceneSet:
    """Read a published test set from the package; `assets` is the folder of its models, if it has any.

    Raises:
        ConfigError: If its worlds need models and `assets` is missing.
    """
    text = resources.files("situate.evaluation.benchmark").joinpath(f"{name}.json").read_text(encoding="utf-8")
    content = json.loads(text)
    return SceneSet(
        name=name,
        config=SceneConfig.checked(**content["config"], assets=assets),
        groups=tuple(content["groups"]),
        digests=tuple(content["worlds"]),
        sha256=content["sha256"],
    )


def set_of_folder(folder: Path, keys: Sequence[str], assets: Path | None = None) -> SceneSet:
    """Return the scenes of a data set that `situate data scenes` made; the first triple of each counts.

    Args:
        folder: Of the data set.
        keys: Of its triples.
        assets: Folder of the models that it was made with, if any.

    Raises:
        DataError: If the folder does not say from which config its scenes were drawn.
        ConfigError: If its worlds need models and `assets` is missing.
    """
    path = folder / CONFIG_FILE
    if not path.is_file():
        raise DataError(
            f"{folder} has no {CONFIG_FILE}, so its worlds cannot be drawn again; "
            "use a folder made by `situate data scenes`, or --suite triples"
        )
    config = SceneConfig.checked(**json.loads(path.read_text(encoding="utf-8")), assets=assets)
    chosen: dict[str, int] = {}
    for key in keys:
        group, _, index = key.rpartition("-")
        chosen.setdefault(group, int(index))
    return SceneSet(str(folder), config, tuple(chosen), tuple(chosen.values()))


def frozen_set(name: TestSet, config: SceneConfig, num_scenes: int, scenes_per_block: int) -> dict[str, Any]:
    """Draw worlds and describe them, to be published as a test set."""
    groups = [group_name(number // scenes_per_block, number % scenes_per_block) for number in range(num_scenes)]
    digests = [digest_of(scene_of(config, group)[0]) for group in groups]
    # How pictures are stored says nothing about the worlds.
    made_from = config.model_dump(mode="json", exclude={"encoding"})
    content = {"name": name, "config": made_from, "groups": groups, "worlds": digests}
    return {**content, "sha256": sha256_of(content)}


def sha256_of(content: dict[str, Any]) -> str:
    """Hash what describes a test set: config, names and worlds."""
    described = {name: content[name] for name in ("config", "groups", "worlds")}
    return hashlib.sha256(json.dumps(described, sort_keys=True).encode()).hexdigest()


def digest_of(world: World) -> str:
    """Hash what decides a world's places: camera, surfaces, things, seed.

    Numbers count with six digits, so that another processor's last bit does not matter.
    """
    things = [
        (thing.kind, thing.height_m, thing.width_m, thing.yaw_rad, thing.position_m, thing.base_m, _model_key(thing))
        for thing in (*world.things, *world.props)
    ]
    surfaces = [(surface.zone, surface.corners_m, surface.height_m) for surface in world.ground.surfaces]
    text = json.dumps(_rounded([asdict(world.camera), surfaces, things, world.seed]), sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:DIGEST_LENGTH]


def _model_key(thing: Thing) -> str:
    return "" if thing.model is None else thing.model.key


def _rounded(value: Any) -> Any:
    if isinstance(value, float):
        return f"{value:.{SIGNIFICANT_DIGITS}g}"
    if isinstance(value, dict):
        return {name: _rounded(part) for name, part in value.items()}
    if isinstance(value, list | tuple):
        return [_rounded(part) for part in value]
    return value
