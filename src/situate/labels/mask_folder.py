"""A folder of masks: one beside every picture, its values or colours are the objects.

The class of an object is the name of the first folder its picture is in, `object` where there is none.
"""

from pathlib import Path, PurePosixPath
from typing import Literal

import numpy as np

from situate.errors import DataError, ImageError
from situate.labels.coco import CocoAnnotation, CocoCategory, CocoDataset, CocoImage
from situate.labels.label_map import BACKGROUND, LabelledObject, LabelMap, components_of, objects_of, read_label_map
from situate.labels.mask_pairs import MASK_ENDINGS, pair_masks
from situate.labels.notes import MASKS_WITHOUT_PICTURE, PICTURES_WITHOUT_ANNOTATIONS, notes_of
from situate.labels.picture_files import upright_size_wh

Instances = Literal["values", "components"]
KIND_WITHOUT_FOLDER = "object"
_WHITE = 255
_NUM_VALUES_OF_SOFT_MASK = 16
"""A mask with more grey values than that, most of it white, has soft edges: its greys are no objects."""


def read_mask_folder(masks: Path, images: Path, *, instances: Instances = "values") -> CocoDataset:
    """Read the masks of the pictures in `images` and the folders in it.

    A picture whose mask cannot be used, or that cannot be opened, has a `problem`; objects found in such a mask are
    still there, so that they can be counted. `extra["notes"]` counts pictures without a mask, and masks that belong to
    no picture.

    Args:
        masks: Folder of the masks, which may be `images`; for names see `pair_masks`.
        images: Folder of the pictures.
        instances: Whether an object is all pixels of one value, or each connected piece of them.

    Raises:
        DataError: If no picture has a mask.
        InputError: If one of the two is no folder.
        MissingExtraError: If pycocotools is not installed.
    """
    pairs = pair_masks(masks, images)
    if not any(pairs.masks.values()):
        raise DataError(
            f"none of the {len(pairs.masks)} pictures in {images} has a mask in {masks}; the mask of a/b.jpg is "
            f"a/b.png or a/b{MASK_ENDINGS[0]}.png"
        )
    kinds = sorted({_kind(picture) for picture in pairs.masks})
    ids = {kind: category_id for category_id, kind in enumerate(kinds, start=1)}
    pictures: list[CocoImage] = []
    annotations: list[CocoAnnotation] = []
    for image_id, (file_name, own_masks) in enumerate(pairs.masks.items(), start=1):
        paths = [masks / mask for mask in own_masks]
        objects, mask_size_wh, problem = _read_masks(paths, instances)
        pictures.append(_picture(images / file_name, file_name, image_id, mask_size_wh, problem))
        for one in objects:
            annotations.append(_annotation(one, len(annotations) + 1, image_id, ids[_kind(file_name)]))
    categories = tuple(CocoCategory(category_id, kind) for kind, category_id in ids.items())
    num_bare = sum(not own_masks for own_masks in pairs.masks.values())
    extra = notes_of({PICTURES_WITHOUT_ANNOTATIONS: num_bare, MASKS_WITHOUT_PICTURE: pairs.num_unused})
    return CocoDataset(masks, tuple(pictures), tuple(annotations), categories, extra)


def _kind(picture: PurePosixPath) -> str:
    return picture.parts[0] if len(picture.parts) > 1 else KIND_WITHOUT_FOLDER


def _read_masks(
    paths: list[Path], instances: Instances
) -> tuple[list[LabelledObject], tuple[int, int] | None, str | None]:
    """Return the objects, the size of the mask they are in, and what is wrong with it."""
    if not paths:
        return [], None, None
    if len(paths) > 1:
        return [], None, f"{paths[0]} and {paths[1]} are masks of the same picture; keep one of them"
    try:
        label_map = read_label_map(paths[0])
    except ImageError as error:
        return [], None, str(error)
    height, width = label_map.values.shape
    num_greys = _num_greys_of_soft_mask(label_map)
    if num_greys:
        problem = (
            f"{paths[0]} has {num_greys} greys and is mostly white: a mask with soft edges; make it black and white"
        )
        return [], (width, height), problem
    values = label_map.values
    try:
        objects = objects_of(components_of(values) if instances == "components" else values)
    except ImageError as error:
        return [], (width, height), f"{paths[0]} {error}"
    return objects, (width, height), None


def _num_greys_of_soft_mask(label_map: LabelMap) -> int:
    """Count the values of a mask with soft edges; 0 if the values are objects."""
    if label_map.kind != "grey" or label_map.values.max() != _WHITE:
        return 0
    present, num_px = np.unique(label_map.values[label_map.values != BACKGROUND], return_counts=True)
    is_soft = len(present) > _NUM_VALUES_OF_SOFT_MASK and num_px[-1] > num_px[:-1].sum()
    return len(present) if is_soft else 0


def _picture(
    path: Path, file_name: PurePosixPath, image_id: int, mask_size_wh: tuple[int, int] | None, problem: str | None
) -> CocoImage:
    try:
        width, height = upright_size_wh(path)
    except ImageError as error:
        return CocoImage(image_id, str(file_name), 0, 0, problem=str(error))
    if problem is None and mask_size_wh not in (None, (width, height)):
        found = "{} x {}".format(*mask_size_wh)
        problem = (
            f"{path} is {width} x {height} pixels, upright by its EXIF orientation, its mask {found}; draw it anew"
        )
    return CocoImage(image_id, str(file_name), width, height, problem=problem)


def _annotation(one: LabelledObject, annotation_id: int, image_id: int, category_id: int) -> CocoAnnotation:
    return CocoAnnotation(
        annotation_id,
        image_id,
        category_id,
        one.segmentation,
        box_xywh_px=one.box_xywh_px,
        area_px=one.area_px,
    )
