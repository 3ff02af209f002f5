"""A block of photographs: the unit of work of one process, and one shard on disk."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

import cv2
import numpy as np

from situate.data.photos.config import PhotoConfig
from situate.data.photos.crops import MaskCrop, crop_of
from situate.data.photos.decoys import Stand, StandHistogram
from situate.data.photos.report import PhotoReport
from situate.data.photos.select import Selection, Skip, select_objects
from situate.data.photos.triple import Photograph, Subject, make_triple, photograph
from situate.data.writer import TripleWriter
from situate.errors import DataError, ImageError
from situate.imageio.read import read_picture
from situate.labels.coco import CocoAnnotation, CocoDataset, CocoImage
from situate.labels.coco_mask import mask_of, short_polygons

IMAGES_PER_BLOCK = 32


@dataclass(frozen=True)
class Block:
    """Consecutive photographs of an annotation file with all their annotations.

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


@dataclass(frozen=True)
class BlockPlan:
    """What will be made of a block: the counts, and where its objects stand."""

    report: PhotoReport
    stands: tuple[tuple[str, Stand], ...]


def cut_into_blocks(dataset: CocoDataset, folder: Path, config: PhotoConfig, *, limit: int | None) -> list[Block]:
    """Cut the first `limit` photographs of a data set into blocks of `IMAGES_PER_BLOCK`."""
    images, annotations = dataset.images[:limit], dataset.annotations_by_image()
    blocks = []
    for number, start in enumerate(range(0, len(images), IMAGES_PER_BLOCK)):
        own = images[start : start + IMAGES_PER_BLOCK]
        of_own = {image.id: annotations[image.id] for image in own}
        blocks.append(Block(number, own, of_own, dataset.category_names(), folder, config))
    return blocks


def plan_block(block: Block) -> BlockPlan:
    """Apply the rules to a block without opening a picture."""
    stands: list[tuple[str, Stand]] = []
    tally = _Tally(block)
    for image in block.images:
        selection = tally.select(image)
        if not (block.folder / image.file_name).is_file():
            tally.refuse(image, selection, f"{block.folder / image.file_name} does not exist; copy it there")
            continue
        for annotation, crop in selection.chosen:
            kind = block.kinds[annotation.category_id]
            tally.kinds[kind] += 1
            stands.append((kind, _stand(crop, image)))
    return BlockPlan(tally.report(), tuple(stands))


def make_block(block: Block, stands: StandHistogram, destination: Path) -> PhotoReport:
    """Make the triples of a block and write them as one shard into `destination`.

    A photograph that cannot be used is reported, and the others go on.
    """
    tally = _Tally(block)
    num_annotations = sum(len(annotations) for annotations in block.annotations.values())
    with TripleWriter(destination, first_shard=block.number, triples_per_shard=max(1, num_annotations)) as writer:
        for image in block.images:
            selection = tally.select(image)
            if not selection.chosen:
                continue
            try:
                photo = _open(block.folder / image.file_name, image, block.config)
            except (ImageError, DataError) as error:
                tally.refuse(image, selection, str(error))
                continue
            for annotation, crop in selection.chosen:
                subject = _subject(block, image, annotation, crop, photo)
                triple, num_missing = make_triple(photo, subject, stands, block.config)
                writer.write(triple)
                tally.kinds[subject.kind] += 1
                tally.num_decoys_missing += num_missing
    return tally.report()


class _Tally:
    """Counts what happens to the photographs and objects of a block."""

    def __init__(self, block: Block) -> None:
        self._block = block
        self._skipped: Counter[str] = Counter()
        self._errors: list[dict[str, object]] = []
        self.kinds: Counter[str] = Counter()
        self.num_decoys_missing = 0

    def select(self, image: CocoImage) -> Selection:
        selection = select_objects(image, self._block.annotations[image.id], self._block.kinds, self._block.config)
        self._skipped.update({skip.value: count for skip, count in selection.skipped.items()})
        return selection

    def refuse(self, image: CocoImage, selection: Selection, problem: str) -> None:
        if selection.chosen:
            self._skipped[Skip.UNREADABLE_PICTURE.value] += len(selection.chosen)
        self._errors.append({"file": image.file_name, "image_id": image.id, "error": problem})

    def report(self) -> PhotoReport:
        annotations = [annotation for image in self._block.images for annotation in self._block.annotations[image.id]]
        return PhotoReport(
            num_pictures=len(self._block.images),
            num_annotations=len(annotations),
            num_triples=self.kinds.total(),
            kinds=self.kinds,
            skipped=self._skipped,
            num_short_polygons=sum(short_polygons(annotation) for annotation in annotations),
            num_decoys_missing=self.num_decoys_missing,
            errors=tuple(self._errors),
        )


def group_of(image: CocoImage, config: PhotoConfig) -> str:
    """Return what must stay together: the photograph, or the series its file name begins with."""
    if config.group_by == "image":
        return str(image.id)
    return PurePosixPath(image.file_name).stem.partition("__")[0]


def _open(path: Path, image: CocoImage, config: PhotoConfig) -> Photograph:
    pixels = read_picture(path).rgb_u8
    if pixels.shape[:2] != (image.height, image.width):
        raise DataError(
            f"{path} is {pixels.shape[1]} x {pixels.shape[0]} pixels, its annotations (image {image.id}) are for "
            f"{image.width} x {image.height}; use the pictures that were annotated, upright by their EXIF orientation"
        )
    return photograph(np.ascontiguousarray(pixels), config.size_px)


def _subject(block: Block, image: CocoImage, annotation: CocoAnnotation, crop: MaskCrop, photo: Photograph) -> Subject:
    return Subject(
        key=f"image{image.id}-object{annotation.id}",
        group=group_of(image, block.config),
        kind=block.kinds[annotation.category_id],
        crop=crop,
        others=[
            other_crop
            for other in block.annotations[image.id]
            if other.id != annotation.id and (other_crop := _reduced_crop(other, image, photo)) is not None
        ],
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
