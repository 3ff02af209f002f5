"""Data sets to write, written ones to read, and masks drawn at random: pieces, holes, specks, touching the borders."""

from pathlib import Path
from typing import Any

import numpy as np
from hypothesis import strategies as st
from PIL import Image

from situate.labels.coco import CocoAnnotation, CocoCategory, CocoDataset, CocoImage
from situate.labels.coco_mask import run_lengths_of
from situate.labels.read import read_labels
from situate.labels.write import PICTURE_FOLDERS, label_files

ANNOTATIONS = {"coco": "annotations.json", "yolo": "data.yaml", "voc": "."}


def write(dataset: CocoDataset, label_format: Any, folder: Path, **options: Any) -> Path:
    for path, content in label_files(dataset, label_format, **options):
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(content)
    for image in dataset.images:
        picture = folder / PICTURE_FOLDERS[label_format] / image.file_name
        picture.parent.mkdir(parents=True, exist_ok=True)
        if image.problem is None:
            Image.new("L", (image.width, image.height)).save(picture)
    return folder


def read(folder: Path, label_format: Any) -> CocoDataset:
    return read_labels(folder / ANNOTATIONS[label_format], folder / PICTURE_FOLDERS[label_format], label_format)


def tight_box(mask: np.ndarray) -> tuple[float, float, float, float]:
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    return (
        float(columns[0]),
        float(rows[0]),
        float(columns[-1] - columns[0] + 1),
        float(rows[-1] - rows[0] + 1),
    )


def masked(number: int, mask: np.ndarray, *, image_id: int = 1, category_id: int = 1, **rest: Any) -> CocoAnnotation:
    known = {"box_xywh_px": tight_box(mask) if mask.any() else None, "area_px": float(mask.sum())} | rest
    return CocoAnnotation(number, image_id, category_id, run_lengths_of(mask), **known)


def boxed(number: int, box: Any, *, image_id: int = 1, category_id: int = 1, **rest: Any) -> CocoAnnotation:
    floats = None if box is None else tuple(float(side) for side in box)
    return CocoAnnotation(number, image_id, category_id, None, box_xywh_px=floats, **rest)


def one_picture(
    *objects: CocoAnnotation, width: int, height: int, file_name: str = "a.png", names: Any = ("cone", "ball")
) -> CocoDataset:
    categories = tuple(CocoCategory(number, name) for number, name in enumerate(names, start=1))
    return CocoDataset(Path("given.json"), (CocoImage(1, file_name, width, height),), objects, categories)


@st.composite
def masks(draw: st.DrawFn, max_side_px: int = 40) -> np.ndarray:
    """Pieces, some of them holes, and specks; never empty; often at the borders."""
    height, width = draw(st.integers(1, max_side_px)), draw(st.integers(1, max_side_px))
    mask = np.zeros((height, width), bool)
    for value in draw(st.lists(st.booleans(), min_size=1, max_size=6)):
        top, left = draw(st.integers(0, height - 1)), draw(st.integers(0, width - 1))
        bottom, right = draw(st.integers(top + 1, height)), draw(st.integers(left + 1, width))
        rows, columns = np.mgrid[top:bottom, left:right]
        inside = np.ones(rows.shape, bool)
        if draw(st.booleans()):
            high, wide = (bottom - top) / 2, (right - left) / 2
            inside = ((rows + 0.5 - top) / high - 1) ** 2 + ((columns + 0.5 - left) / wide - 1) ** 2 <= 1
        mask[top:bottom, left:right][inside] = value
    for _ in range(draw(st.integers(0, 4))):
        mask[draw(st.integers(0, height - 1)), draw(st.integers(0, width - 1))] = True
    if not mask.any():
        mask[draw(st.integers(0, height - 1)), draw(st.integers(0, width - 1))] = True
    return mask
