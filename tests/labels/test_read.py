"""The format is told by what is there; the fingerprint by what is said, not by where it lies."""

import dataclasses
import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from situate.errors import DataError, InputError
from situate.labels.coco import CocoAnnotation, CocoCategory, CocoDataset, CocoImage
from situate.labels.coco_mask import mask_of
from situate.labels.read import dataset_fingerprint, read_labels

HEIGHT, WIDTH = 8, 10
XML = (
    "<annotation><filename>a.jpg</filename><size><width>10</width><height>8</height></size>"
    "<object><name>cone</name></object></annotation>"
)
COCO = {
    "images": [{"id": 1, "file_name": "a.jpg", "width": WIDTH, "height": HEIGHT}],
    "annotations": [{"id": 1, "image_id": 1, "category_id": 1}],
    "categories": [{"id": 1, "name": "cone"}],
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """One picture, described in all four formats."""
    mask = np.zeros((HEIGHT, WIDTH), np.uint8)
    mask[2:6, 3:9] = 1
    for name in ("images", "labels", "Annotations", "SegmentationObject", "masks"):
        (tmp_path / name).mkdir()
    Image.new("RGB", (WIDTH, HEIGHT)).save(tmp_path / "images" / "a.jpg")
    (tmp_path / "labels" / "a.txt").write_text("0 0.3 0.25 0.9 0.25 0.9 0.75 0.3 0.75")
    (tmp_path / "data.yaml").write_text("names: [cone]")
    (tmp_path / "instances.JSON").write_text(json.dumps(COCO))
    (tmp_path / "Annotations" / "a.xml").write_text(XML)
    Image.fromarray(mask).save(tmp_path / "SegmentationObject" / "a.png")
    Image.fromarray(mask).save(tmp_path / "masks" / "a.png")
    return tmp_path


FORMATS = [
    ("instances.JSON", "coco"),
    ("data.yaml", "yolo"),
    (".", "voc"),
    ("Annotations", "voc"),
    ("masks", "masks"),
]


@pytest.mark.parametrize(("name", "label_format"), FORMATS)
def test_the_format_is_told_by_what_is_there(folder: Path, name: str, label_format: Any) -> None:
    told = read_labels(folder / name, folder / "images")
    assert told == read_labels(folder / name, folder / "images", label_format)
    assert len(told.annotations) == 1


@pytest.mark.parametrize("name", ["data.yaml", ".", "masks"])
def test_every_format_says_the_same_mask(folder: Path, name: str) -> None:
    dataset = read_labels(folder / name, folder / "images")
    mask = mask_of(dataset.annotations[0], HEIGHT, WIDTH)
    assert np.argwhere(mask).tolist() == [[row, column] for row in range(2, 6) for column in range(3, 9)]


def empty(folder: Path) -> Path:
    (folder / "empty").mkdir()
    return folder / "empty"


@pytest.mark.parametrize(
    ("choose", "message"),
    [
        (lambda folder: folder / "nothing.zip", r"nothing\.zip does not exist; pass a COCO"),
        (lambda folder: folder / "nothing", "nothing does not exist"),
        (lambda folder: folder / "images" / "a.jpg", "is a file of another kind"),
        (lambda folder: folder / "labels", r"but a\.txt and 0 more; pass .* a YOLO data\.yaml"),
        (empty, "empty holds nothing"),
    ],
)
def test_what_is_no_format_is_refused_with_the_four_there_are(folder: Path, choose, message: str) -> None:
    with pytest.raises(InputError, match=message) as caught:
        read_labels(choose(folder), folder / "images")
    for known in ("COCO", "YOLO", "VOC", "masks"):
        assert known in str(caught.value)


def test_a_missing_coco_file_is_refused_as_one(folder: Path) -> None:
    with pytest.raises(DataError, match="pass a COCO instances file"):
        read_labels(folder / "nothing.json", folder / "images")


def test_components_are_asked_of_masks_only(folder: Path) -> None:
    assert len(read_labels(folder / "masks", folder / "images", instances="components").annotations) == 1
    with pytest.raises(InputError, match="is read as yolo"):
        read_labels(folder / "data.yaml", folder / "images", instances="components")


@pytest.mark.parametrize(("name", "label_format"), FORMATS)
def test_the_fingerprint_is_the_same_wherever_the_data_set_lies(
    folder: Path, tmp_path_factory: pytest.TempPathFactory, name: str, label_format: Any
) -> None:
    (folder / "images" / "b.jpg").write_text("broken")
    copy = Path(shutil.copytree(folder, tmp_path_factory.mktemp("copy") / "deep"))
    assert dataset_fingerprint(read_labels(folder / name, folder / "images")) == dataset_fingerprint(
        read_labels(copy / name, copy / "images", label_format)
    )


IMAGE = CocoImage(1, "a.jpg", 10, 8, {"license": 1})
ANNOTATION = CocoAnnotation(1, 1, 1, [[1, 1, 2, 1, 2, 2.5]], False, (1.0, 1.0, 1.0, 1.5), 0.5)
CATEGORY = CocoCategory(1, "c\N{LATIN SMALL LETTER O WITH DIAERESIS}ne")


def dataset(image: Any = IMAGE, annotation: Any = ANNOTATION, category: Any = CATEGORY) -> CocoDataset:
    return CocoDataset(Path("x"), (image,), (annotation,), (category,))


CHANGES = [
    {"image": dataclasses.replace(IMAGE, file_name="b.jpg")},
    {"image": dataclasses.replace(IMAGE, width=8, height=10)},
    {"image": dataclasses.replace(IMAGE, extra={})},
    {"image": dataclasses.replace(IMAGE, problem="missing")},
    {"annotation": dataclasses.replace(ANNOTATION, segmentation=[[1, 1, 2, 1, 2, 2]])},
    {"annotation": dataclasses.replace(ANNOTATION, segmentation={"size": [8, 10], "counts": "1"})},
    {"annotation": dataclasses.replace(ANNOTATION, is_crowd=True)},
    {"annotation": dataclasses.replace(ANNOTATION, box_xywh_px=None)},
    {"annotation": dataclasses.replace(ANNOTATION, area_px=None)},
    {"annotation": dataclasses.replace(ANNOTATION, extra={"truncated": True})},
    {"category": dataclasses.replace(CATEGORY, name="ball")},
    {"category": dataclasses.replace(CATEGORY, id=2)},
]


@pytest.mark.parametrize("change", CHANGES)
def test_the_fingerprint_changes_with_every_field(change: dict[str, Any]) -> None:
    assert dataset_fingerprint(dataset(**change)) != dataset_fingerprint(dataset())


def test_the_fingerprint_of_a_data_set_never_changes() -> None:
    # A build is resumed only if it is the same: a change here breaks off the builds of users.
    assert dataset_fingerprint(dataset()) == "e35ba2032c3aa783a62ddae582caa09a41e307c98f60afe19509186b546a319b"


def test_real_frames_with_masks_beside_them_are_read_in_one_call(shared_data: Path) -> None:
    davis = shared_data / "davis"
    if not davis.is_dir():
        pytest.skip("no davis among the shared data")
    read = read_labels(davis, davis)
    names = read.category_names()
    clips = sorted(path.name for path in davis.iterdir() if path.is_dir())
    assert sorted(names.values()) == clips
    assert len(read.annotations) == len(read.images) == len(list(davis.rglob("*.jpg")))
    first = read.annotations_by_image()[read.images[0].id][0]
    with Image.open(davis / read.images[0].file_name.replace(".jpg", ".png")) as mask:
        assert np.array_equal(mask_of(first, mask.height, mask.width), np.asarray(mask) > 0)
    assert names[first.category_id] == clips[0]
    assert {image.problem for image in read.images} == {None}
    assert read.extra == {"notes": {}}
