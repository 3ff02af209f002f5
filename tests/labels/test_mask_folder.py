"""Folders of masks: which mask belongs to which picture, and what its values are."""

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from situate.errors import DataError, InputError
from situate.labels.coco import CocoDataset
from situate.labels.coco_mask import mask_of
from situate.labels.mask_folder import read_mask_folder
from situate.labels.mask_pairs import pair_masks

WIDTH, HEIGHT = 8, 6
BLANK = np.zeros((HEIGHT, WIDTH), np.uint8)


def save(path: Path, pixels: np.ndarray, **options: Any) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(pixels).save(path, **options)
    return path


Place = tuple[slice, slice]


def masked(*values: tuple[Place, Any], kind: type = np.uint8, depth: int | None = None) -> np.ndarray:
    mask = np.zeros((HEIGHT, WIDTH) if depth is None else (HEIGHT, WIDTH, depth), kind)
    for place, value in values:
        mask[place] = value
    return mask


LEFT, RIGHT, LOW = (slice(0, 3), slice(0, 2)), (slice(0, 4), slice(4, 7)), (slice(5, 6), slice(0, 8))


def one_pair(folder: Path, mask: np.ndarray, **options: Any) -> CocoDataset:
    save(folder / "images" / "a.jpg", np.zeros((HEIGHT, WIDTH, 3), np.uint8))
    save(folder / "masks" / "a.png", mask)
    return read_mask_folder(folder / "masks", folder / "images", **options)


def masks_of(dataset: CocoDataset) -> list[np.ndarray]:
    return [mask_of(annotation, HEIGHT, WIDTH) for annotation in dataset.annotations]


CASES = [
    ("white on black", masked((LEFT, 255), (RIGHT, 255)), "values", [[LEFT, RIGHT]]),
    ("one on zero", masked((LEFT, 1), (RIGHT, 1)), "values", [[LEFT, RIGHT]]),
    ("pieces of white", masked((LEFT, 255), (RIGHT, 255)), "components", [[LEFT], [RIGHT]]),
    ("a label map", masked((LEFT, 9), (RIGHT, 200)), "values", [[LEFT], [RIGHT]]),
    ("a label map that uses 255", masked((LEFT, 9), (RIGHT, 255)), "values", [[LEFT], [RIGHT]]),
    ("16 bits", masked((LEFT, 256), (RIGHT, 512), kind=np.uint16), "values", [[LEFT], [RIGHT]]),
    ("pieces of several values", masked((LEFT, 7), (RIGHT, 7), (LOW, 5)), "components", [[LOW], [LEFT], [RIGHT]]),
    ("colours", masked((LEFT, (0, 0, 9)), (RIGHT, (255, 0, 0)), depth=3), "values", [[LEFT], [RIGHT]]),
    ("nothing", BLANK, "values", []),
    ("everything", BLANK + np.uint8(255), "values", [[(slice(None), slice(None))]]),
]


@pytest.mark.parametrize(
    ("mask", "instances", "expected"), [case[1:] for case in CASES], ids=[case[0] for case in CASES]
)
def test_a_drawn_mask_comes_back_exactly(tmp_path: Path, mask: np.ndarray, instances: Any, expected: list) -> None:
    dataset = one_pair(tmp_path, mask, instances=instances)
    found = masks_of(dataset)
    assert len(found) == len(expected)
    for one, places in zip(found, expected, strict=True):
        assert np.array_equal(one, masked(*((place, 1) for place in places)) > 0)
    assert [annotation.id for annotation in dataset.annotations] == list(range(1, len(expected) + 1))
    assert dataset.images[0].problem is None


def test_a_palette_mask_comes_back_by_its_places(tmp_path: Path) -> None:
    picture = Image.fromarray(masked((LEFT, 1), (RIGHT, 2)))
    picture.putpalette([0, 0, 0, 128, 0, 0, 0, 128, 0])
    one_pair(tmp_path, BLANK)
    picture.save(tmp_path / "masks" / "a.png")
    dataset = read_mask_folder(tmp_path / "masks", tmp_path / "images")
    assert [annotation.area_px for annotation in dataset.annotations] == [6, 12]


