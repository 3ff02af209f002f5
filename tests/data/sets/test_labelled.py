"""Pictures with labels: what is written is whole, and whatever is wrong with a set is found and named."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from tests.labels.written import boxed, masked, one_picture, write

from situate.cli.app import main
from situate.data.sets.labelled import label_sets_in, verify_labels
from situate.labels.coco_mask import run_lengths_of

WIDTH, HEIGHT = 60, 40
DISC = np.hypot(*(np.mgrid[:HEIGHT, :WIDTH] - [[[15]], [[30]]])) < 12
FORMATS = ["coco", "yolo", "voc"]


def written(folder: Path, label_format: str = "coco") -> Path:
    objects = masked(1, DISC), masked(2, ~DISC, category_id=2)
    return write(one_picture(*objects, width=WIDTH, height=HEIGHT), label_format, folder)


def problems(folder: Path) -> list[str]:
    return [str(problem) for one in label_sets_in(folder) for problem in verify_labels(one).problems]


def change(folder: Path, section: str, **values: Any) -> None:
    path = folder / "annotations.json"
    content = json.loads(path.read_text())
    content[section][0] |= values
    path.write_text(json.dumps(content))


@pytest.mark.parametrize("label_format", FORMATS)
def test_what_is_written_is_whole(tmp_path: Path, label_format: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["data", "verify", str(written(tmp_path, label_format))]) == 0
    first, last = capsys.readouterr().out.splitlines()
    assert first.endswith("1 pictures, 2 objects, 2 masks, 0 problems")
    assert last == "whole"


@pytest.mark.parametrize("label_format", FORMATS)
def test_pictures_that_are_damaged_are_named(tmp_path: Path, label_format: str) -> None:
    (picture,) = written(tmp_path, label_format).glob("*mages/a.png")
    picture.write_bytes(picture.read_bytes()[:60])
    (problem,) = problems(tmp_path)
    assert "a.png: is a damaged" in problem
    assert "export it again" in problem


@pytest.mark.parametrize("label_format", ["coco", "voc"])
def test_pictures_that_are_missing_or_of_another_size_are_named(tmp_path: Path, label_format: str) -> None:
    (picture,) = written(tmp_path, label_format).glob("*mages/a.png")
    Image.new("L", (WIDTH, 7)).save(picture)
    assert "a.png: is 60 x 7 pixels upright, the labels say 60 x 40" in problems(tmp_path)[0]
    picture.unlink()
    assert "a.png" in problems(tmp_path)[0]


BROKEN = [
    ("coco", "annotations.json", "{", "is not JSON"),
    ("coco", "annotations.json", '{"images": [], "annotations": [], "categories": []}', "there are no pictures"),
    ("yolo", "data.yaml", "names: 3", "has no names"),
    ("yolo", "labels/a.txt", "0 1 2", "line 1"),
    ("voc", "Annotations/a.xml", "<annotation>", "are broken"),
]


@pytest.mark.parametrize(("label_format", "name", "content", "message"), BROKEN)
def test_labels_that_cannot_be_read_are_a_problem(
    tmp_path: Path, label_format: str, name: str, content: str, message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    (written(tmp_path, label_format) / name).write_text(content)
    assert message in problems(tmp_path)[0]
    assert main(["data", "verify", str(tmp_path)]) == 1
    assert capsys.readouterr().out.splitlines()[-1] == "1 problems"


POLYGON = [[20, 10, 40, 10, 40, 30, 20, 30]]
SPECK = np.zeros((HEIGHT, WIDTH), bool)
WRONG = [
    (
        {"segmentation": [], "bbox": [50, 3, 20, 23]},
        "the box [50, 3, 20, 23] leaves the picture of 60 x 40 pixels by 10",
    ),
    ({"segmentation": [], "bbox": [-1.5, 3, 20, 23]}, "leaves the picture of 60 x 40 pixels by 1.5"),
    ({"bbox": [19, 4, 0, 23]}, "the box is 0 x 23 pixels large"),
    ({"bbox": [22, 4, 23, 23]}, "the box [22, 4, 23, 23] is not that of the mask, [19, 4, 23, 23], within 2 pixels"),
    ({"area": 300}, "the area is 300 pixels, the mask has "),
    ({"segmentation": {"size": [9, 9], "counts": [81]}}, "run lengths are for 9 x 9 pixels, not 40 x 60"),
    ({"segmentation": {"size": [HEIGHT, WIDTH], "counts": "zz"}}, "run lengths are damaged"),
    ({"segmentation": run_lengths_of(SPECK)}, "the mask is empty"),
    ({"segmentation": [[1, 1, 2, 2]]}, "has no polygon with three corners"),
    ({"segmentation": POLYGON, "bbox": [30, 20, 20, 20]}, "the box [30, 20, 20, 20] is not that of the mask, [20, 10,"),
]


@pytest.mark.parametrize(("values", "message"), WRONG)
def test_what_is_wrong_with_an_object_is_named(tmp_path: Path, values: dict[str, Any], message: str) -> None:
    change(written(tmp_path), "annotations", **values)
    (problem,) = problems(tmp_path)
    assert "annotations.json: a.png, annotation 1: " in problem
    assert message in problem


RIGHT = [
    {"bbox": [21, 2, 23, 23]},  # two pixels beside the mask
    {"area": 420},
    {"bbox": None, "area": None},  # not every file has them
    {"segmentation": POLYGON, "bbox": [22.5, 8, 18, 24], "area": 3},  # drawn by people
    {"segmentation": [[20, 10, 20.4, 10, 20.4, 10.4]], "bbox": [20, 10, 0.4, 0.4]},  # less than a pixel
    {"segmentation": [], "bbox": [-1, 3, 62, 38]},  # a pixel outside
]


@pytest.mark.parametrize("values", RIGHT)
def test_what_is_near_enough_is_no_problem(tmp_path: Path, values: dict[str, Any]) -> None:
    change(written(tmp_path), "annotations", **values)
    assert [problem for problem in problems(tmp_path) if "mask is empty" not in problem] == []


def test_a_mask_that_does_not_belong_to_its_xml_file_and_the_picture_are_both_looked_at(tmp_path: Path) -> None:
    folder = written(tmp_path, "voc")
    Image.new("L", (3, 3)).save(folder / "SegmentationObject/a.png")
    (folder / "JPEGImages/a.png").write_bytes(b"no picture")
    mask, picture = problems(folder)
    assert "SegmentationObject/a.png is 3 x 3 pixels" in mask
    assert "is not a picture" in picture


def test_objects_without_masks_are_counted_as_such(tmp_path: Path) -> None:
    write(one_picture(boxed(1, (1, 2, 3, 4)), width=WIDTH, height=HEIGHT), "yolo", tmp_path)
    (found,) = (verify_labels(one) for one in label_sets_in(tmp_path))
    assert (found.num_pictures, found.num_objects, found.num_masks, found.problems) == (1, 1, 0, ())


def test_labels_of_two_layouts_in_one_folder_are_both_checked(tmp_path: Path) -> None:
    written(tmp_path, "yolo")
    written(tmp_path, "coco")
    assert [one.label_format for one in label_sets_in(tmp_path)] == ["coco", "yolo"]


def test_progress_is_told_after_every_picture(tmp_path: Path) -> None:
    told: list[tuple[int, int]] = []
    (one,) = label_sets_in(written(tmp_path))
    verify_labels(one, progress=lambda *counts: told.append(counts))
    assert told == [(1, 1)]


def test_a_folder_of_triples_or_of_nothing_is_no_label_set(tmp_path: Path) -> None:
    assert main(["data", "verify", str(tmp_path)]) == 2
    written(tmp_path)
    (tmp_path / "dataset.json").write_text("{}")
    assert label_sets_in(tmp_path) == []
