"""YOLO labels: where they are looked for, what a line may say, what the message says if it does not."""

import shutil
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from situate.errors import DataError, InputError
from situate.labels.coco import CocoDataset
from situate.labels.coco_mask import mask_of
from situate.labels.yolo import read_yolo

WIDTH, HEIGHT = 80, 40
TRIANGLE = "0 0.1 0.1 0.5 0.1 0.5 0.9"


def picture(path: Path, **options: Any) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", (WIDTH, HEIGHT)).save(path, **options)
    return path


def text(path: Path, content: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content, encoding="utf-8")
    return path


def description(folder: Path, names: Any = ("cone", "ball")) -> Path:
    names = list(names) if isinstance(names, tuple) else names
    return text(folder / "data.yaml", yaml.safe_dump({"path": ".", "train": "images/train", "names": names}))


def one_picture(folder: Path, label: str | None, names: Any = ("cone", "ball")) -> CocoDataset:
    picture(folder / "images" / "train" / "a.jpg")
    if label is not None:
        text(folder / "labels" / "train" / "a.txt", label)
    return read_yolo(description(folder, names), folder / "images" / "train")


def test_a_polygon_becomes_corners_in_pixels_with_their_box(tmp_path: Path) -> None:
    dataset = one_picture(tmp_path, TRIANGLE)
    (annotation,) = dataset.annotations
    assert annotation.segmentation == [pytest.approx([8, 4, 40, 4, 40, 36])]
    assert annotation.box_xywh_px == pytest.approx((8, 4, 32, 32))
    (image,) = dataset.images
    assert (image.file_name, image.width, image.height, image.problem) == ("a.jpg", WIDTH, HEIGHT, None)


def test_a_detection_line_becomes_a_box_without_a_segmentation(tmp_path: Path) -> None:
    (annotation,) = one_picture(tmp_path, "1 0.5 0.5 0.25 0.5").annotations
    assert annotation.segmentation is None
    assert annotation.box_xywh_px == pytest.approx((30, 10, 20, 20))
    assert annotation.category_id == 1


def test_several_lines_are_several_objects_and_empty_ones_none(tmp_path: Path) -> None:
    dataset = one_picture(tmp_path, f"{TRIANGLE}\n\n  \r\n1.0 {TRIANGLE[2:]}\n")
    assert [(one.id, one.image_id, one.category_id) for one in dataset.annotations] == [(1, 1, 0), (2, 1, 1)]


@pytest.mark.parametrize("names", [("cone", "ball"), {0: "cone", 1: "ball"}])
def test_names_are_a_list_or_by_id(tmp_path: Path, names: Any) -> None:
    assert one_picture(tmp_path, TRIANGLE, names).category_names() == {0: "cone", 1: "ball"}


def test_ids_may_have_gaps(tmp_path: Path) -> None:
    dataset = one_picture(tmp_path, "17 " + TRIANGLE[2:], {17: "ball", 4: "cone"})
    assert dataset.category_names() == {4: "cone", 17: "ball"}
    assert dataset.annotations[0].category_id == 17


@pytest.mark.parametrize(
    ("picture_name", "label_name"),
    [
        ("images/train/a.jpg", "labels/train/a.txt"),
        ("images/a.jpg", "labels/a.txt"),
        ("images/train/deep/a.b.jpg", "labels/train/deep/a.b.txt"),  # a point in the name is no suffix
        ("images/images/a.jpg", "images/labels/a.txt"),  # the last one counts
        ("images/train/a.jpg", "images/train/a.txt"),  # beside the picture
        ("photos/a.jpg", "photos/a.txt"),
    ],
)
def test_labels_are_found_in_the_twin_folder_or_beside_the_picture(
    tmp_path: Path, picture_name: str, label_name: str
) -> None:
    picture(tmp_path / picture_name)
    text(tmp_path / label_name, TRIANGLE)
    folder = tmp_path / Path(picture_name).parts[0]
    assert len(read_yolo(description(tmp_path), folder).annotations) == 1


