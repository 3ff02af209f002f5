"""What is drawn before any work."""

from collections import Counter
from pathlib import Path

import pytest

from situate.augment.balance import drawn_kinds
from situate.augment.config import AugmentConfig
from situate.augment.cutouts import Cutout, CutoutFolder
from situate.augment.parts import pictures_to_augment
from situate.augment.plan import plan_augmentation, read_plan
from situate.errors import DataError, InputError
from situate.imageio.write import write_json
from situate.labels.coco import CocoAnnotation, CocoCategory, CocoDataset, CocoImage
from situate.labels.parts import part_of

CATEGORIES = (CocoCategory(1, "cone"), CocoCategory(2, "dog"))


def data_set(num_images: int = 5, **extra: object) -> CocoDataset:
    images = tuple(CocoImage(number, f"{number}.png", 64, 48, extra) for number in range(num_images))
    annotations = tuple(CocoAnnotation(number, number, 1, None) for number in range(num_images))
    return CocoDataset(Path("a.json"), images, annotations, CATEGORIES)


def folder(own: bool = False, **counts: int) -> CutoutFolder:
    cutouts = [
        Cutout(f"{kind}/{number}.png", kind, number if own else None)
        for kind, count in counts.items()
        for number in range(count)
    ]
    return CutoutFolder(Path("cutouts"), tuple(cutouts))


def planned(cutouts: CutoutFolder, images: int = 5, **options: object):
    return plan_augmentation(AugmentConfig.checked(**options), data_set(images), cutouts)


def test_every_picture_comes_up_as_often_as_asked():
    plan = planned(folder(cone=2, dog=2), per_image=3)
    assert Counter(one.image_id for one in plan.pictures) == dict.fromkeys(range(5), 3)
    assert [one.number for one in plan.pictures] == list(range(15))
    assert sum(plan.added.values()) == 15


def test_a_total_uses_every_picture_before_any_comes_twice():
    plan = planned(folder(cone=2), total=7)
    counts = Counter(one.image_id for one in plan.pictures)
    assert sum(counts.values()) == 7
    assert set(counts.values()) == {1, 2}


def test_balance_fills_up_what_is_rare():
    config = AugmentConfig.checked(balance=True)
    kinds = Counter(drawn_kinds(config, {"cone": 10, "dog": 2, "cat": 0}, {"cone": 5, "dog": 1, "cat": 1}, 14))
    assert {kind: kinds[kind] + before for kind, before in {"cone": 10, "dog": 2, "cat": 0}.items()} == {
        "cone": 10,
        "dog": 8,
        "cat": 8,
    }


def test_numbers_by_class_are_kept_exactly():
    plan = planned(folder(cone=2, dog=2), per_class={"dog": 17, "cone": 4}, objects=(1, 3))
    assert plan.added == {"cone": 4, "dog": 17}


def test_without_more_every_cutout_is_as_likely_as_any_other():
    plan = planned(folder(cone=9, dog=3), total=2000)
    assert plan.added["cone"] / 2000 == pytest.approx(0.75, abs=0.04)


def test_nothing_comes_back_into_its_own_picture_unless_asked():
    plan = planned(folder(own=True, cone=5), per_image=20)
    assert all(name != f"cone/{one.image_id}.png" for one in plan.pictures for name in one.cutouts)
    back = planned(folder(own=True, cone=5), per_image=20, own_picture=True)
    assert any(name == f"cone/{one.image_id}.png" for one in back.pictures for name in one.cutouts)


def test_objects_that_may_go_nowhere_are_counted():
    plan = planned(folder(own=True, cone=1), images=1, per_class={"cone": 3})
    assert plan.pictures == ()
    assert plan.num_without_place == 3


def test_the_plan_follows_from_the_seed_alone():
    cutouts = folder(cone=4, dog=3)
    assert planned(cutouts, seed=3) == planned(cutouts, seed=3)
    assert planned(cutouts, seed=3) != planned(cutouts, seed=4)


def test_a_plan_comes_out_of_its_file_as_it_went_in(tmp_path):
    plan = planned(folder(own=True, cone=4, dog=3), sizes={"cone": {"max_size": "20%"}}, objects=(1, 2))
    write_json(plan.to_json(tmp_path), tmp_path / "plan.json")
    again = read_plan(tmp_path / "plan.json")
    assert again.pictures == plan.pictures
    assert (again.config, again.categories, again.before) == (plan.config, plan.categories, plan.before)
    assert again.folder.cutouts == plan.folder.cutouts
    assert again.folder.root == plan.folder.root.absolute()


def test_what_is_no_plan_is_refused(tmp_path):
    (tmp_path / "plan.json").write_text("[1]")
    with pytest.raises(DataError, match="no plan"):
        read_plan(tmp_path / "plan.json")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"per_class": {"dog": 2}}, "no cut-outs of 'dog'"),  # known, but there is nothing to add
        ({"per_class": {"cat": 2}}, "per_class names 'cat'; there are 'cone', 'dog'"),
        ({"kinds": ("cat",)}, "kinds names 'cat'"),
        ({"sizes": {"cat": {"max_size": "20%"}}}, "sizes names 'cat'"),
    ],
)
def test_classes_that_do_not_exist_or_have_no_cutouts_are_named(options, message):
    with pytest.raises(InputError, match=message):
        planned(folder(cone=2), **options)


def test_new_classes_are_added_only_when_asked():
    with pytest.raises(InputError, match="'bus'.*--add-classes"):
        planned(folder(cone=1, bus=1))
    plan = planned(folder(cone=1, bus=1), add_classes=True)
    assert plan.categories == (*CATEGORIES, CocoCategory(3, "bus"))


@pytest.mark.parametrize(
    ("file_name", "extra", "part"),
    [
        ("a.png", {}, ""),
        ("train/a.png", {}, "train"),
        ("val2017/a.png", {}, "val"),  # COCO's folders
        ("images/valid/a.png", {}, "val"),  # Roboflow's
        ("validator/a.png", {}, ""),
        ("train/a.png", {"split": "test"}, "test"),  # what the entry says goes first
    ],
)
def test_the_part_of_a_picture_is_told_by_its_entry_or_its_folders(file_name, extra, part):
    assert part_of(CocoImage(1, file_name, 64, 48, extra)) == part


def test_pictures_for_validating_are_left_out_unless_there_are_no_others():
    train, val, test = (
        CocoImage(number, f"{name}/a.png", 64, 48) for number, name in enumerate(("train", "val", "test"))
    )
    assert pictures_to_augment([train, val, test]) == (train,)
    assert pictures_to_augment([val]) == (val,)
    with pytest.raises(InputError, match="test and val"):
        pictures_to_augment([val, test])
