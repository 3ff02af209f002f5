"""The work of one process: a block of new pictures is composed and written, and its labels come back."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath
from typing import Any

import cv2
import numpy as np

from situate.augment.compose import Studio, fill
from situate.augment.config import AugmentConfig
from situate.augment.cutouts import CutoutFolder
from situate.augment.draw import Heights, PlannedPicture, origin_of
from situate.augment.labelled import PROVENANCE
from situate.augment.made import BlockReport, MadePicture
from situate.augment.own import picture_of
from situate.augment.scene import Scene, open_scene
from situate.errors import DataError, InputError
from situate.imageio.encode import encode_picture, without_alpha
from situate.imageio.stamp import CompositeStamp
from situate.imageio.write import JPEG_QUALITY, write_bytes
from situate.labels.coco import CocoAnnotation, CocoImage
from situate.pipeline.runtime import Runtime, kept_composer, one_thread

NUM_SHOWN_PER_BLOCK = 1
"""So many rejected objects of a block are kept to be looked at."""
_THUMBNAIL_PX = 256
_MAX_STEM_BYTES = 180
"""Of the old name in a new one: file systems take 255 bytes for all of it."""


@dataclass(frozen=True)
class Setting:
    """What all blocks share.

    Attributes:
        config: What was asked.
        folder: The cut-outs.
        category_ids: Of the classes.
        size_factors: What the heights of some classes are multiplied with.
        heights: Between which heights are drawn, by class.
        images: Folder of the pictures.
        output: Folder of the new ones.
        rejected: Folder for pictures of what was rejected.
        first_image_id: Of the new picture number 0.
        prefix: Of new pictures' names; no picture's name begins with it yet.
        model: The model's folder.
        runtime: Where it runs.
    """

    config: AugmentConfig
    folder: CutoutFolder
    category_ids: Mapping[str, int]
    size_factors: Mapping[str, float]
    heights: Heights
    images: Path
    output: Path
    rejected: Path
    first_image_id: int
    prefix: str
    model: Path
    runtime: Runtime


@dataclass(frozen=True)
class Block:
    """Pictures that go through the networks together, with what is annotated in the ones they are made from."""

    number: int
    planned: tuple[PlannedPicture, ...]
    images: tuple[CocoImage, ...]
    annotations: tuple[tuple[CocoAnnotation, ...], ...]


def make_block(setting: Setting, block: Block) -> BlockReport:
    """Compose the pictures of a block and write them.

    Raises:
        OutputError: If a picture cannot be written.
        ModelFileError: If the model cannot be loaded.
    """
    with one_thread():
        composer = kept_composer(setting.model, setting.runtime)
        studio = Studio(
            setting.config, setting.folder, setting.category_ids, composer, setting.size_factors, setting.heights
        )
        scenes, errors = _opened(setting, block)
        fill(scenes, studio)
        pictures = [_written(scene, setting, studio) for scene in scenes if scene.num_new]
    errors += [error for scene in scenes for error in scene.errors]
    _show_rejected(scenes, setting, block.number)
    planned = sum(len(one.cutouts) for one in block.planned)
    return BlockReport(
        tuple(pictures),
        tuple(rejected for scene in scenes for rejected in scene.rejected),
        tuple(errors),
        planned - sum(scene.num_new for scene in scenes),
    )


def new_name(image: CocoImage, number: int, setting: Setting) -> str:
    """Name a new picture: beside the one that it is made from, so that it stays in its part of the data set."""
    old = PurePosixPath(image.file_name)
    stem = old.stem.encode()[:_MAX_STEM_BYTES].decode(errors="ignore")
    return str(old.with_name(f"{setting.prefix}-{number:07d}-{stem}.{setting.config.image_format}"))


def _opened(setting: Setting, block: Block) -> tuple[list[Scene], list[dict[str, str]]]:
    scenes: list[Scene] = []
    errors: list[dict[str, str]] = []
    for planned, image, annotations in zip(block.planned, block.images, block.annotations, strict=True):
        try:
            scenes.append(open_scene(planned, image, picture_of(image, setting.images), annotations))
        except (InputError, DataError) as error:
            errors.append({"file": image.file_name, "error": str(error)})
    return scenes, errors


def _written(scene: Scene, setting: Setting, studio: Studio) -> MadePicture:
    """Write a new picture; its entry keeps what the old one says of licence and origin."""
    config, old, planned = setting.config, scene.image, scene.planned
    name = new_name(old, planned.number, setting)
    suffix = f".{config.image_format}"
    stamp = CompositeStamp(studio.composer.model_fingerprint, planned.seed)
    path = setting.output / name
    path.parent.mkdir(parents=True, exist_ok=True)
    write_bytes(encode_picture(without_alpha(scene.picture, suffix), suffix, stamp, JPEG_QUALITY), path)
    provenance: dict[str, Any] = {"background": old.file_name, "background_image_id": origin_of(old)}
    provenance["seed"] = planned.seed
    entry = replace(
        old,
        id=setting.first_image_id + planned.number,
        file_name=name,
        extra={**old.extra, PROVENANCE: provenance},
    )
    kept = scene.kept(config)
    labels = tuple(replace(one.current(old), image_id=entry.id) for one in kept)
    return MadePicture(entry, labels, sum(one.is_new for one in kept), len(scene.objects) - len(kept))


def _show_rejected(scenes: list[Scene], setting: Setting, number: int) -> None:
    """Keep small pictures of some objects that came to nothing: the picture, and where they would have stood."""
    shown = [(scene, rejected) for scene in scenes for rejected in scene.rejected][:NUM_SHOWN_PER_BLOCK]
    for place, (scene, rejected) in enumerate(shown):
        pixels = scene.picture.rgb_u8
        scale = min(1.0, _THUMBNAIL_PX / max(pixels.shape[:2]))
        size_wh = max(1, round(pixels.shape[1] * scale)), max(1, round(pixels.shape[0] * scale))
        small = np.ascontiguousarray(cv2.resize(pixels, size_wh, interpolation=cv2.INTER_AREA))
        if rejected.box_xywh_px is not None:
            left, top, width, height = (round(side * scale) for side in rejected.box_xywh_px)
            cv2.rectangle(small, (left, top), (left + width, top + height), (255, 60, 60), 1)
        done, content = cv2.imencode(".jpg", small[..., ::-1])
        assert done, "OpenCV could not encode a JPEG"
        name = f"{number:05d}-{place}-{rejected.reason}.jpg"
        write_bytes(content.tobytes(), setting.rejected / name)
