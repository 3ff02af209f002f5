"""A whole augmentation: plan, blocks over workers, labels, report; resumable, the same bytes for any number of workers.

`OUT/plan.json` says what is made; what is finished lies in `OUT/building/` until everything is.
"""

import hashlib
import json
import shutil
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from itertools import count
from pathlib import Path, PurePosixPath
from typing import Any

from situate.augment.block_files import write_block
from situate.augment.checks import check_apart, check_model, check_planned
from situate.augment.config import AugmentConfig
from situate.augment.cutouts import SELF, CutoutFolder, cutouts_in, readable
from situate.augment.finish import Sources, finish
from situate.augment.folder import CUTOUTS, REPORT_FILE, AugmentFolder
from situate.augment.own import own_objects
from situate.augment.parts import pictures_to_augment
from situate.augment.plan import PLAN_FILE, AugmentPlan, plan_augmentation, read_plan
from situate.augment.probes import probes_for
from situate.augment.report import AugmentReport
from situate.augment.source import AugmentOutput, AugmentSource
from situate.data.building.build import Workers, one_thread_a_process
from situate.data.lock import only_writer
from situate.data.shard_writer import writing
from situate.errors import InputError
from situate.imageio.write import write_json
from situate.labels.coco import CocoDataset
from situate.labels.coco_mask import require_pycocotools
from situate.labels.read import dataset_fingerprint, format_of, read_labels
from situate.labels.write import PICTURE_FOLDERS, WrittenFormat, check_writable
from situate.pipeline.model_files import fingerprint_of
from situate.pipeline.runtime import folder_of
from situate.sharding.engine import check_engine, run_items
from situate.sharding.pool import check_num_workers

Progress = Callable[[int, int], None]
"""Called with how many of how many new pictures are done."""


def plan_only(
    config: AugmentConfig, source: AugmentSource, workers: Workers
) -> tuple[AugmentPlan, list[dict[str, str]]]:
    """Say what would be made, and what cannot be used; nothing is written."""
    require_pycocotools()
    source = source.absolute()
    dataset = _read(source)
    folder, errors = _cutouts(config, source, dataset, None, workers)
    return plan_augmentation(config.absolute(), dataset, folder), errors


def augment(
    config: AugmentConfig,
    source: AugmentSource,
    output: AugmentOutput,
    workers: Workers,
    *,
    progress: Progress | None = None,
) -> AugmentReport:
    """Make a larger data set.

    Args:
        config: What is asked.
        source: What from.
        output: Where to.
        workers: Who does it; the result does not depend on it.
        progress: Told after every block.

    Raises:
        DataError: If the annotations are broken, or nothing can be used.
        ConfigError: If there is no worker, or no such engine.
        InputError: If folders or classes cannot be used as asked.
        OutputError: If something cannot be written, or another run writes there.
        ModelFileError: If the model cannot be used.
    """
    check_num_workers(workers.num_workers)
    check_engine(workers.engine)
    require_pycocotools()
    config, source = config.absolute(), source.absolute()
    check_apart(config, source, output.folder)
    folder = AugmentFolder(output.folder)
    folder.check(resume=output.resume, overwrite=output.overwrite)
    dataset = _read(source)
    folder.check_pictures({image.file_name for image in dataset.images}, overwrite=output.overwrite)
    check_model(folder_of(source.model))
    label_format = output.label_format or _same_format(source)
    check_writable(dataset, label_format)
    identity = _identity(config, source, dataset, output, label_format)
    with only_writer(output.folder), writing(output.folder):
        plan, errors = _opened(config, source, dataset, output, identity, workers)
        if folder.is_finished:
            return AugmentReport.from_json(json.loads((output.folder / REPORT_FILE).read_bytes())["report"])
        sources = Sources(dataset, source.images, label_format, output.new_only, output.masks, identity)
        pictures = output.folder / PICTURE_FOLDERS[label_format]
        _compose(plan, source, dataset, pictures, folder, workers, progress)
        return finish(plan, sources, folder, errors)


def _read(source: AugmentSource) -> CocoDataset:
    dataset = read_labels(source.annotations, source.images, source.label_format)
    if not source.images.is_dir():
        raise InputError(f"{source.images} is not a folder; pass the folder of the pictures")
    return dataset


def _same_format(source: AugmentSource) -> WrittenFormat:
    """The layout that is read; masks have none that says classes, and become COCO."""
    found = format_of(source.annotations) if source.label_format == "auto" else source.label_format
    return "coco" if found == "masks" else found


def _identity(
    config: AugmentConfig, source: AugmentSource, dataset: CocoDataset, output: AugmentOutput, label_format: str
) -> dict[str, Any]:
    return {
        "config": config.to_json(),
        "annotations": dataset_fingerprint(dataset),
        "cutouts": SELF if source.is_self else _files_fingerprint(source.cutouts),
        "model": fingerprint_of(folder_of(source.model)),
        "backend": source.runtime.backend,
        "label_format": label_format,
        "new_only": output.new_only,
        "masks": output.masks,
    }


def _files_fingerprint(folder: Path) -> str:
    """Hash of the names and sizes of the cut-outs."""
    digest = hashlib.sha256()
    for cutout in cutouts_in(folder).cutouts:
        digest.update(f"{cutout.name}\0{(folder / cutout.name).stat().st_size}\n".encode())
    return digest.hexdigest()