def test_the_twin_folder_is_found_from_inside_the_pictures(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    one_picture(tmp_path, TRIANGLE)
    monkeypatch.chdir(tmp_path / "images" / "train")
    assert len(read_yolo(tmp_path / "data.yaml", Path()).annotations) == 1


def test_a_picture_without_labels_shows_no_objects(tmp_path: Path) -> None:
    picture(tmp_path / "images" / "train" / "b.jpg")
    dataset = one_picture(tmp_path, TRIANGLE)
    assert [image.file_name for image in dataset.images] == ["a.jpg", "b.jpg"]
    assert len(dataset.annotations_by_image()[2]) == 0


def test_what_has_no_partner_is_counted(tmp_path: Path) -> None:
    assert one_picture(tmp_path, TRIANGLE).extra == {"notes": {}}
    for name in ("b", "c", "d"):
        text(tmp_path / "labels" / "train" / f"{name}.txt", TRIANGLE)
    # Of other pictures, and of none.
    for name in ("labels/val/e.txt", "labels/train/classes.txt", "labels/train/.f.txt", "labels/train.txt"):
        text(tmp_path / name, TRIANGLE)
    for name in ("b.jpg", "b.png", "e.jpg", "f.jpg"):
        picture(tmp_path / "images" / "train" / name)
    dataset = one_picture(tmp_path, TRIANGLE)
    assert dataset.extra == {"notes": {"pictures without annotations": 2, "label files without a picture": 2}}


def test_an_exif_rotated_picture_has_its_upright_size(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    picture(tmp_path / "images" / "a.jpg", exif=exif.tobytes())
    text(tmp_path / "labels" / "a.txt", "0 0 0 1 0 1 1")
    dataset = read_yolo(description(tmp_path), tmp_path / "images")
    assert (dataset.images[0].width, dataset.images[0].height) == (HEIGHT, WIDTH)
    assert dataset.annotations[0].box_xywh_px == (0, 0, HEIGHT, WIDTH)


def test_a_picture_that_cannot_be_opened_stops_nothing_and_its_objects_are_counted(tmp_path: Path) -> None:
    text(tmp_path / "images" / "train" / "broken.jpg", "<html>")
    text(tmp_path / "labels" / "train" / "broken.txt", f"{TRIANGLE}\n1 0.5 0.5 0.2 0.2")
    dataset = one_picture(tmp_path, TRIANGLE)
    sound, broken = dataset.images
    assert sound.problem is None
    assert broken.problem is not None
    assert "broken.jpg is damaged or no JPEG" in broken.problem
    assert [one.segmentation for one in dataset.annotations_by_image()[broken.id]] == [None, None]


BROKEN_LINES = [
    ("0 0.1 0.1 0.5 x 0.5 0.9", "is not a row of numbers"),
    ("cone 0.1 0.1 0.5 0.1 0.5 0.9", "is not a row of numbers"),  # a name where its number belongs
    ("0,0.1,0.1,0.5,0.1,0.5,0.9", "is not a row of numbers"),  # commas
    ("2 0.1 0.1 0.5 0.1 0.5 0.9", "class '2' is none of the 2 that have names"),
    ("-1 0.1 0.1 0.5 0.1 0.5 0.9", "class '-1' is none"),
    ("0.5 0.1 0.1 0.5 0.1 0.5 0.9", "class '0.5' is none"),
    ("nan 0.1 0.1 0.5 0.1 0.5 0.9", "class 'nan' is none"),
    ("0 nan 0.1 0.5 0.1 0.5 0.9", "nan is no fraction"),
    ("0 inf 0.1 0.5 0.1 0.5 0.9", "inf is no fraction"),
    ("0 12 0.1 0.5 0.1 0.5 0.9", "12.0 is no fraction"),  # pixels
    ("0 -0.02 0.1 0.5 0.1 0.5 0.9", "-0.02 is no fraction"),
    ("0 0.5 0.5 1.2 0.5", "1.2 is no fraction"),
    ("0", "0 numbers behind the class"),
    ("0 0.1 0.1 0.5 0.1 0.5", "5 numbers behind the class"),  # a box with its confidence
    (f"{TRIANGLE} 0.5", "7 numbers behind the class"),  # a polygon with its confidence
]


@pytest.mark.parametrize(("line", "message"), BROKEN_LINES)
def test_a_broken_line_is_refused_by_file_and_line(tmp_path: Path, line: str, message: str) -> None:
    with pytest.raises(DataError) as caught:
        one_picture(tmp_path, f"{TRIANGLE}\n{line}\n")
    assert f"{tmp_path / 'labels' / 'train' / 'a.txt'} line 2: " in str(caught.value)
    assert message in str(caught.value)


def test_many_broken_lines_are_listed_up_to_ten_and_the_rest_counted(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"line 10: .* and 15 more; repair") as caught:
        one_picture(tmp_path, "9 9\n" * 25)
    assert "line 11:" not in str(caught.value)


def test_labels_that_are_no_text_are_refused_by_name(tmp_path: Path) -> None:
    text(tmp_path / "labels" / "train" / "a.txt", "")
    (tmp_path / "labels" / "train" / "a.txt").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(DataError, match=r"a\.txt cannot be read"):
        one_picture(tmp_path, None)


def test_a_little_outside_is_moved_to_the_border(tmp_path: Path) -> None:
    (annotation,) = one_picture(tmp_path, "0 -0.005 0 1.005 0 1 1").annotations
    assert annotation.segmentation == [[0, 0, WIDTH, 0, WIDTH, HEIGHT]]


BOMB = "a: &a [x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"{new}: &{new} [{', '.join([f'*{old}'] * 9)}]\n" for old, new in zip("abcdefgh", "bcdefghi", strict=True)
)
BROKEN_DESCRIPTIONS = [
    ("names: [cone", "is not YAML"),
    ("\0", "is not YAML"),
    ("- cone", "has no names"),
    ("train: images", "has no names"),
    ("names: []", "has no names"),
    ("names: cone", "has no names"),
    ("names: [cone, no]", "class 1 is named by a bool"),  # YAML reads no as false
    ("names: {x: cone}", "class 'x' is named by a text"),
    ("names: {-1: cone}", "class -1 is named by a text"),
    ("names: [cone]\nkpt_shape: [17, 3]", "describes key points"),
    (f"{BOMB}names: [*i]", "class 0 is named by a list"),  # of nine to the ninth texts
]


@pytest.mark.parametrize(("content", "message"), BROKEN_DESCRIPTIONS)
def test_a_broken_description_is_refused_by_name(tmp_path: Path, content: str, message: str) -> None:
    picture(tmp_path / "images" / "a.jpg")
    with pytest.raises(DataError) as caught:
        read_yolo(text(tmp_path / "data.yaml", content), tmp_path / "images")
    assert str(caught.value).startswith(f"{tmp_path / 'data.yaml'}")
    assert message in str(caught.value)
    assert len(str(caught.value)) < 1000


def test_a_missing_description_is_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"data\.yaml cannot be read"):
        read_yolo(tmp_path / "data.yaml", tmp_path)