def test_the_first_folder_names_the_class(tmp_path: Path) -> None:
    for name in ("dog/a.jpg", "dog/deep/b.jpg", "cat/a.jpg", "c.jpg"):
        save(tmp_path / "images" / name, BLANK)
        save(tmp_path / "masks" / Path(name).with_suffix(".png"), masked((LEFT, 1)))
    dataset = read_mask_folder(tmp_path / "masks", tmp_path / "images")
    names = dataset.category_names()
    assert names == {1: "cat", 2: "dog", 3: "object"}
    assert [image.file_name for image in dataset.images] == ["c.jpg", "cat/a.jpg", "dog/a.jpg", "dog/deep/b.jpg"]
    assert [names[one.category_id] for one in dataset.annotations] == ["object", "cat", "dog", "dog"]


def test_a_picture_without_a_mask_shows_no_objects(tmp_path: Path) -> None:
    save(tmp_path / "images" / "b.jpg", BLANK)
    dataset = one_pair(tmp_path, masked((LEFT, 1)))
    assert [image.problem for image in dataset.images] == [None, None]
    assert [one.image_id for one in dataset.annotations] == [1]


def two_masks(folder: Path) -> None:
    save(folder / "masks" / "a_mask.png", BLANK)


def lossy_mask(folder: Path) -> None:
    (folder / "masks" / "a.png").unlink()
    save(folder / "masks" / "a.jpg", BLANK)


def soft_mask(folder: Path) -> None:
    mask = BLANK + np.uint8(255)
    mask[0] = np.arange(WIDTH) * 10
    mask[1] = np.arange(WIDTH) * 10 + 101
    mask[2, :4] = (251, 252, 253, 254)
    save(folder / "masks" / "a.png", mask)


def rotated_picture(folder: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    save(folder / "images" / "a.jpg", BLANK, exif=exif.tobytes())


def photograph_as_mask(folder: Path) -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (200, 300, 3), dtype=np.uint8)
    save(folder / "masks" / "a.png", pixels)


@pytest.mark.parametrize(
    ("spoil", "message", "num_objects"),
    [
        (
            lambda folder: save(folder / "masks" / "a.png", np.ones((3, 4), np.uint8)),
            "is 8 x 6 pixels.* its mask 4 x 3",
            1,
        ),
        (rotated_picture, "is 6 x 8 pixels.* its mask 8 x 6", 1),  # drawn on the picture as it is stored
        (lossy_mask, r"a\.jpg is a JPEG file, whose compression", 0),
        (lambda folder: (folder / "masks" / "a.png").write_bytes(b"x"), r"a\.png is damaged or no", 0),
        (lambda folder: (folder / "images" / "a.jpg").write_bytes(b"x"), r"a\.jpg is damaged or no", 1),
        (two_masks, r"a\.png and .*a_mask\.png are masks of the same picture", 0),
        (
            photograph_as_mask,
            r"a\.png holds 19\d\d\d values or more, .* limit is 1000; draw it anew",
            0,
        ),  # would take hours
        (soft_mask, r"a\.png has .* greys and is mostly white", 0),  # each grey would be an object
    ],
)
def test_what_is_wrong_with_a_picture_or_mask_costs_that_picture_only(
    tmp_path: Path, spoil, message: str, num_objects: int
) -> None:
    one_pair(tmp_path, masked((LEFT, 1)))
    save(tmp_path / "images" / "b.jpg", BLANK)
    save(tmp_path / "masks" / "b.png", masked((LEFT, 1)))
    spoil(tmp_path)
    dataset = read_mask_folder(tmp_path / "masks", tmp_path / "images")
    spoiled, sound = dataset.images
    assert spoiled.problem is not None
    assert re.search(message, spoiled.problem)
    assert sound.problem is None
    counts = {image_id: len(annotations) for image_id, annotations in dataset.annotations_by_image().items()}
    assert counts == {spoiled.id: num_objects, sound.id: 1}


def test_a_mask_full_of_specks_costs_that_picture_only(tmp_path: Path) -> None:
    specks = np.zeros((80, 80), np.uint8)
    specks[::2, ::2] = 255
    dataset = one_pair(tmp_path, specks, instances="components")
    assert dataset.annotations == ()
    assert "a.png holds 1600 connected pieces" in str(dataset.images[0].problem)


def test_what_has_no_partner_is_counted(tmp_path: Path) -> None:
    assert one_pair(tmp_path, masked((LEFT, 1))).extra == {"notes": {}}
    for name in ("images/b.jpg", "images/c/d.jpg", "masks/e.png", "masks/f.png", "masks/c/b.png"):
        save(tmp_path / name, BLANK)
    dataset = read_mask_folder(tmp_path / "masks", tmp_path / "images")
    assert dataset.extra == {"notes": {"pictures without annotations": 2, "masks without a picture": 3}}