def _opened(
    config: AugmentConfig,
    source: AugmentSource,
    dataset: CocoDataset,
    output: AugmentOutput,
    identity: Mapping[str, Any],
    workers: Workers,
) -> tuple[AugmentPlan, list[dict[str, str]]]:
    """Read the plan that is there, or make one; the folder is touched only when it is known what will be made."""
    folder, path = AugmentFolder(output.folder), output.folder / PLAN_FILE
    if output.resume and path.is_file():
        folder.open(identity, resume=True, overwrite=False)
        return read_plan(path), json.loads(path.read_bytes())["errors"]
    whole = output.folder.absolute()
    # Own objects are cut out beside the folder: what is in it may still be needed.
    beside = Path(tempfile.mkdtemp(prefix=f".{whole.name}-", dir=whole.parent))
    try:
        cutouts, errors = _cutouts(config, source, dataset, beside / CUTOUTS, workers)
        if source.is_self:
            cutouts = replace(cutouts, root=whole / CUTOUTS)
        told = {key: str(identity[key]) for key in ("annotations", "cutouts", "model", "backend")}
        plan = plan_augmentation(config, dataset, cutouts, told)
        check_planned(plan, dataset, identity["label_format"])
        folder.open(identity, resume=output.resume, overwrite=output.overwrite)
        if source.is_self:
            # Of a run that was killed before its plan was written.
            shutil.rmtree(whole / CUTOUTS, ignore_errors=True)
            shutil.move(beside / CUTOUTS, whole / CUTOUTS)
    finally:
        shutil.rmtree(beside, ignore_errors=True)
    plan = replace(plan, size_factors=_size_factors(plan, source, dataset, workers))
    write_json({**plan.to_json(output.folder), "errors": errors}, path)
    return plan, errors


def _size_factors(plan: AugmentPlan, source: AugmentSource, dataset: CocoDataset, workers: Workers) -> dict[str, float]:
    images = [image for image in pictures_to_augment(dataset.images) if image.problem is None]
    wanted = set(plan.added)
    cutouts = {kind: several for kind, several in plan.folder.by_kind().items() if kind in wanted}
    probes = probes_for(plan.config, dataset, images, cutouts)
    if not probes:
        return {}
    from situate.augment.calibrate import calibrated

    return calibrated(probes, plan.folder, source.images, folder_of(source.model), source.runtime, workers)


def _cutouts(
    config: AugmentConfig, source: AugmentSource, dataset: CocoDataset, folder: Path | None, workers: Workers
) -> tuple[CutoutFolder, list[dict[str, str]]]:
    if not source.is_self:
        return readable(cutouts_in(source.cutouts))
    own = own_objects(dataset, source.images, config, folder, num_workers=workers.num_workers, engine=workers.engine)
    return CutoutFolder(folder or Path(CUTOUTS), tuple(own.cutouts)), own.errors


def _compose(
    plan: AugmentPlan,
    source: AugmentSource,
    dataset: CocoDataset,
    pictures: Path,
    folder: AugmentFolder,
    workers: Workers,
    progress: Progress | None,
) -> None:
    from situate.augment.block import Block, Setting

    setting = Setting(
        config=plan.config,
        folder=replace(plan.folder, root=plan.folder.root.absolute()),
        category_ids={category.name: category.id for category in plan.categories},
        size_factors=plan.size_factors,
        heights=plan.heights,
        images=source.images.absolute(),
        output=pictures.absolute(),
        rejected=folder.rejected.absolute(),
        first_image_id=max((image.id for image in dataset.images), default=0) + 1,
        prefix=_free_prefix(dataset),
        model=folder_of(source.model).absolute(),
        runtime=source.runtime,
    )
    images = {image.id: image for image in dataset.images}
    annotations = dataset.annotations_by_image()
    blocks = plan.blocks
    todo = [number for number in range(len(blocks)) if not folder.block_path(number).is_file()]
    num_done = len(plan.pictures) - sum(len(blocks[number]) for number in todo)
    items = [
        Block(
            number,
            blocks[number],
            tuple(images[one.image_id] for one in blocks[number]),
            tuple(annotations[one.image_id] for one in blocks[number]),
        )
        for number in todo
    ]
    if progress is not None:
        progress(num_done, len(plan.pictures))
    run = partial(run_items, num_workers=workers.num_workers, engine=workers.engine, prepare=one_thread_a_process)
    for position, report in run(partial(_make_block, setting), items):
        write_block(report, folder.block_path(items[position].number))
        num_done += len(items[position].planned)
        if progress is not None:
            progress(num_done, len(plan.pictures))


def _free_prefix(dataset: CocoDataset) -> str:
    """Return how new names begin: as no name does yet, also where an augmented data set is augmented again."""
    taken = {PurePosixPath(image.file_name).name.split("-")[0] for image in dataset.images}
    return next(prefix for number in count(1) if (prefix := f"aug{number if number > 1 else ''}") not in taken)


def _make_block(setting: Any, block: Any) -> Any:
    # Networks are imported by those who run them.
    from situate.augment.block import make_block

    return make_block(setting, block)
