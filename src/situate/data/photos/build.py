"""A photo data set from annotations: two passes over blocks of photographs, over workers, resumable.

The first pass opens the photographs, applies the rules and collects where objects stand, so that in the second the
decoys can be drawn from it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from situate.data.building.build import IN_THIS_PROCESS, Progress, Workers, build, plan
from situate.data.building.report import BuildReport
from situate.data.building.source import BuildSource, Plan
from situate.data.matting import CLOSED_FORM, GUIDED, require_matting
from situate.data.photos.block import PhotoBlock, cut_into_blocks, make_block, plan_block, stands_of
from situate.data.photos.config import PhotoConfig
from situate.data.photos.decoys import stand_histogram
from situate.data.photos.inpaint import PATCHMATCH, TELEA, require_inpainter
from situate.errors import InputError
from situate.labels.coco import CocoDataset
from situate.labels.coco_mask import require_pycocotools
from situate.labels.mask_folder import Instances
from situate.labels.read import LabelFormat, dataset_fingerprint, read_labels


@dataclass(frozen=True)
class Annotated:
    """Photographs and what is said of them.

    Attributes:
        annotations: COCO file, YOLO `data.yaml`, Pascal VOC folder or folder of masks.
        images: Folder of the photographs.
        label_format: How to read `annotations`.
        limit: Use only the first so many photographs.
        instances: What an object of a mask is: a value, or every connected component of one.
    """

    annotations: Path
    images: Path
    label_format: LabelFormat = "auto"
    limit: int | None = None
    instances: Instances = "values"


def plan_photo_triples(config: PhotoConfig, photos: Annotated, workers: Workers = IN_THIS_PROCESS) -> BuildReport:
    """Say what `build_photo_triples` would make and leave out; nothing is written.

    Raises:
        DataError: If the annotations are broken.
        InputError: If the images are no folder.
        MissingExtraError: If what the options ask for is not installed.
    """
    _require(config)
    return plan(_source(config, photos, None), workers)


def build_photo_triples(
    config: PhotoConfig,
    photos: Annotated,
    folder: Path,
    workers: Workers = IN_THIS_PROCESS,
    *,
    resume: bool = False,
    overwrite: bool = False,
    progress: Progress | None = None,
) -> BuildReport:
    """Make the triples of annotated photographs.

    The bytes written do not depend on `workers`, nor on how often the build was stopped and resumed.

    Args:
        config: How triples are made.
        photos: What from.
        folder: Where the data set is written.
        workers: Who does the work.
        resume: Go on with what is already in `folder`.
        overwrite: Replace the data set in `folder`.
        progress: Told after every block.

    Raises:
        DataError: If the annotations are broken, or nothing in them can be used.
        InputError: If the images are no folder, or `folder` cannot be used as asked.
        MissingExtraError: If the inpainter or pycocotools is not installed.
        OutputError: If `folder` cannot be written, or another run writes into it.
    """
    source = _source(config, photos, folder)
    _require(config)
    return build(source, folder, workers, resume=resume, overwrite=overwrite, progress=progress)


def _require(config: PhotoConfig) -> None:
    require_inpainter(config.inpainter)
    require_matting(config.matting)


def _source(config: PhotoConfig, photos: Annotated, folder: Path | None) -> BuildSource[PhotoBlock]:
    if photos.limit is not None and photos.limit < 1:
        raise InputError(f"limit is {photos.limit}; pass 1 or more photographs, or none at all for all of them")
    if not photos.images.is_dir():
        raise InputError(f"{photos.images} is not a folder; pass the folder that the annotations' file names refer to")
    # Here, not in the first worker: a worker's errors come back without what they were made from.
    require_pycocotools()
    dataset = read_labels(photos.annotations, photos.images, photos.label_format, instances=photos.instances)
    _check_kinds(config, dataset)
    _check_licences(config, dataset)
    # Whole paths: a worker of a cluster stands in another folder.
    blocks = cut_into_blocks(dataset, photos.images.absolute(), _with_whole_paths(config), limit=photos.limit)
    identity = {
        "config": config.model_dump(mode="json"),
        "annotations_sha256": dataset_fingerprint(dataset),
        "num_images": sum(block.num_pictures for block in blocks),
    }
    maker = partial(_maker, folder=None if folder is None else folder.absolute())
    notes = dataset.extra.get("notes", {})
    return BuildSource("photos", identity, blocks, plan_block, maker, str(photos.annotations), notes)


def _with_whole_paths(config: PhotoConfig) -> PhotoConfig:
    folders = {"inpainter": config.inpainter, "matting": config.matting}
    words = (PATCHMATCH, TELEA, GUIDED, CLOSED_FORM)
    update = {field: str(Path(folder).absolute()) for field, folder in folders.items() if folder not in words}
    return config.model_copy(update=update)


def _maker(plans: Sequence[Plan], folder: Path | None) -> Any:
    assert folder is not None, "only a plan has no folder, and it makes nothing"
    stands = stand_histogram([stand for made in plans for stand in stands_of(made)])
    return partial(make_block, stands=stands, destination=folder)


def _check_kinds(config: PhotoConfig, dataset: CocoDataset) -> None:
    known = {category.name for category in dataset.categories}
    unknown = [kind for kind in config.kinds if kind not in known]
    if unknown:
        raise InputError(f"{dataset.path} has no category {', '.join(unknown)}; it has {', '.join(sorted(known))}")


def _check_licences(config: PhotoConfig, dataset: CocoDataset) -> None:
    known = {image.extra["license"] for image in dataset.images if "license" in image.extra}
    unknown = [str(licence) for licence in config.licences if licence not in known]
    if unknown:
        found = f"there are {', '.join(map(str, sorted(known)))}" if known else "its pictures name none"
        raise InputError(f"no picture of {dataset.path} has licence {', '.join(unknown)}; {found}")
