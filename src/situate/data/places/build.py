"""A data set of places: backgrounds of rendered scenes paired with objects of others, without rendering anything."""

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

from situate.data.building.build import IN_THIS_PROCESS, Progress, Workers, build
from situate.data.building.report import BuildReport
from situate.data.building.source import BuildSource, Plan
from situate.data.checksums import INDEX_FILE, sha256_of
from situate.data.places.block import SCENES_PER_BLOCK, PlacesBlock, make_block, plan_block
from situate.data.places.config import PlacesConfig
from situate.data.places.pool import Pool, read_pool
from situate.data.sets.attribution import attribute
from situate.data.shard_writer import writing
from situate.errors import InputError


def build_places(
    config: PlacesConfig,
    folders: Sequence[Path],
    output: Path,
    workers: Workers = IN_THIS_PROCESS,
    *,
    assets: Path | None = None,
    resume: bool = False,
    overwrite: bool = False,
    progress: Progress | None = None,
) -> BuildReport:
    """Pair the backgrounds of rendered scenes with objects of other scenes, and draw where each could stand.

    The bytes written do not depend on `workers`, nor on how often the build was stopped and resumed.

    Args:
        config: What is drawn.
        folders: Data sets of rendered scenes.
        output: Where the data set is written.
        workers: Who does the work.
        assets: Folder of the models that the scenes were made with, if any.
        resume: Go on with what is already in `output`.
        overwrite: Replace the data set in `output`.
        progress: Told after every block, in backgrounds.

    Raises:
        DataError: If one of `folders` is no data set of rendered scenes, or its worlds cannot be drawn again.
        ConfigError: If the scenes need models and `assets` is missing.
        InputError: If there are no `folders`, or `output` is one of them or cannot be used as asked.
        OutputError: If `output` cannot be written, or another run writes into it.
    """
    _check_folders(folders, output)
    # Whole paths: a worker of a cluster stands in another folder.
    whole = tuple(folder.absolute() for folder in folders)
    pool = read_pool(whole, None if assets is None else assets.absolute())
    blocks = _cut_into_blocks(pool, whole, None if assets is None else assets.absolute(), config)
    identity = {
        "config": config.model_dump(mode="json"),
        "scenes": [_named(pool, number) for number in range(len(whole))],
    }
    maker = partial(_maker, folder=output.absolute())
    source = BuildSource("places", identity, blocks, plan_block, maker, ", ".join(map(str, folders)))
    report = build(source, output, workers, resume=resume, overwrite=overwrite, progress=progress)
    with writing(output):
        attribute(folders, output)
    return report


def _check_folders(folders: Sequence[Path], output: Path) -> None:
    if not folders:
        raise InputError("there are 0 data sets of scenes; pass at least 1")
    resolved = [folder.resolve() for folder in folders]
    twice = [str(folder) for folder in folders if resolved.count(folder.resolve()) > 1]
    if twice:
        raise InputError(f"{twice[0]} is named twice; pass every data set once")
    if output.resolve() in resolved:
        raise InputError(f"{output} is the data set that is read; choose another folder to write")


def _cut_into_blocks(
    pool: Pool, folders: tuple[Path, ...], assets: Path | None, config: PlacesConfig
) -> list[PlacesBlock]:
    scenes = [tuple(scene) for scene in pool.scenes()]
    return [
        PlacesBlock(number, tuple(scenes[start : start + SCENES_PER_BLOCK]), folders, assets, config)
        for number, start in enumerate(range(0, len(scenes), SCENES_PER_BLOCK))
    ]


def _named(pool: Pool, number: int) -> dict[str, Any]:
    """Say which data set it is, so that it can be told from others."""
    folder = pool.stores[number].folder
    index = folder / INDEX_FILE
    return {
        "name": folder.name,
        "num_triples": len(pool.stores[number]),
        "seed": pool.configs[number].seed,
        "index_sha256": sha256_of(index) if index.is_file() else None,
    }


def _maker(plans: Sequence[Plan], folder: Path) -> Any:
    return partial(make_block, destination=folder)
