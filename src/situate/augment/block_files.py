"""What a block came to, as a file: that the file is there says that the block is done."""

import json
from dataclasses import asdict
from pathlib import Path

from situate.augment.made import BlockReport, MadePicture, Rejected
from situate.errors import DataError
from situate.imageio.write import write_bytes
from situate.labels.coco import annotation_of, image_of
from situate.labels.coco_entries import annotation_entry, image_entry


def write_block(report: BlockReport, path: Path) -> None:
    """Write a block's report.

    Raises:
        OutputError: If it cannot be written.
    """
    content = {
        "pictures": [
            {
                "image": image_entry(made.image),
                "annotations": [annotation_entry(annotation) for annotation in made.annotations],
                "num_new": made.num_new,
                "num_dropped": made.num_dropped,
            }
            for made in report.pictures
        ],
        "rejected": [asdict(rejected) for rejected in report.rejected],
        "errors": list(report.errors),
        "num_left_out": report.num_left_out,
    }
    write_bytes(json.dumps(content).encode(), path)


def read_block(path: Path) -> BlockReport:
    """Read a block's report.

    Raises:
        DataError: If it is damaged.
    """
    try:
        content = json.loads(path.read_bytes())
    except (OSError, ValueError) as error:
        raise DataError(f"{path} is damaged ({error}); remove it and go on with --resume") from error
    pictures = tuple(
        MadePicture(
            image_of(made["image"]),
            tuple(annotation_of(entry) for entry in made["annotations"]),
            made["num_new"],
            made["num_dropped"],
        )
        for made in content["pictures"]
    )
    rejected = tuple(Rejected(**{**entry, "box_xywh_px": _box(entry["box_xywh_px"])}) for entry in content["rejected"])
    return BlockReport(pictures, rejected, tuple(content["errors"]), content["num_left_out"])


def _box(values: list[float] | None) -> tuple[float, float, float, float] | None:
    return None if values is None else (values[0], values[1], values[2], values[3])
