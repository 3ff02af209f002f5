"""Writing labels: a data set becomes the label files of COCO, YOLO or Pascal VOC, which the readers read back.

| what             | COCO                 | YOLO                               | Pascal VOC                   |
|------------------|----------------------|------------------------------------|------------------------------|
| boxes            | as they are          | to 0.001 px, cut at the borders    | rounded to whole pixels      |
| masks            | run lengths: exact;  | a polygon, holes filled, parts     | exact; where objects         |
|                  | polygons fill holes  | joined; boxes in pictures where    | overlap, the smallest        |
|                  |                      | an object has no mask              | has the pixel                |
| crowds           | kept                 | left out                           | left out                     |
| ids              | kept                 | numbered anew                      | numbered anew                |
| areas            | kept                 | lost                               | those of the masks           |
| other keys       | kept                 | lost                               | `difficult`, `truncated` and |
|                  |                      |                                    | `occluded` kept, others lost |
| licences, `info` | kept                 | lost                               | lost                         |
| unused classes   | kept                 | kept                               | lost                         |
"""

from collections.abc import Iterator, Mapping
from pathlib import PurePosixPath
from typing import Literal

from situate.labels.coco import CocoDataset
from situate.labels.shown import shown_pictures
from situate.labels.write_check import check_writable
from situate.labels.write_coco import coco_files
from situate.labels.write_voc import VOC_PICTURES, voc_files
from situate.labels.write_yolo import has_yolo_line, yolo_files

__all__ = ["PICTURE_FOLDERS", "WrittenFormat", "check_writable", "label_files", "left_out"]

WrittenFormat = Literal["coco", "yolo", "voc"]
PICTURE_FOLDERS: Mapping[str, str] = {"coco": "images", "yolo": "images", "voc": VOC_PICTURES}
"""Where each layout has its pictures, beside the label files."""


def label_files(
    dataset: CocoDataset, label_format: WrittenFormat, *, masks: Literal["rle", "polygons"] = "rle"
) -> Iterator[tuple[PurePosixPath, bytes]]:
    """Yield path, relative to the data set's folder, and content of every label file.

    The reader's own notes are not written, nor what `left_out` counts.

    Args:
        dataset: What to write.
        label_format: The layout.
        masks: COCO: how run lengths of single objects are written; polygons stay polygons.

    Raises:
        InputError: If the layout cannot hold the data set, see `check_writable`.
        MissingExtraError: If there are masks to be drawn and pycocotools is not installed.
    """
    check_writable(dataset, label_format)
    if label_format == "coco":
        return coco_files(dataset, masks)
    return yolo_files(dataset) if label_format == "yolo" else voc_files(dataset)


def left_out(dataset: CocoDataset, label_format: WrittenFormat) -> dict[str, int]:
    """Count what `label_files` leaves out, in words for people; what is not left out is not named."""
    shown = list(shown_pictures(dataset))
    readable = {image.id for image, _ in shown}
    counts = {"pictures that cannot be read": len(dataset.images) - len(readable)}
    if label_format != "coco":
        counts["crowds"] = sum(one.is_crowd and one.image_id in readable for one in dataset.annotations)
    if label_format == "yolo":
        counts["objects without a mask or a box in the picture"] = sum(
            not has_yolo_line(one, image) for image, objects in shown for one in objects
        )
    return {what: count for what, count in counts.items() if count}
