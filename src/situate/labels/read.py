"""Annotations of any known format become the same records; the format is told by what is there."""

import hashlib
import json
from pathlib import Path
from typing import Any, Literal

from situate.errors import InputError
from situate.labels.coco import CocoAnnotation, CocoCategory, CocoDataset, CocoImage, read_coco
from situate.labels.mask_folder import Instances, read_mask_folder
from situate.labels.picture_files import picture_files
from situate.labels.voc import read_voc, xml_files
from situate.labels.yolo import read_yolo

LabelFormat = Literal["auto", "coco", "yolo", "voc", "masks"]
_FORMATS = "a COCO .json file, a YOLO data.yaml, a Pascal VOC folder or a folder of masks"


def read_labels(
    annotations: Path, images: Path, label_format: LabelFormat = "auto", *, instances: Instances = "values"
) -> CocoDataset:
    """Read annotations of any known format.

    Args:
        annotations: COCO instances file, YOLO `data.yaml`, Pascal VOC folder or folder of masks.
        images: Folder of the pictures.
        label_format: `auto` tells it by suffix and content of `annotations`.
        instances: What an object of a mask is, see `read_mask_folder`.

    Raises:
        DataError: If the annotations are broken.
        InputError: If the format cannot be told, `images` is no folder, or `instances` is asked of another format.
        MissingExtraError: If masks are to be read and pycocotools is not installed.
    """
    if label_format == "auto":
        label_format = format_of(annotations)
    if label_format == "masks":
        return read_mask_folder(annotations, images, instances=instances)
    if instances != "values":
        raise InputError(
            f"{annotations} is read as {label_format}, which names its objects; only masks have components"
        )
    if label_format == "yolo":
        return read_yolo(annotations, images)
    return read_voc(annotations, images) if label_format == "voc" else read_coco(annotations)


def dataset_fingerprint(dataset: CocoDataset) -> str:
    """Return the SHA-256 of all pictures, annotations and categories, wherever the data set lies."""
    digest = hashlib.sha256()
    encode = json.JSONEncoder(sort_keys=True, separators=(",", ":")).encode
    for section in (dataset.images, dataset.annotations, dataset.categories):
        # One record at a time: a second copy of a million annotations does not fit everywhere.
        for record in section:
            digest.update(encode(_values(record)).encode("ascii"))
            digest.update(b"\n")
        digest.update(b"\n")
    return digest.hexdigest()


def format_of(annotations: Path) -> Literal["coco", "yolo", "voc", "masks"]:
    """Tell the format of annotations by suffix and content.

    Raises:
        InputError: If it cannot be told.
    """
    suffix = annotations.suffix.lower()
    if not annotations.is_dir() and suffix in (".json", ".yaml", ".yml"):
        return "coco" if suffix == ".json" else "yolo"
    if not annotations.is_dir():
        found = "is a file of another kind" if annotations.exists() else "does not exist"
        raise InputError(f"{annotations} {found}; pass {_FORMATS}")
    if (annotations / "Annotations").is_dir() or xml_files(annotations):
        return "voc"
    if picture_files(annotations):
        return "masks"
    names = sorted(path.name for path in annotations.iterdir())
    found = f"neither XML files nor pictures, but {names[0]} and {len(names) - 1} more" if names else "nothing"
    raise InputError(f"{annotations} holds {found}; pass {_FORMATS}")


def _values(record: CocoImage | CocoAnnotation | CocoCategory) -> list[Any]:
    if isinstance(record, CocoCategory):
        return [record.id, record.name, record.extra]
    if isinstance(record, CocoImage):
        # What the problem is names a path.
        has_problem = record.problem is not None
        return [record.id, record.file_name, record.width, record.height, record.extra, has_problem]
    return [
        record.id,
        record.image_id,
        record.category_id,
        record.segmentation,
        record.is_crowd,
        record.box_xywh_px,
        record.area_px,
        record.extra,
    ]
