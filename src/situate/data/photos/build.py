"""A photo data set from an annotation file: two passes over blocks of photographs, in several processes, resumable.

The first pass applies the rules and collects where objects stand, so that in the second the decoys can be drawn from
it. While the second runs, `OUT/building/` holds the plan and the report of every finished block; it disappears when
`dataset.json` is written.
"""

import hashlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

from situate.data.lock import only_writer
from situate.data.photos.block import Block, BlockPlan, cut_into_blocks, make_block, plan_block
from situate.data.photos.config import PhotoConfig
from situate.data.photos.decoys import StandHistogram, stand_histogram
from situate.data.photos.folder import BuildFolder
from situate.data.photos.inpaint import require_inpainter
from situate.data.photos.report import PhotoReport, add_reports
from situate.data.writer import writing
from situate.errors import DataError, InputError
from situate.labels.coco import CocoDataset, read_coco
from situate.labels.coco_mask import require_pycocotools
from situate.sharding.pool import local_pool

Progress = Callable[[int, int], None]
"""Called with how many of how many photographs are done."""


def plan_photo_triples(
    config: PhotoConfig, annotations: Path, images: Path, *, num_workers: int = 1, limit: int | None = None
) -> PhotoReport:
    """Say what `build_photo_triples` would make and leave out, without opening a picture.

    Raises:
        DataError: If `annotations` is broken.
        InputError: If `images` is not a folder.
    """
    with _pool(num_workers) as run:
        return add_reports(plan.report for plan in run(plan_block, _blocks(config, annotations, images, limit)))


def build_photo_triples(
    config: PhotoConfig,
    annotations: Path,
    images: Path,
    folder: Path,
    *,
    num_workers: int = 1,
    resume: bool = False,
    overwrite: bool = False,
    limit: int | None = None,
    progress: Progress | None = None,
) -> PhotoReport:
    """Make the triples of an annotated folder of photographs.

    The bytes written do not depend on `num_workers`, nor on how often the build was stopped and resumed.

    Args:
        config: How triples are made.
        annotations: COCO instances file.
        images: Folder that the file names are relative to.
        folder: Where the data set is written.
        num_workers: Processes; 1 works in this one.
        resume: Go on with what is already in `folder`.
        overwrite: Replace the data set in `folder`.
        limit: Use only that many photographs.
        progress: Told after every block.

    Raises:
        DataError: If `annotations` is broken, or nothing in it can be used.
        InputError: If `images` is not a folder, or `folder` cannot be used as asked.
        MissingExtraError: If the inpainter or pycocotools is not installed.
        OutputError: If `folder` cannot be written, or another run writes into it.
    """
    blocks = _blocks(config, annotations, images, limit)
    identity = _identity(config, annotations, blocks)
    require_inpainter(config.inpainter)
    building = BuildFolder(folder)
    with only_writer(folder), writing(folder), _pool(num_workers) as run:
        finished = building.open(identity, resume=resume, overwrite=overwrite)
        if finished is not None:
            return PhotoReport.from_json(finished["report"])
        plans: list[BlockPlan] = list(run(plan_block, blocks))
        _check_not_empty(plans, annotations)
        stands = stand_histogram([stand for plan in plans for stand in plan.stands])
        report = add_reports(_make(blocks, stands, building, run, progress))
        building.finish({"source": "photos", **identity, "seed": config.seed, "report": report.to_json()})
    return report


def _make(
    blocks: Sequence[Block], stands: StandHistogram, building: BuildFolder, run: Any, progress: Progress | None
) -> list[PhotoReport]:
    reports = {block.number: building.report(block.number) for block in blocks}
    todo = [block for block in blocks if reports[block.number] is None]
    num_images = sum(len(block.images) for block in blocks)
    num_done = num_images - sum(len(block.images) for block in todo)
    make = partial(make_block, stands=stands, destination=building.folder)
    for block, report in zip(todo, run(make, todo), strict=True):
        building.keep(block.number, report)
        reports[block.number] = report
        num_done += len(block.images)
        if progress is not None:
            progress(num_done, num_images)
    return [report for report in reports.values() if report is not None]


def _blocks(config: PhotoConfig, annotations: Path, images: Path, limit: int | None) -> list[Block]:
    if not images.is_dir():
        raise InputError(f"{images} is not a folder; pass the folder that the annotations' file names are relative to")
    # Here, not in the first worker: a worker's errors come back without what they were made from.
    require_pycocotools()
    dataset = read_coco(annotations)
    _check_kinds(config, dataset)
    return cut_into_blocks(dataset, images, config, limit=limit)


def _check_kinds(config: PhotoConfig, dataset: CocoDataset) -> None:
    known = {category.name for category in dataset.categories}
    unknown = [kind for kind in config.kinds if kind not in known]
    if unknown:
        raise InputError(f"{dataset.path} has no category {', '.join(unknown)}; it has {', '.join(sorted(known))}")


def _check_not_empty(plans: Sequence[BlockPlan], annotations: Path) -> None:
    report = add_reports(plan.report for plan in plans)
    if not report.num_triples:
        reasons = ", ".join(f"{count} {reason}" for reason, count in report.skipped.items()) or "there are none"
        raise DataError(
            f"{annotations}: none of {report.num_annotations} annotated objects can be used ({reasons}); "
            "see situate data photos --dry-run, and the options that relax the rules"
        )


def _identity(config: PhotoConfig, annotations: Path, blocks: Sequence[Block]) -> dict[str, Any]:
    with annotations.open("rb") as file:
        fingerprint = hashlib.file_digest(file, "sha256").hexdigest()
    num_images = sum(len(block.images) for block in blocks)
    return {"config": config.model_dump(mode="json"), "annotations_sha256": fingerprint, "num_images": num_images}


@contextmanager
def _pool(num_workers: int) -> Iterator[Any]:
    """Give a `map` that keeps the order; an interrupt or an error drops the work that has not begun."""
    if num_workers == 1:
        yield map
        return
    with local_pool(num_workers, _calm_worker) as pool:
        yield pool.map


def _calm_worker() -> None:
    import cv2

    # One thread a process: the processes are the parallelism.
    cv2.setNumThreads(1)
