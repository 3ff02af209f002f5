"""COCO files: what is read, what is refused, and what the message says."""

import copy
import json
from pathlib import Path
from typing import Any

import pytest

from situate.errors import DataError
from situate.labels.coco import read_coco

SOUND: dict[str, Any] = {
    "info": {"year": 2026},
    "licenses": [{"id": 4}],
    "images": [
        {"id": 7, "file_name": "a.jpg", "width": 40, "height": 30, "license": 4},
        {"id": 90, "file_name": "deep/b.jpg", "width": 20, "height": 10},
    ],
    "annotations": [
        {
            "id": 3,
            "image_id": 7,
            "category_id": 0,
            "segmentation": [[1, 1, 9, 1, 9, 9]],
            "bbox": [1, 1, 8, 8],
            "area": 32.5,
            "iscrowd": 0,
            "score": 0.5,
        },
        {"id": 12, "image_id": 90, "category_id": 17},
    ],
    "categories": [{"id": 0, "name": "cone", "supercategory": "street"}, {"id": 17, "name": "ball"}],
}


def write(folder: Path, content: Any) -> Path:
    path = folder / "instances.json"
    path.write_text(content if isinstance(content, str) else json.dumps(content))
    return path


def test_a_sound_file_is_read_with_category_zero_and_gaps_between_ids(tmp_path: Path) -> None:
    dataset = read_coco(write(tmp_path, SOUND))
    assert [image.id for image in dataset.images] == [7, 90]
    assert dataset.category_names() == {0: "cone", 17: "ball"}
    first, second = dataset.annotations
    assert (first.box_xywh_px, first.area_px, first.is_crowd) == ((1.0, 1.0, 8.0, 8.0), 32.5, False)
    assert (second.segmentation, second.box_xywh_px, second.area_px) == (None, None, None)
    assert dataset.annotations_by_image() == {7: (first,), 90: (second,)}


def test_pictures_that_no_annotation_names_are_counted(tmp_path: Path) -> None:
    bare = [{"id": number, "file_name": "b.jpg", "width": 9, "height": 9} for number in (1, 2)]
    content = {**SOUND, "images": [*SOUND["images"], *bare], "notes": "of the one who made the file"}
    assert read_coco(write(tmp_path, content)).extra["notes"] == {"pictures without annotations": 2}


def test_unknown_keys_are_kept_at_every_level(tmp_path: Path) -> None:
    dataset = read_coco(write(tmp_path, SOUND))
    assert dataset.extra == {"info": {"year": 2026}, "licenses": [{"id": 4}], "notes": {}}
    assert dataset.images[0].extra == {"license": 4}
    assert dataset.annotations[0].extra == {"score": 0.5}
    assert dataset.categories[0].extra == {"supercategory": "street"}


def changed(section: str, place: int, **changes: Any) -> dict[str, Any]:
    content = copy.deepcopy(SOUND)
    for key, value in changes.items():
        if value is ...:
            del content[section][place][key]
        else:
            content[section][place][key] = value
    return content


def without(section: str) -> dict[str, Any]:
    return {key: value for key, value in SOUND.items() if key != section}