def test_pictures_of_which_none_has_a_mask_are_refused(tmp_path: Path) -> None:
    save(tmp_path / "images" / "a.jpg", BLANK)
    (tmp_path / "masks").mkdir()
    with pytest.raises(DataError, match=r"none of the 1 pictures in .* has a mask in .*a/b_mask\.png"):
        read_mask_folder(tmp_path / "masks", tmp_path / "images")


def test_a_file_is_no_folder_of_masks(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="is not a folder"):
        read_mask_folder(save(tmp_path / "a.png", BLANK), tmp_path)


PAIRS = [
    (["b.jpg"], ["b.png"], {"b.jpg": ["b.png"]}, 0),
    (["b.jpg"], ["b_mask.png"], {"b.jpg": ["b_mask.png"]}, 0),
    (["b.jpg"], ["b-mask.tif"], {"b.jpg": ["b-mask.tif"]}, 0),
    (["a/b.JPG"], ["a/b.PNG", "b.PNG"], {"a/b.JPG": ["a/b.PNG"]}, 1),  # of another folder
    (["b.png"], ["b.png"], {"b.png": ["b.png"]}, 0),
    (["b.jpg"], ["b.png", "b.jpg"], {"b.jpg": ["b.png"]}, 1),  # a preview with losses
    (["b.jpg"], ["b.jpg"], {"b.jpg": ["b.jpg"]}, 0),  # refused later, by name
    (["a.b.jpg"], ["a.b.png", "a.png"], {"a.b.jpg": ["a.b.png"]}, 1),
    (["b.jpg", "c.jpg"], ["c.png", "d.png"], {"b.jpg": [], "c.jpg": ["c.png"]}, 1),
]


def touch(folder: Path, names: list[str]) -> Path:
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    return folder


def named(pairs: Any) -> dict[str, list[str]]:
    return {str(picture): [str(mask) for mask in masks] for picture, masks in pairs.masks.items()}


@pytest.mark.parametrize(("pictures", "masks", "expected", "num_unused"), PAIRS)
def test_masks_in_a_folder_of_their_own_go_by_name(
    tmp_path: Path, pictures: list[str], masks: list[str], expected: dict, num_unused: int
) -> None:
    pairs = pair_masks(touch(tmp_path / "masks", masks), touch(tmp_path / "images", pictures))
    assert named(pairs) == expected
    assert pairs.num_unused == num_unused


MIXED = [
    (["clip/0.jpg", "clip/0.png"], {"clip/0.jpg": ["clip/0.png"]}),
    (["b.jpg", "b_mask.png"], {"b.jpg": ["b_mask.png"]}),
    (["b.png", "b_mask.png"], {"b.png": ["b_mask.png"]}),
    (["b.tif", "b.png"], {"b.tif": ["b.png"]}),  # both without losses: PNG is the likelier mask
    (["b.png"], {"b.png": []}),
    (["b_mask.png"], {"b_mask.png": []}),  # a picture of a carnival
    (["b_mask.jpg", "b_mask.png"], {"b_mask.jpg": ["b_mask.png"]}),
    (["b.jpg", "b_mask.jpg"], {"b.jpg": ["b_mask.jpg"]}),  # refused later, by name
    (["b.jpg", "b.png", "b_mask.png"], {"b.jpg": ["b.png", "b_mask.png"]}),  # nobody can choose
]


@pytest.mark.parametrize(("names", "expected"), MIXED)
def test_masks_in_the_folder_of_the_pictures_are_told_from_them(
    tmp_path: Path, names: list[str], expected: dict
) -> None:
    touch(tmp_path, names)
    assert named(pair_masks(tmp_path, tmp_path / ".")) == expected


def test_masks_in_a_folder_inside_that_of_the_pictures_are_no_pictures(tmp_path: Path) -> None:
    touch(tmp_path, ["b.jpg", "masks/b.png"])
    assert named(pair_masks(tmp_path / "masks", tmp_path)) == {"b.jpg": ["b.png"]}


def test_pictures_in_a_folder_inside_that_of_the_masks_are_no_masks(tmp_path: Path) -> None:
    touch(tmp_path, ["b.png", "images/b.jpg"])
    pairs = pair_masks(tmp_path, tmp_path / "images")
    assert (named(pairs), pairs.num_unused) == ({"b.jpg": ["b.png"]}, 0)
