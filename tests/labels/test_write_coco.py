"""COCO in, COCO out: what was read is written as it was."""

import contextlib
import io
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pycocotools.coco import COCO
from tests.labels.written import boxed, masked, masks, one_picture, read, tight_box, write

from situate.labels.coco import CocoDataset, read_coco
from situate.labels.coco_mask import run_lengths_of
from situate.labels.write import label_files, left_out

RING = np.pad(np.ones((6, 8), bool), ((2, 4), (3, 5)))
RING[4:6, 5:9] = False
FILE = {
    "info": {"year": 2026, "description": "\N{SNOWMAN}"},
    "licenses": [{"id": 3, "name": "CC0", "url": "https://example.org"}],
    "images": [
        {"id": 0, "file_name": "sub/a.jpg", "width": 16, "height": 12, "license": 3, "coco_url": "x"},
        {"id": 9, "file_name": "b.png", "width": 16, "height": 12},
    ],
    "annotations": [
        # Polygons, floats and keys that nobody knows.
        {
            "id": 0,
            "image_id": 9,
            "category_id": 0,
            "bbox": [1.25, 2, 3.5, 4],
            "area": 13.75,
            "segmentation": [[1.25, 2, 4.75, 2, 4.75, 6.0], [1, 1, 2, 2]],
            "iscrowd": 0,
            "attributes": {"occluded": True},
            "score": None,
        },
        # A crowd: run lengths that are not compressed.
        {"id": 70, "image_id": 0, "category_id": 7, "bbox": [0, 0, 1, 2], "area": 2, "iscrowd": 1}
        | {"segmentation": {"size": [12, 16], "counts": [0, 2, 190]}},
        # Neither box nor area; compressed run lengths with a hole.
        {"id": 4, "image_id": 0, "category_id": 7, "segmentation": run_lengths_of(RING), "iscrowd": 0},
        # A box only.
        {"id": 5, "image_id": 0, "category_id": 7, "bbox": [1, 2, 3, 4], "iscrowd": 0},
    ],
    "categories": [
        {"id": 7, "name": "cone", "supercategory": "thing", "skeleton": [[1, 2]]},
        {"id": 0, "name": "ball"},
    ],
    "videos": [],
}


@pytest.fixture
def dataset(tmp_path: Path) -> CocoDataset:
    (tmp_path / "given.json").write_text(json.dumps(FILE))
    return read_coco(tmp_path / "given.json")


def content(dataset: CocoDataset, **options: Any) -> Any:
    ((path, written),) = label_files(dataset, "coco", **options)
    assert str(path) == "annotations.json"
    return json.loads(written)


def test_what_was_read_is_written_as_it_was(dataset: CocoDataset) -> None:
    assert content(dataset) == FILE
    first = content(dataset)["annotations"][0]
    assert list(first)[:7] == ["id", "image_id", "category_id", "bbox", "area", "segmentation", "iscrowd"]


def test_what_is_written_is_read_again(dataset: CocoDataset, tmp_path: Path) -> None:
    again = read(write(dataset, "coco", tmp_path / "out"), "coco")
    for section in ("images", "annotations", "categories", "extra"):
        assert getattr(again, section) == getattr(dataset, section)


def test_polygons_are_asked_for_and_written_for_run_lengths_of_single_objects_only(dataset: CocoDataset) -> None:
    before, after = FILE["annotations"], content(dataset, masks="polygons")["annotations"]
    assert [before[place] for place in (0, 1, 3)] == [after[place] for place in (0, 1, 3)]
    assert after[2] == before[2] | {"segmentation": [[3, 2, 3, 8, 11, 8, 11, 2]]}


def test_run_lengths_that_cannot_be_drawn_or_are_empty_stay_as_they_are() -> None:
    damaged, empty = masked(1, RING), masked(2, np.zeros((4, 5), bool))
    entries = content(one_picture(damaged, empty, width=5, height=4), masks="polygons")["annotations"]
    assert [entry["segmentation"] for entry in entries] == [damaged.segmentation, empty.segmentation]


# pycocotools 2.0.11 meets numpy's new rule for `__array__` with every mask.
@pytest.mark.filterwarnings("ignore:__array__:DeprecationWarning")
def test_the_file_opens_in_the_coco_api_and_areas_agree(tmp_path: Path) -> None:
    folder = write(one_picture(masked(1, RING), boxed(2, (1, 2, 3, 4)), width=16, height=12), "coco", tmp_path)
    with contextlib.redirect_stdout(io.StringIO()):
        coco = COCO(str(folder / "annotations.json"))
    assert coco.annToMask(coco.anns[1]).sum() == coco.anns[1]["area"] == RING.sum()
    assert coco.loadCats(coco.getCatIds())[0]["name"] == "cone"
    assert coco.getAnnIds(imgIds=[1]) == [1, 2]


@given(masks(), st.sampled_from(["rle", "polygons"]))
def test_masks_of_either_kind_keep_their_box(mask: np.ndarray, kind: Any) -> None:
    height, width = mask.shape
    (entry,) = content(one_picture(masked(1, mask), width=width, height=height), masks=kind)["annotations"]
    assert entry["bbox"] == list(tight_box(mask))
    assert entry["area"] == mask.sum()
    if kind == "rle":
        assert entry["segmentation"] == run_lengths_of(mask)
    else:
        corners = np.concatenate([np.reshape(polygon, (-1, 2)) for polygon in entry["segmentation"]])
        found = [*corners.min(axis=0), *np.ptp(corners, axis=0)]
        assert np.abs(np.subtract(found, tight_box(mask))).max() < 0.5


def test_pictures_that_cannot_be_read_are_left_out_and_counted() -> None:
    whole = one_picture(boxed(1, (1, 2, 3, 4)), width=16, height=12)
    broken = replace(whole, images=(replace(whole.images[0], width=0, height=0, problem="damaged"),))
    assert content(broken)["images"] == content(broken)["annotations"] == []
    assert left_out(broken, "coco") == left_out(broken, "yolo") == {"pictures that cannot be read": 1}
    assert left_out(whole, "coco") == {}
