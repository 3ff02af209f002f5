"""Zip files with data sets and cut-outs, good ones and others."""

import json
import zipfile
from io import BytesIO
from typing import Any

from tests.service.pictures import cutout, file_of, scene

NAMES = ("left/road one.jpg", "left/café.jpg", "meadow.png")
CATEGORIES = [{"id": 4, "name": "cone"}, {"id": 9, "name": "ball"}]


def packed(files: dict[str | zipfile.ZipInfo, bytes | str]) -> bytes:
    """A zip file with these files in it."""
    target = BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return target.getvalue()


def annotations(names: tuple[str, ...] = NAMES) -> dict[str, Any]:
    """COCO annotations of pictures with an object each."""
    return {
        "images": [{"id": 7 * n, "file_name": name, "width": 320, "height": 240} for n, name in enumerate(names)],
        "categories": CATEGORIES,
        "annotations": [
            {"id": n, "image_id": 7 * n, "category_id": 4, "bbox": [30, 120, 60, 90], "iscrowd": 0}
            for n in range(len(names))
        ],
    }


def dataset_files(names: tuple[str, ...] = NAMES) -> dict[str | zipfile.ZipInfo, bytes | str]:
    pictures = {
        name: file_of(scene(place, 320, 240), "PNG" if name.endswith("png") else "JPEG")
        for name, place in zip(names, ("road", "street", "meadow"), strict=False)
    }
    return {"set/labels.json": json.dumps(annotations(names)), **{f"set/{name}": one for name, one in pictures.items()}}


def cutout_files() -> dict[str | zipfile.ZipInfo, bytes | str]:
    return {f"{kind}/{kind}.png": file_of(cutout(kind)) for kind in ("cone", "ball")}


DATASET, CUTOUTS = packed(dataset_files()), packed(cutout_files())
