"""A data set as Ultralytics YOLO labels: `data.yaml`, and a text file for every picture, a line for each object."""

from collections.abc import Iterator, Sequence
from pathlib import PurePosixPath

import numpy as np
import yaml
from jaxtyping import Float

from situate.labels.coco import CocoAnnotation, CocoDataset, CocoImage
from situate.labels.coco_mask import MIN_POLYGON_NUMBERS
from situate.labels.outline import joined, rings_of
from situate.labels.parts import PARTS, part_of
from situate.labels.shown import mask_or_none, shown_pictures

YOLO_FILE = "data.yaml"
_PICTURES, _LABELS = "images", "labels"
_NUM_DIGITS = 7
"""A thousandth of a pixel in a picture of 10,000."""


def yolo_files(dataset: CocoDataset) -> Iterator[tuple[PurePosixPath, bytes]]:
    """Yield `data.yaml` and the label file of every picture that can be read, an empty one where it shows nothing.

    Where pictures belong to parts, `data.yaml` names a list of pictures for each. Classes are numbered from 0
    in the order of their ids. Lines are polygons where every object of a picture has a segmentation, else
    boxes: in a file with polygons Ultralytics takes the four numbers of a box for two corners.
    """
    yield PurePosixPath(YOLO_FILE), _description(dataset)
    for part, images in _parts(dataset).items():
        # A dot at the front: relative to the folder of the list.
        lines = "".join(f"./{_PICTURES}/{image.file_name}\n" for image in images)
        yield PurePosixPath(f"{part}.txt"), lines.encode("utf-8")
    numbers = {category_id: number for number, category_id in enumerate(sorted(dataset.category_names()))}
    for image, objects in shown_pictures(dataset):
        lines = [f"{numbers[one.category_id]} {line}\n" for one, line in _lines(image, objects)]
        yield yolo_label_path(image.file_name), "".join(lines).encode("ascii")


def yolo_label_path(file_name: str) -> PurePosixPath:
    """Return where the labels of a picture lie: the last `images` of its path is `labels`."""
    path = PurePosixPath(_PICTURES, file_name)
    folders = list(path.parent.parts)
    folders[len(folders) - 1 - folders[::-1].index(_PICTURES)] = _LABELS
    return PurePosixPath(*folders, f"{path.stem}.txt")


def has_yolo_line(annotation: CocoAnnotation, image: CocoImage) -> bool:
    """Whether an object can be written: it has a box in the picture, or a mask."""
    return _own_box_xyxy(annotation, image) is not None or _ring(annotation, image) is not None


def _description(dataset: CocoDataset) -> bytes:
    names = [name for _, name in sorted(dataset.category_names().items())]
    # Without `path`: Ultralytics takes it from the folder that a program is started in, not from that of the file.
    parts = {part: f"{part}.txt" for part in _parts(dataset)} or {"train": _PICTURES}
    parts.setdefault("train", parts.get("val", _PICTURES))
    parts.setdefault("val", parts["train"])
    content = {**parts, "names": dict(enumerate(names))}
    return yaml.safe_dump(content, sort_keys=False, allow_unicode=True).encode("utf-8")


def _parts(dataset: CocoDataset) -> dict[str, list[CocoImage]]:
    """The pictures of each part; nothing if there are no parts. Pictures that name none are for training."""
    grouped: dict[str, list[CocoImage]] = {}
    for image, _ in shown_pictures(dataset):
        grouped.setdefault(part_of(image), []).append(image)
    if set(grouped) <= {""}:
        return {}
    grouped.setdefault("train", []).extend(grouped.pop("", []))
    return {part: grouped[part] for part in PARTS if grouped.get(part)}


def _lines(image: CocoImage, objects: Sequence[CocoAnnotation]) -> Iterator[tuple[CocoAnnotation, str]]:
    size_wh = np.array([image.width, image.height], np.float64)
    rings = [_ring(one, image) for one in objects]
    boxes = [
        _own_box_xyxy(one, image) if ring is None else _tight_box_xyxy(ring)
        for one, ring in zip(objects, rings, strict=True)
    ]
    has_boxes_only = any(ring is None and box is not None for ring, box in zip(rings, boxes, strict=True))
    for one, ring, box in zip(objects, rings, boxes, strict=True):
        if ring is not None and not has_boxes_only:
            yield one, _written(ring / size_wh)
        elif box is not None:
            left_top, right_bottom = box
            yield one, _written(np.stack([(left_top + right_bottom) / 2, right_bottom - left_top]) / size_wh)


def _ring(annotation: CocoAnnotation, image: CocoImage) -> Float[np.ndarray, "corners 2"] | None:
    """The object's outline in pixels; None if it has none that encloses anything."""
    if isinstance(annotation.segmentation, list):
        limit = np.array([image.width, image.height], np.float64)
        rings = [
            np.clip(np.reshape(np.array(polygon, np.float64), (-1, 2)), 0, limit)
            for polygon in annotation.segmentation
            if len(polygon) >= MIN_POLYGON_NUMBERS and len(polygon) % 2 == 0
        ]
    else:
        mask = mask_or_none(annotation, image)
        rings = [] if mask is None else rings_of(mask)
    ring = joined(rings) if rings else None
    return ring if ring is not None and (np.ptp(ring, axis=0) > 0).all() else None


def _tight_box_xyxy(ring: Float[np.ndarray, "corners 2"]) -> Float[np.ndarray, "2 2"]:
    return np.stack([ring.min(axis=0), ring.max(axis=0)])


def _own_box_xyxy(annotation: CocoAnnotation, image: CocoImage) -> Float[np.ndarray, "2 2"] | None:
    """The corners of the box, as far as it lies in the picture; None if nothing of it does."""
    if annotation.box_xywh_px is None:
        return None
    left, top, width, height = annotation.box_xywh_px
    corners = np.clip([[left, top], [left + width, top + height]], 0, [image.width, image.height])
    return corners if (corners[0] < corners[1]).all() else None


def _written(fractions: Float[np.ndarray, "_ 2"]) -> str:
    return " ".join(f"{number:.{_NUM_DIGITS}f}".rstrip("0").rstrip(".") for number in fractions.ravel())
