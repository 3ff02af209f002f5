"""Pascal VOC: boxes and flags from the XML files, masks by the numbers of the objects."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from situate.errors import DataError, InputError
from situate.labels.coco import CocoDataset
from situate.labels.coco_mask import mask_of
from situate.labels.voc import read_voc

WIDTH, HEIGHT = 30, 20
DOG = "<object><name>dog</name><difficult>1</difficult><truncated>0</truncated>{box}</object>"
BOX = "<bndbox><xmin>3</xmin><ymin>5</ymin><xmax>12</xmax><ymax>5</ymax></bndbox>"


def xml(objects: str = "", *, name: str = "a.jpg", size: str | None = None) -> str:
    size = size or f"<size><width>{WIDTH}</width><height>{HEIGHT}</height><depth>3</depth></size>"
    return f"<annotation><folder>x</folder><filename>{name}</filename>{size}{objects}</annotation>"


def write_xml(folder: Path, content: str, name: str = "a") -> Path:
    path = folder / "Annotations" / f"{name}.xml"
    path.parent.mkdir(exist_ok=True)
    path.write_text(content)
    (folder / "JPEGImages").mkdir(exist_ok=True)
    return path


def write_mask(folder: Path, values: Any, name: str = "a") -> Path:
    path = folder / "SegmentationObject" / f"{name}.png"
    path.parent.mkdir(exist_ok=True)
    picture = Image.fromarray(np.asarray(values, np.uint8))
    picture.putpalette([0, 0, 0, *([128, 0, 0] * 254), 224, 224, 192])
    picture.save(path)
    return path


def read(folder: Path) -> CocoDataset:
    return read_voc(folder, folder / "JPEGImages")


def two_dogs(folder: Path) -> np.ndarray:
    write_xml(folder, xml(DOG.format(box=BOX) * 2))
    values = np.zeros((HEIGHT, WIDTH), int)
    values[4:9, 2:12], values[9:12, 2:12], values[10:15, 15:28] = 1, 255, 2
    return values


def test_a_box_counts_from_one_and_includes_its_last_column(tmp_path: Path) -> None:
    write_xml(tmp_path, xml(DOG.format(box=BOX)))
    dataset = read(tmp_path)
    (annotation,) = dataset.annotations
    assert annotation.box_xywh_px == (2, 4, 10, 1)
    assert annotation.segmentation is None
    assert annotation.extra == {"difficult": True, "truncated": False}
    assert dataset.category_names() == {1: "dog"}


def test_masks_are_those_of_the_numbered_objects_without_the_void(tmp_path: Path) -> None:
    values = two_dogs(tmp_path)
    write_mask(tmp_path, values)
    dataset = read(tmp_path)
    assert [image.problem for image in dataset.images] == [None]
    for number, annotation in enumerate(dataset.annotations, start=1):
        assert np.array_equal(mask_of(annotation, HEIGHT, WIDTH), values == number)
        assert annotation.area_px == np.count_nonzero(values == number)


def test_an_object_without_pixels_has_no_segmentation(tmp_path: Path) -> None:
    values = two_dogs(tmp_path)
    write_mask(tmp_path, np.where(values == 1, 0, values))
    first, second = read(tmp_path).annotations
    assert first.segmentation is None
    assert second.segmentation is not None


def test_the_annotations_folder_itself_may_be_passed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_mask(tmp_path, two_dogs(tmp_path))
    whole = read(tmp_path).annotations
    assert read_voc(tmp_path / "Annotations", tmp_path / "JPEGImages").annotations == whole
    monkeypatch.chdir(tmp_path / "Annotations")
    assert read_voc(Path(), tmp_path / "JPEGImages").annotations == whole


def test_parts_of_an_object_are_no_objects(tmp_path: Path) -> None:
    part = "<part><name>head</name><bndbox><xmin>1</xmin></bndbox></part>"
    write_xml(tmp_path, xml(DOG.format(box=part + BOX)))
    dataset = read(tmp_path)
    assert [annotation.box_xywh_px for annotation in dataset.annotations] == [(2, 4, 10, 1)]
    assert dataset.category_names() == {1: "dog"}


def test_a_box_turned_round_is_read_and_is_empty(tmp_path: Path) -> None:
    write_xml(tmp_path, xml(DOG.format(box=BOX.replace("<xmax>12", "<xmax>2"))))
    (annotation,) = read(tmp_path).annotations
    assert annotation.has_empty_box


def test_ids_follow_the_names_of_files_and_classes(tmp_path: Path) -> None:
    cat = DOG.format(box=BOX).replace("dog", "cat")
    write_xml(tmp_path, xml(DOG.format(box=BOX), name="b.jpg"), "b")
    write_xml(tmp_path, xml(DOG.format(box="") + cat), "a")
    dataset = read(tmp_path)
    assert [(image.id, image.file_name) for image in dataset.images] == [(1, "a.jpg"), (2, "b.jpg")]
    assert dataset.category_names() == {1: "cat", 2: "dog"}
    assert [(one.id, one.image_id, one.category_id) for one in dataset.annotations] == [(1, 1, 2), (2, 1, 1), (3, 2, 2)]


def test_a_name_without_a_file_gives_way_to_that_of_the_xml_file(tmp_path: Path) -> None:
    write_xml(tmp_path, xml(name="IMG_1"))
    assert read(tmp_path).images[0].file_name == "IMG_1"
    (tmp_path / "JPEGImages" / "a.png").touch()
    assert read(tmp_path).images[0].file_name == "a.png"


BOMB = '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>'
BROKEN = [
    ("<annotation>", "line 1, column 12"),  # cut off
    ("", "no element found"),
    (BOMB + xml().replace("a.jpg", "&b;"), "has a DOCTYPE"),
    ("<?xml version='1.0'?><!DOCTYPE annotation SYSTEM 'x.dtd'>" + xml(), "has a DOCTYPE"),
    ("<html/>", "the outermost element is 'html'"),
    (xml(size="<x/>"), "width and height are '' and ''"),
    (xml(size="<size><width>3.5</width><height>2</height></size>"), "width and height are '3.5' and '2'"),
    (xml(size="<size><width>0</width><height>2</height></size>"), "size is 0 x 2 pixels, at least"),
    (xml(size="<size><width>90000</width><height>90000</height></size>"), "the limit is 250000000"),
    (xml(name=""), "filename is missing"),
    (xml(name="../a.jpg"), "'../a.jpg' leaves the image folder"),
    (xml(name="C:\\a.jpg"), "leaves the image folder"),
    (xml("<object/>"), "object 1: name is missing"),
    (xml(DOG.format(box="<bndbox/>")), "object 1: bndbox '', '', '', '' is not four numbers"),
    (xml(DOG.format(box=BOX) + DOG.format(box=BOX.replace("3", "nan"))), "object 2: bndbox 'nan', '5'"),
    (xml(DOG.format(box=BOX.replace("3", "left"))), "object 1: bndbox 'left', '5'"),
]


@pytest.mark.parametrize(("content", "message"), BROKEN)
def test_a_broken_xml_file_is_refused_by_name(tmp_path: Path, content: str, message: str) -> None:
    path = write_xml(tmp_path, content)
    with pytest.raises(DataError) as caught:
        read(tmp_path)
    assert f"{path}: " in str(caught.value)
    assert message in str(caught.value)


def test_a_doctype_in_another_encoding_is_refused_too(tmp_path: Path) -> None:
    write_xml(tmp_path, "").write_bytes((BOMB + xml()).encode("utf-16"))
    with pytest.raises(DataError, match="has a DOCTYPE"):
        read(tmp_path)


def test_many_broken_files_are_listed_up_to_ten_and_the_rest_counted(tmp_path: Path) -> None:
    for number in range(12):
        write_xml(tmp_path, "<html/>", f"{number:02}")
    with pytest.raises(DataError, match=r"09\.xml: .*; and 2 more; repair"):
        read(tmp_path)


def colour_mask(folder: Path) -> None:
    Image.new("RGB", (WIDTH, HEIGHT), (128, 0, 0)).save(write_mask(folder, [[0]]))


@pytest.mark.parametrize(
    ("write", "message"),
    [
        (lambda folder: write_mask(folder, [[0, 3] * 15] * HEIGHT), "pixels of the value 3, but"),
        (lambda folder: write_mask(folder, [[0, 1]]), "is 2 x 1 pixels"),
        (colour_mask, "holds colours, which number no objects"),  # converted by a viewer
        (lambda folder: write_mask(folder, [[0]]).write_bytes(b"x"), "is damaged or no"),
    ],
)
def test_a_mask_that_does_not_belong_to_its_xml_file_costs_that_picture_only(
    tmp_path: Path, write, message: str
) -> None:
    two_dogs(tmp_path)
    write(tmp_path)
    write_xml(tmp_path, xml(DOG.format(box=BOX), name="b.jpg"), "b")
    dataset = read(tmp_path)
    first, second = dataset.images
    assert first.problem is not None
    assert message in first.problem
    assert str(tmp_path / "SegmentationObject" / "a.png") in first.problem
    assert second.problem is None
    assert [one.segmentation for one in dataset.annotations] == [None] * 3


def test_a_mask_of_too_many_values_costs_that_picture_only(tmp_path: Path) -> None:
    two_dogs(tmp_path)
    values = np.arange(WIDTH * HEIGHT * 4, dtype=np.uint16).reshape(HEIGHT * 2, WIDTH * 2)
    write_xml(tmp_path, xml(DOG.format(box=BOX)).replace("<width>30", "<width>60").replace("<height>20", "<height>40"))
    (tmp_path / "SegmentationObject").mkdir()
    Image.fromarray(values).save(tmp_path / "SegmentationObject" / "a.png")
    (image,) = read(tmp_path).images
    assert "a.png holds 2399 values or more" in str(image.problem)


def test_pictures_without_an_xml_file_are_counted(tmp_path: Path) -> None:
    write_mask(tmp_path, two_dogs(tmp_path))
    (tmp_path / "JPEGImages" / "a.jpg").touch()
    assert read(tmp_path).extra == {"notes": {}}
    for name in ("b.jpg", "c.png", "list.txt"):
        (tmp_path / "JPEGImages" / name).touch()
    assert read(tmp_path).extra == {"notes": {"pictures without annotations": 2}}


def test_masks_in_the_folder_of_the_pictures_are_no_pictures(tmp_path: Path) -> None:
    write_mask(tmp_path, two_dogs(tmp_path))
    (tmp_path / "a.jpg").touch()
    assert read_voc(tmp_path, tmp_path).extra == {"notes": {}}


def test_a_folder_without_xml_files_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="holds no XML files"):
        read_voc(tmp_path, tmp_path)


def test_the_pictures_must_be_in_a_folder(tmp_path: Path) -> None:
    write_xml(tmp_path, xml())
    with pytest.raises(InputError, match="JPG is not a folder"):
        read_voc(tmp_path, tmp_path / "JPG")
