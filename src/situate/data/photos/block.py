"""A block of photographs: the unit of work of one process, and one shard on disk."""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath
from typing import Any

import cv2
import numpy as np
from jaxtyping import UInt8

from situate.data.building.report import BuildReport
from situate.data.building.source import Plan
from situate.data.objects.crops import MaskCrop, crop_of
from situate.data.photos.config import PhotoConfig
from situate.data.photos.decoys import Stand, StandHistogram
from situate.data.photos.select import Selection, Skip, select_objects
from situate.data.photos.triple import Photograph, Subject, make_triple, photograph
from situate.data.writer import TripleWriter
from situate.errors import DataError, ImageError
from situate.imageio.read import read_picture
from situate.labels.coco import CocoAnnotation, CocoDataset, CocoImage
from situate.labels.coco_mask import mask_of, short_polygons

IMAGES_PER_BLOCK = 32


@dataclass(frozen=True)
class PhotoBlock:
    """Consecutive photographs with all their annotations.

    Attributes:
        number: Counts from 0; the number of the block's shard.
        images: The photographs.
        annotations: Those of every photograph, by its id.
        kinds: The name of every category id.
        folder: Where the photographs are.
        config: How triples are made.
    """

    number: int
    images: tuple[CocoImage, ...]
    annotations: Mapping[int, tuple[CocoAnnotation, ...]]
    kinds: Mapping[int, str]
    folder: Path
    config: PhotoConfig

    @property
    def num_pictures(self) -> int:
        """Photographs in the block."""
        return len(self.images)


def cut_into_blocks(dataset: CocoDataset, folder: Path, config: PhotoConfig, *, limit: int | None) -> list[PhotoBlock]:
    """Cut the first `limit` photographs of a data set into blocks of `IMAGES_PER_BLOCK`."""
    images, annotations = dataset.images[:limit], dataset.annotations_by_image()
    blocks = []
    for number, start in enumerate(range(0, len(images), IMAGES_PER_BLOCK)):
        own = images[start : start + IMAGES_PER_BLOCK]
        of_own = {image.id: annotations[image.id] for image in own}
        blocks.append(PhotoBlock(number, own, of_own, dataset.category_names(), folder, config))
    return blocks


def plan_block(block: PhotoBlock) -> Plan:
    """Open the photographs of a block, and choose the objects to make triples from.

    Returns:
        `report`; `stands`: kind, and place as fractions, of every object chosen; `chosen`: for every photograph's
        id the ids and the qualities of its objects.
    """
    tally = _Tally(block)
    stands: list[list[Any]] = []
    chosen: dict[str, list[list[float]]] = {}
    for image in block.images:
        selection = tally.plan(image)
        for one in selection.chosen:
            kind = block.kinds[one.annotation.category_id]
            tally.kinds[kind] += 1
            place = _stand(one.crop, image)
            stands.append([kind, place.bottom_x, place.bottom_y, place.height])
        if selection.chosen:
            chosen[str(image.id)] = [[one.annotation.id, one.quality] for one in selection.chosen]
    return {"report": tally.report().to_json(), "stands": stands, "chosen": chosen}


def stands_of(plan: Plan) -> list[tuple[str, Stand]]:
    """Return where the objects of a planned block stand, with their kinds."""
    return [(kind, Stand(*place)) for kind, *place in plan["stands"]]


def make_block(block: PhotoBlock, plan: Plan, *, stands: StandHistogram, destination: Path) -> BuildReport:
    """Make the triples of a planned block and write them as one shard into `destination`.

    A photograph that cannot be used was reported by the plan; the others go on.
    """
    report = BuildReport.from_json(plan["report"])
    num_missing = num_failed = 0
    with TripleWriter(destination, first_shard=block.number, triples_per_shard=max(1, report.num_triples)) as writer:
        for image in block.images:
            if str(image.id) not in plan["chosen"]:
                continue
            photo = photograph(open_photograph(block.folder / image.file_name, image), block.config.size_px)
            for subject in _subjects(block, image, dict(plan["chosen"][str(image.id)]), photo):
                made = make_triple(photo, subject, stands, block.config)
                writer.write(made.triple)
                num_missing += made.num_decoys_missing
                num_failed += made.is_matting_failed
    return replace(report, num_decoys_missing=num_missing, num_matting_failed=num_failed)


