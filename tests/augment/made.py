"""A small detection data set and cut-outs, made on the spot."""

import json
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from PIL import Image

WIDTH, HEIGHT = 96, 72
CLASSES = {3: "ball", 7: "box"}
"""Ids with gaps."""


def write_data_set(folder: Path, count: int = 6, *, name: str = "{:02d}.png") -> Path:
    """Write `instances.json` and `images`: in every picture a ball with a mask and a box without one."""
    (folder / "images").mkdir(parents=True)
    images: list[dict[str, Any]] = []
    annotations: list[dict[str, Any]] = []
    for number in range(count):
        file_name = name.format(number)
        path = folder / "images" / file_name
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(_picture(number)).save(path)
        images.append(
            {"id": 10 * number, "file_name": file_name, "width": WIDTH, "height": HEIGHT, "license": 4, "taken": "2020"}
        )
        left = 10 + 6 * number
        ring = cv2.ellipse2Poly((left + 12, 48), (12, 12), 0, 0, 360, 12)
        annotations.append(
            {
                "id": 100 + 2 * number,
                "image_id": 10 * number,
                "category_id": 3,
                "bbox": [left, 36.0, 24.5, 24.0],
                "area": 450.25,
                "segmentation": [ring.ravel().tolist()],
                "iscrowd": 0,
                "painted": "red",
            }
        )
        box = {"bbox": [60.5, 20.25, 20.0, 16.5], "iscrowd": 0}
        annotations.append({"id": 101 + 2 * number, "image_id": 10 * number, "category_id": 7, **box})
    content = {
        "info": {"version": "1"},
        "licenses": [{"id": 4, "name": "CC-BY"}],
        "images": images,
        "annotations": annotations,
        "categories": [{"id": key, "name": kind, "supercategory": "thing"} for key, kind in CLASSES.items()],
    }
    (folder / "instances.json").write_text(json.dumps(content))
    return folder


def write_cutouts(folder: Path, counts: dict[str, int] | None = None) -> Path:
    """Write discs and squares with transparency, in a folder for each class."""
    for kind, count in (counts or {"ball": 3, "box": 2}).items():
        (folder / kind).mkdir(parents=True)
        for number in range(count):
            Image.fromarray(_cutout(kind, 16 + 4 * number)).save(folder / kind / f"{number}.png")
    return folder


def _picture(number: int) -> np.ndarray:
    generator = np.random.default_rng(number)
    pixels = generator.integers(80, 120, (HEIGHT, WIDTH, 3)).astype(np.uint8)
    pixels[HEIGHT // 2 :] //= 2
    cv2.circle(pixels, (22 + 6 * number, 48), 12, (200, 30, 30), -1)
    return pixels


def _cutout(kind: str, side: int) -> np.ndarray:
    pixels = np.zeros((side, side, 4), np.uint8)
    pixels[..., :3] = (30, 60, 220)
    if kind == "ball":
        cv2.circle(pixels, (side // 2, side // 2), side // 2 - 1, (30, 60, 220, 255), -1)
    else:
        pixels[2:-2, 1:-1, 3] = 255
    return pixels
