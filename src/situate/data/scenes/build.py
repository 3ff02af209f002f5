"""A data set of rendered scenes: blocks over several workers, resumable, the same bytes for any number of them."""

import json
from collections import Counter
from collections.abc import Callable, Iterator
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from situate.data.assets.attribution import attribution
from situate.data.assets.catalogue import read_catalogue
from situate.data.description import (
    ATTRIBUTION_FILE,
    DESCRIPTION_FILE,
    PARTIAL_SUFFIX,
    SCENES_FILE,
    is_own_name,
    write_description,
)
from situate.data.lock import only_writer
from situate.data.scenes.block import is_done, report_path, write_block
from situate.data.scenes.cast import read_cast
from situate.data.scenes.config import SceneConfig
from situate.data.scenes.render import Renderer
from situate.data.shard_writer import writing
from situate.errors import DataError, MissingExtraError, OutputError
from situate.imageio.write import write_bytes
from situate.sharding.engine import Engine, check_engine, run_items
from situate.sharding.pool import check_num_workers

CONFIG_FILE = SCENES_FILE
COUNTS = ("skipped", "redrawn", "kinds")

Progress = Callable[[int, int], None]

_renderers: dict[int, Renderer] = {}


def build_scene_triples(
    config: SceneConfig,
    folder: Path,
    *,
    num_workers: int = 1,
    engine: Engine = "local",
    resume: bool = False,
    overwrite: bool = False,
    progress: Progress | None = None,
) -> dict[str, Any]:
    """Render a data set of triples into `folder`; return what is written to its `dataset.json`.

    Args:
        config: What to make.
        folder: Where; must be empty or missing unless `resume` or `overwrite`.
        num_workers: How many work at once; does not change the result.
        engine: Who the workers are; does not change the result either. All must see `folder` and the models.
        resume: Keep the blocks that an earlier run with the same config finished.
        overwrite: Remove an earlier data set of scenes first.
        progress: Called with the triples done and wanted, whenever a block is done.

    Raises:
        MissingExtraError: If Mitsuba, or what the engine needs, is not installed.
        OutputError: If the folder is in use, or holds another config's data, or another run writes into it.
        ConfigError: If `num_workers` is under 1 or the engine unknown.
        DataError: If the models cannot be read.
    """
    check_num_workers(num_workers)
    check_engine(engine)
    if find_spec("mitsuba") is None:
        raise MissingExtraError("mitsuba", "scenes")
    if config.assets is not None:
        # Before anything is made or removed: without models nothing can be rendered.
        read_cast(config.assets, config.models)
    with only_writer(folder):
        _prepare(config, folder, resume=resume, overwrite=overwrite)
        todo = [block for block in range(config.num_blocks) if not is_done(folder, block)]
        num_done = config.num_triples - sum(config.block_size(block) for block in todo)
        report = progress or (lambda done, wanted: None)
        report(num_done, config.num_triples)
        for num_written in _render_blocks(config, folder, todo, num_workers, engine):
            num_done += num_written
            report(num_done, config.num_triples)
        return _finish(config, folder)


def _prepare(config: SceneConfig, folder: Path, *, resume: bool, overwrite: bool) -> None:
    with writing(folder):
        folder.mkdir(parents=True, exist_ok=True)
        if overwrite and any((folder / name).is_file() for name in (CONFIG_FILE, f"{CONFIG_FILE}{PARTIAL_SUFFIX}")):
            _clear(folder)
        if any(folder.iterdir()):
            _check_resumable(config, folder, resume=resume)
        write_bytes((config.model_dump_json(indent=2) + "\n").encode(), folder / CONFIG_FILE)


def _clear(folder: Path) -> None:
    found = sorted(folder.iterdir())
    foreign = [path.name for path in found if not is_own_name(path.name) or path.is_dir()]
    if foreign:
        raise OutputError(f"{folder} holds {foreign[0]}, which is no part of a data set; choose another folder")
    # A data set half removed is neither taken for a whole one, nor for somebody else's.
    for path in sorted(found, key=lambda path: (path.name == CONFIG_FILE, path.name != DESCRIPTION_FILE)):
        path.unlink(missing_ok=True)


def _check_resumable(config: SceneConfig, folder: Path, *, resume: bool) -> None:
    path = folder / CONFIG_FILE
    if not path.is_file():
        raise OutputError(f"{folder} is not empty and holds no data set of scenes; choose another folder")
    if not resume:
        raise OutputError(f"{folder} already holds a data set; pass --resume to go on or --overwrite to start anew")
    try:
        made_with = json.loads(path.read_text())
    except ValueError as error:
        raise OutputError(f"{path} is damaged ({error}); pass --overwrite to start anew") from error
    if made_with != config.model_dump(mode="json"):
        raise OutputError(f"{folder} was made with other options (see {path}); repeat them or pass --overwrite")


def _render_blocks(
    config: SceneConfig, folder: Path, blocks: list[int], num_workers: int, engine: Engine
) -> Iterator[int]:
    # A worker on another machine does not stand in this process's folder.
    assets = None if config.assets is None else config.assets.absolute()
    work = partial(_work, config.model_copy(update={"assets": assets}), folder.absolute())
    for _, num_written in run_items(work, blocks, num_workers=num_workers, engine=engine):
        yield num_written


def _work(config: SceneConfig, folder: Path, block: int) -> int:
    """Render one block; a process makes its renderer once."""
    if config.num_samples not in _renderers:
        _renderers[config.num_samples] = Renderer(config.num_samples)
    with writing(folder):
        return write_block(_renderers[config.num_samples], config, folder, block)


def _finish(config: SceneConfig, folder: Path) -> dict[str, Any]:
    reports = [json.loads(report_path(folder, block).read_text()) for block in range(config.num_blocks)]
    counts = {name: sum((Counter(report.get(name, {})) for report in reports), Counter()) for name in COUNTS}
    description = {
        "source": "scenes",
        "config": config.model_dump(),
        "seed": config.seed,
        "num_triples": sum(report["num_triples"] for report in reports),
        "num_scenes": sum(report["num_scenes"] for report in reports),
        "skipped": dict(counts["skipped"]),
        "redrawn": dict(sorted(counts["redrawn"].items())),
        "kinds": dict(sorted(counts["kinds"].items())),
    }
    if config.assets is not None:
        shown = {key for report in reports for key in report["models"]}
        _attribute(shown, config.assets, folder)
    write_description(folder, description)
    return description


def _attribute(shown: set[str], assets: Path, folder: Path) -> None:
    models = {model.key: model for model in read_catalogue(assets)}
    missing = sorted(shown - models.keys())
    if missing:
        raise DataError(
            f"{assets} lacks {len(missing)} models that {folder} shows, such as {missing[0]}; "
            "pass the --assets that it was begun with"
        )
    with writing(folder):
        write_bytes(attribution([models[key] for key in sorted(shown)]).encode(), folder / ATTRIBUTION_FILE)