class _Tally:
    """Counts what happens to the photographs and objects of a block."""

    def __init__(self, block: PhotoBlock) -> None:
        self._block = block
        self._skipped: Counter[str] = Counter()
        self._errors: list[dict[str, object]] = []
        self.kinds: Counter[str] = Counter()

    def plan(self, image: CocoImage) -> Selection:
        block = self._block
        annotations = block.annotations[image.id]
        pixels = None
        try:
            pixels = open_photograph(block.folder / image.file_name, image)
        except (ImageError, DataError) as error:
            self._errors.append({"file": image.file_name, "image_id": image.id, "error": str(error)})
        if pixels is None:
            self._skipped[Skip.UNREADABLE_PICTURE.value] += len(annotations)
            return Selection((), {})
        selection = select_objects(image, pixels, annotations, block.kinds, block.config)
        self._skipped.update({skip.value: count for skip, count in selection.skipped.items()})
        return selection

    def report(self) -> BuildReport:
        annotations = [annotation for image in self._block.images for annotation in self._block.annotations[image.id]]
        return BuildReport(
            num_pictures=len(self._block.images),
            num_annotations=len(annotations),
            num_triples=self.kinds.total(),
            kinds=self.kinds,
            skipped=self._skipped,
            num_short_polygons=sum(short_polygons(annotation) for annotation in annotations),
            errors=tuple(self._errors),
        )


def group_of(image: CocoImage, config: PhotoConfig) -> str:
    """Return what must stay together: the photograph, its folder, or the series its file name begins with."""
    path = PurePosixPath(image.file_name)
    if config.group_by == "image":
        return str(image.id)
    return str(path.parent) if config.group_by == "folder" else path.stem.partition("__")[0]


def open_photograph(path: Path, image: CocoImage) -> UInt8[np.ndarray, "h w 3"]:
    """Open a photograph, upright.

    Raises:
        ImageError: If it cannot be decoded.
        DataError: If it is not the picture that was annotated.
    """
    if image.problem is not None:
        raise DataError(image.problem)
    pixels = read_picture(path).rgb_u8
    if pixels.shape[:2] != (image.height, image.width):
        raise DataError(
            f"{path} is {pixels.shape[1]} x {pixels.shape[0]} pixels, its annotations (image {image.id}) are for "
            f"{image.width} x {image.height}; use the pictures that were annotated, upright by their EXIF orientation"
        )
    return np.ascontiguousarray(pixels)


def _subjects(
    block: PhotoBlock, image: CocoImage, qualities: Mapping[int, float], photo: Photograph
) -> Iterator[Subject]:
    annotations = block.annotations[image.id]
    reduced = {annotation.id: _reduced_crop(annotation, image, photo) for annotation in annotations}
    for annotation in annotations:
        if annotation.id not in qualities:
            continue
        yield Subject(
            key=f"image{image.id}-object{annotation.id}",
            group=group_of(image, block.config),
            kind=block.kinds[annotation.category_id],
            crop=crop_of(mask_of(annotation, image.height, image.width)),
            others=[crop for other, crop in reduced.items() if other != annotation.id and crop is not None],
            quality=qualities[annotation.id],
        )


def _reduced_crop(annotation: CocoAnnotation, image: CocoImage, photo: Photograph) -> MaskCrop | None:
    try:
        mask = mask_of(annotation, image.height, image.width)
    except DataError:
        # Counted as `invalid_mask` by the rules.
        return None
    height, width = photo.reduced.shape[:2]
    crop = crop_of(cv2.resize(mask.view(np.uint8), (width, height), interpolation=cv2.INTER_NEAREST).view(bool))
    return crop if crop.area_px else None


def _stand(crop: MaskCrop, image: CocoImage) -> Stand:
    return Stand(
        bottom_x=(crop.left + crop.width / 2) / image.width,
        bottom_y=(crop.top + crop.height) / image.height,
        height=crop.height / image.height,
    )
