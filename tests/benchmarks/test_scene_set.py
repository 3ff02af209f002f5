"""Scenes are chosen so that classes are rare in training alone, and every object of a class is labelled."""

from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from detector.scene_set import (
    CLASSES,
    COMMON,
    LOOK_ALIKES,
    RARE,
    Choice,
    Sizes,
    choose,
    coco_of,
    counts_of,
    draw_scene,
    jobs_of,
    kinds_of,
    labelled,
    main,
    write_set,
)

from situate.errors import DataError, InputError, OutputError
from situate.imageio.read import read_picture
from situate.imageio.write import write_json
from situate.labels.coco import read_coco
from situate.labels.coco_mask import mask_of

SIZES = Sizes(num_drawn=200, num_train=20, num_train_rare=2, num_test=40, min_test_rare=8, num_cutouts=5)
SIZE_PX, NUM_SAMPLES, NUM_SCENES = 96, 4, 6


def made_up_kinds(num: int = SIZES.num_drawn) -> list[list[str]]:
    generator = np.random.default_rng(7)
    weights = np.array([5, 4, *[1] * len(RARE), 3])
    names = [*CLASSES, "hydrant"]
    return [list(generator.choice(names, generator.integers(1, 6), p=weights / weights.sum())) for _ in range(num)]


def choice_of(kinds, sizes=SIZES, seed=0) -> Choice:
    return choose(kinds, sizes, np.random.default_rng(seed))


def test_rare_classes_are_rare_in_training_and_frequent_in_the_test():
    kinds = made_up_kinds()
    choice = choice_of(kinds)
    assert (len(choice.train), len(choice.test)) == (SIZES.num_train, SIZES.num_test)
    trained = Counter(kind for scene in choice.train for kind in kinds[scene])
    tested = Counter(kind for scene in choice.test for kind in set(kinds[scene]))
    for kind in RARE:
        assert trained[kind] == SIZES.num_train_rare
        assert tested[kind] >= SIZES.min_test_rare
    assert all(set(kinds[scene]) & set(COMMON) for scene in choice.train)


def test_no_scene_serves_two_purposes():
    choice = choice_of(made_up_kinds())
    parts = [set(choice.train), set(choice.test), {scene for scene, _ in choice.cutouts}]
    assert len(set.union(*parts)) == sum(map(len, parts))


def test_as_many_objects_of_every_rare_class_are_cut_out():
    kinds = made_up_kinds()
    cutouts = choice_of(kinds).cutouts
    assert len(set(cutouts)) == len(cutouts)
    assert Counter(kinds[scene][index] for scene, index in cutouts) == dict.fromkeys(RARE, SIZES.num_cutouts)


def test_the_seed_alone_decides():
    kinds = made_up_kinds()
    assert choice_of(kinds) == choice_of(kinds)
    assert choice_of(kinds) != choice_of(kinds, seed=1)


@pytest.mark.parametrize(
    ("kinds", "wanted"),
    [
        ([["car"]] * 100, "train bicycle: 2 wanted and 0 found"),  # a class never comes
        ([["car", "dog", "bin"]] * 100, "train bicycle: 2 wanted and 0 found"),  # rare classes only together
        ([["car", kind] for kind in RARE] * 2, "train: 12 wanted and 0 found"),  # nothing but rare ones
        (made_up_kinds(60), "test"),  # too few of all
    ],
)
def test_too_few_scenes_are_an_error(kinds, wanted):
    with pytest.raises(InputError, match=wanted):
        choice_of(kinds)


def test_labels_come_back_as_the_masks_that_were_seen(tmp_path):
    pytest.importorskip("pycocotools", reason="needs the extra 'photos'")
    mask = np.zeros((6, 9), bool)
    mask[2:5, 3:7] = True
    mask[2, 3] = False
    image = {"file_name": "scene0.png", "width": 9, "height": 6, "scene": 0, "objects": [labelled("dog", mask)]}
    dataset = coco_of([image, image | {"file_name": "scene1.png", "objects": []}])
    write_json(dataset, tmp_path / "annotations.json")
    coco = read_coco(tmp_path / "annotations.json")
    (annotation,) = coco.annotations
    assert coco.category_names()[annotation.category_id] == "dog"
    assert annotation.box_xywh_px == (3, 2, 4, 3)
    assert annotation.area_px == 11
    np.testing.assert_array_equal(mask_of(annotation, 6, 9), mask)
    assert counts_of(dataset)["dog"] == {"pictures": 1, "objects": 1}
    assert sum(count["objects"] for count in counts_of(dataset).values()) == 1


def test_an_object_that_cannot_be_labelled_is_an_error():
    with pytest.raises(DataError, match="nothing is seen of a dog"):
        labelled("dog", np.zeros((4, 4), bool))


def test_a_finished_data_set_is_refused(tmp_path):
    with pytest.raises(OutputError, match="is already there"):
        main(tmp_path, assets=tmp_path / "models")


@pytest.fixture(scope="module")
def boxes(tmp_path_factory) -> Path:
    """A folder of boxes that stand in for models."""
    pytest.importorskip("mitsuba", reason="needs the extra 'scenes'")
    pytest.importorskip("trimesh", reason="needs the extra 'scenes'")
    folder = tmp_path_factory.mktemp("boxes")
    corners = [f"v {x} {y} {z}" for x in (0, 1) for y in (0, 1) for z in (0, 1)]
    quads = ("1 2 4 3", "5 7 8 6", "1 5 6 2", "3 4 8 7", "1 3 7 5", "2 6 8 4")
    box = "\n".join([*corners, *(f"f {quad}" for quad in quads)]) + "\n"
    rows = ["file,name,kind,width_m,depth_m,height_m"]
    for kind in (*CLASSES, *LOOK_ALIKES, "hydrant"):
        (folder / f"{kind}.obj").write_text(box)
        rows.append(f"{kind}.obj,{kind},{kind},0.7,0.9,1.1")
    (folder / "models.csv").write_text("\n".join(rows) + "\n")
    return folder


def test_every_object_of_a_class_is_labelled(boxes, tmp_path):
    pytest.importorskip("pycocotools", reason="needs the extra 'photos'")
    worlds = [draw_scene(boxes, 0, SIZE_PX, scene) for scene in range(NUM_SCENES)]
    kinds = [kinds_of(world) for world in worlds]
    assert not set(LOOK_ALIKES) & {kind for found in kinds for kind in found}
    cutout = next((scene, found.index(kind)) for scene, found in enumerate(kinds) for kind in RARE if kind in found)
    jobs = jobs_of(Choice((0, 1), (2,), (cutout,)), worlds)
    report = write_set(tmp_path, jobs, NUM_SAMPLES, workers=1)
    coco = read_coco(tmp_path / "train" / "annotations.json")
    names = coco.category_names()
    for image, labels in zip(coco.images, coco.annotations_by_image().values(), strict=True):
        found = kinds[image.extra["scene"]]
        assert sorted(names[label.category_id] for label in labels) == sorted(kind for kind in found if kind in CLASSES)
        picture = read_picture(tmp_path / "train" / "images" / image.file_name)
        assert (picture.width_px, picture.height_px) == (image.width, image.height)
    assert sum(count["objects"] for count in report["train"].values()) == len(coco.annotations)
    assert report["cutouts"] == {kinds[cutout[0]][cutout[1]]: 1}
    (file,) = (tmp_path / "cutouts").rglob("*.png")
    assert read_picture(file).has_alpha
    assert kinds[0][0] in (tmp_path / "ATTRIBUTION.md").read_text()
