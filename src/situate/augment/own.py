"""The data set's own objects as cut-outs: chosen by the rules for photographs, cut out once, kept as files."""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import numpy as np

from situate.augment.config import AugmentConfig
from situate.augment.cutouts import Cutout
from situate.augment.draw import origin_of
from situate.augment.labelled import PROVENANCE
from situate.augment.parts import pictures_to_augment
from situate.data.building.build import one_thread_a_process
from situate.data.objects.cut import cut_object
from situate.data.photos.config import PhotoConfig
from situate.data.photos.select import Chosen, select_objects
from situate.errors import DataError, SituateError
from situate.imageio.read import read_picture
from situate.imageio.write import write_picture
from situate.labels.coco import CocoAnnotation, CocoDataset, CocoImage
from situate.pipeline.runtime import one_thread
from situate.records.picture import Picture
from situate.sharding.engine import Engine, run_items

_SIZE_PX = 512
"""Limits on sizes count as if pictures were so large; smaller ones keep their size."""
_NUM_PER_BLOCK = 16
_MAX_NAME = 60
_NO_FILE_NAME = re.compile(r"[^\w.-]+")


@dataclass
class OwnObjects:
    """What the data set's own pictures give.

    Attributes:
        cutouts: In the order of the annotations.
        skipped: How many objects each rule left out.
        errors: Pictures that cannot be used: file and error.
    """

    cutouts: list[Cutout] = field(default_factory=list)
    skipped: Counter[str] = field(default_factory=Counter)
    errors: list[dict[str, str]] = field(default_factory=list)


@dataclass(frozen=True)
class _Source:
    images: Path
    kinds: Mapping[int, str]
    config: AugmentConfig
    folder: Path | None


_Item = tuple[CocoImage, tuple[CocoAnnotation, ...]]


def own_objects(
    dataset: CocoDataset,
    images: Path,
    config: AugmentConfig,
    folder: Path | None,
    *,
    num_workers: int = 1,
    engine: Engine = "local",
) -> OwnObjects:
    """Choose objects and cut them out.

    Args:
        dataset: The annotations.
        images: Folder of the pictures.
        config: Which classes, which quality, what matting.
        folder: Where cut-outs are written, in a folder for each class; None writes nothing.
        num_workers: Who does it.
        engine: See `run_items`.

    Raises:
        DataError: If no object can be used.
    """
    by_image = dataset.annotations_by_image()
    # What an earlier augmentation put there comes from a cut-out already.
    real = {key: tuple(one for one in several if PROVENANCE not in one.extra) for key, several in by_image.items()}
    items = [(image, real[image.id]) for image in pictures_to_augment(dataset.images) if real[image.id]]
    blocks = [items[start : start + _NUM_PER_BLOCK] for start in range(0, len(items), _NUM_PER_BLOCK)]
    work = partial(_block, _Source(images, dataset.category_names(), config, folder))
    parts: dict[int, OwnObjects] = dict(
        run_items(work, blocks, num_workers=num_workers, engine=engine, prepare=one_thread_a_process)
    )
    found = OwnObjects()
    for _, part in sorted(parts.items()):
        found.cutouts += part.cutouts
        found.skipped += part.skipped
        found.errors += part.errors
    if not found.cutouts:
        why = ", ".join(f"{count} {reason}" for reason, count in found.skipped.items()) or "there are none"
        raise DataError(f"{dataset.path}: no object can be cut out ({why}); pass a folder of cut-outs")
    return found


def _block(source: _Source, items: Sequence[_Item]) -> OwnObjects:
    # A matting network too gives the same bytes on any number of workers.
    with one_thread():
        return _found(source, items)


def _found(source: _Source, items: Sequence[_Item]) -> OwnObjects:
    found = OwnObjects()
    for image, annotations in items:
        try:
            picture = picture_of(image, source.images)
        except SituateError as error:
            found.errors.append({"file": image.file_name, "error": str(error)})
            continue
        config = source.config
        rules = PhotoConfig.checked(
            size_px=_SIZE_PX, max_per_image=len(annotations), kinds=config.kinds, min_quality=config.min_quality
        )
        selection = select_objects(image, picture.rgb_u8, annotations, source.kinds, rules)
        found.skipped.update({str(reason): count for reason, count in selection.skipped.items()})
        for chosen in selection.chosen:
            found.cutouts.append(_cut(chosen, image, picture.rgb_u8, source))
    return found


def picture_of(image: CocoImage, folder: Path) -> Picture:
    """Read an annotated picture.

    Raises:
        ImageError: If it cannot be read.
        DataError: If it has another size than its annotations, or its labels could not be used.
    """
    if image.problem is not None:
        raise DataError(image.problem)
    picture = read_picture(folder / image.file_name)
    if (picture.width_px, picture.height_px) != (image.width, image.height):
        raise DataError(
            f"{image.file_name} is {picture.width_px} x {picture.height_px} pixels upright, the annotations say "
            f"{image.width} x {image.height}; annotate it again"
        )
    return picture


def _cut(chosen: Chosen, image: CocoImage, pixels: np.ndarray, source: _Source) -> Cutout:
    kind = source.kinds[chosen.annotation.category_id]
    stem = _NO_FILE_NAME.sub("-", Path(image.file_name).stem)[-_MAX_NAME:]
    folder = _NO_FILE_NAME.sub("-", kind)[:_MAX_NAME].strip(".") or f"class-{chosen.annotation.category_id}"
    name = f"{folder}/{chosen.annotation.id:06d}-{stem}.png"
    if source.folder is not None:
        path = source.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        cut = cut_object(pixels, chosen.crop, source.config.matting)
        write_picture(Picture(cut.pixels), path)
    return Cutout(name, kind, origin_of(image), chosen.annotation.id)