RUNS = {"size": [30, 40], "counts": [1200]}
BROKEN = [
    ("{", "is not JSON"),  # cut off while copying
    ("[" * 100_000, "is not JSON"),  # nested too deeply for the parser
    ("[]", "the top level is a list"),  # a results file instead of an instances file
    (without("images"), '"images" is missing'),
    (without("annotations"), '"annotations" is missing'),
    (without("categories"), '"categories" is missing'),
    ({**SOUND, "annotations": {}}, '"annotations" is a dict, not a list'),
    ({**SOUND, "images": [*SOUND["images"], 5]}, "image number 2 is not an object"),
    (changed("images", 0, id=...), "image number 0"),
    (changed("images", 0, id=True), "image number 0"),  # true counts as 1 in Python
    (changed("images", 0, id="7"), "image number 0"),  # a text is not the number it spells
    (changed("images", 1, id=7), "image 7 is there twice"),
    (changed("annotations", 1, id=3), "annotation 3 is there twice"),
    (changed("categories", 1, id=0), "category 0 is there twice"),
    (changed("images", 0, file_name=...), "image 7: file_name is missing"),
    (changed("images", 0, file_name=""), "image 7: file_name is missing"),
    (changed("images", 0, file_name="../a.jpg"), "'../a.jpg' leaves the image folder"),
    (changed("images", 0, file_name="a/../../b.jpg"), "leaves the image folder"),
    (changed("images", 0, file_name="/etc/passwd"), "leaves the image folder"),
    (changed("images", 0, file_name="..\\a.jpg"), "leaves the image folder"),  # the same, written on Windows
    (changed("images", 0, file_name="C:\\a.jpg"), "leaves the image folder"),
    (changed("images", 0, file_name="a\0.jpg"), "leaves the image folder"),  # opens another file than it names
    (changed("images", 0, file_name="a" * 256 + ".jpg"), "more than 255 bytes"),  # to ask for such a file is an error
    (changed("images", 0, width=...), "image 7: width and height are None and 30"),
    (changed("images", 0, height=0), "image 7: width and height are 40 and 0"),
    (changed("images", 0, width=40.5), "image 7: width and height are 40.5"),
    (changed("images", 0, width=10**6, height=10**6), "the limit is"),  # its mask alone would fill the memory
    (changed("annotations", 0, image_id=8), "annotation 3: image_id 8 does not exist"),
    (changed("annotations", 0, image_id=[7]), "annotation 3: image_id is missing or not"),  # not hashable either
    (changed("annotations", 0, category_id=1), "annotation 3: category_id 1 does not exist"),
    (changed("annotations", 0, category_id=...), "annotation 3: category_id is missing"),
    (changed("annotations", 0, bbox=[1, 2, 3]), "annotation 3: bbox [1, 2, 3] is not four numbers"),
    (changed("annotations", 0, area="big"), "annotation 3: area 'big' is not a number"),
    (changed("annotations", 0, iscrowd=2), "annotation 3: iscrowd is 2"),
    (changed("annotations", 0, segmentation=[1, 1, 9, 1, 9, 9]), "segmentation[0] is 1, not a list"),  # one list short
    (changed("annotations", 0, segmentation=[[1, 1, 9, 1, 9, 9], [1, None]]), "annotation 3: segmentation[1] is [1"),
    (changed("annotations", 0, segmentation=[[1, 1, float("nan"), 1, 9, 9]]), "annotation 3: segmentation[0] is"),
    (changed("annotations", 0, segmentation=[[10**400] * 6]), "annotation 3: segmentation[0] is"),  # fits no float
    (changed("annotations", 0, segmentation="abc"), "annotation 3: segmentation is a str"),
    (changed("annotations", 0, segmentation={**RUNS, "size": [30]}), "annotation 3: segmentation.size is [30]"),
    (changed("annotations", 0, segmentation={**RUNS, "counts": [-1]}), "annotation 3: segmentation.counts[0] is -1"),
    (changed("annotations", 0, segmentation={"size": [30, 40]}), "annotation 3: segmentation.counts is None"),
]


@pytest.mark.parametrize(("content", "message"), BROKEN)
def test_a_broken_file_is_refused_by_name_of_file_and_entry(tmp_path: Path, content: Any, message: str) -> None:
    path = write(tmp_path, content)
    with pytest.raises(DataError) as caught:
        read_coco(path)
    assert str(caught.value).startswith(f"{path} is not")
    assert message in str(caught.value)


def test_a_missing_comma_is_placed_by_line_column_and_key(tmp_path: Path) -> None:
    text = json.dumps(SOUND, indent=1).replace('"height": 30,', '"height": 30')
    with pytest.raises(DataError, match=r'delimiter in line 16, column 4, after the key "height"; repair'):
        read_coco(write(tmp_path, text))


def test_an_empty_file_is_placed_without_a_key(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"Expecting value in line 1, column 1; repair"):
        read_coco(write(tmp_path, ""))


def test_text_of_another_encoding_is_placed_by_line(tmp_path: Path) -> None:
    path = tmp_path / "instances.json"
    path.write_bytes(b'{"images": [],\n "categories": "caf\xe9"}')
    with pytest.raises(DataError, match=r"no utf-8 text in line 2; save it as UTF-8"):
        read_coco(path)


def test_a_message_does_not_repeat_a_megabyte(tmp_path: Path) -> None:
    with pytest.raises(DataError) as caught:
        read_coco(write(tmp_path, changed("annotations", 0, bbox=[[9] * 100_000] * 5)))
    assert len(str(caught.value)) < 1000


@pytest.mark.parametrize(
    ("box", "is_empty"),
    [
        (None, False),  # nothing was said
        ([1, 1, 8, 8], False),
        ([1, 1, 0, 8], True),  # a click without a drag
        ([1, 1, 8, -3], True),  # dragged upwards, not put in order
    ],
)
def test_an_empty_box_is_read_and_can_be_told(tmp_path: Path, box: Any, is_empty: bool) -> None:
    first, _ = read_coco(write(tmp_path, changed("annotations", 0, bbox=box))).annotations
    assert first.has_empty_box is is_empty


def test_a_missing_file_is_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"nothing\.json cannot be read"):
        read_coco(tmp_path / "nothing.json")


def test_many_problems_are_listed_up_to_ten_and_the_rest_counted(tmp_path: Path) -> None:
    images = [{"id": number, "file_name": "../x", "width": 1, "height": 1} for number in range(25)]
    with pytest.raises(DataError, match=r"image 9: .* and 15 more") as caught:
        read_coco(write(tmp_path, {"images": images, "annotations": [], "categories": []}))
    assert "image 10:" not in str(caught.value)