def test_pictures_of_which_none_is_labelled_are_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"none of the 1 pictures in .* has a label file"):
        one_picture(tmp_path, None)


def test_the_pictures_must_be_in_a_folder(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"pictures is not a folder"):
        read_yolo(description(tmp_path), tmp_path / "pictures")


@given(
    center=st.tuples(st.integers(15, 65), st.integers(12, 28)), axes=st.tuples(st.integers(3, 12), st.integers(3, 9))
)
def test_a_drawn_mask_written_as_polygons_comes_back_within_half_a_pixel(
    tmp_path_factory: pytest.TempPathFactory, center: tuple[int, int], axes: tuple[int, int]
) -> None:
    mask = cv2.ellipse(np.zeros((HEIGHT, WIDTH), np.uint8), center, axes, 0, 0, 360, 1, -1)
    large = cv2.resize(mask, None, fx=8, fy=8, interpolation=cv2.INTER_NEAREST)
    (outline,), _ = cv2.findContours(large, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    corners = (outline.reshape(-1, 2) + 0.5) / 8 / (WIDTH, HEIGHT)
    folder = tmp_path_factory.mktemp("yolo")
    dataset = one_picture(folder, "0 " + " ".join(f"{number:.6f}" for number in corners.ravel()))
    shutil.rmtree(folder)
    (annotation,) = dataset.annotations
    assert annotation.box_xywh_px == pytest.approx(cv2.boundingRect(mask), abs=0.5)
    assert np.array_equal(mask_of(annotation, HEIGHT, WIDTH), mask > 0)
