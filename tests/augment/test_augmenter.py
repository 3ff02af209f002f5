"""Augmenting on the fly, as a detector's data set does it."""

import json
import pickle
import warnings
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image
from torch.utils.data import DataLoader, Dataset

import situate
from situate.augment.augmenter import Augmenter
from situate.augment.config import AugmentConfig
from situate.augment.cutouts import cutouts_in
from situate.augment.plan import plan_augmentation
from situate.errors import InputError
from situate.labels.coco import annotation_of
from situate.labels.coco_mask import mask_of
from situate.labels.read import read_labels


@pytest.fixture(scope="module")
def plan(data, cutouts):
    config = AugmentConfig.checked(objects=(1, 2), num_steps=1, min_side_px=2)
    return plan_augmentation(config, read_labels(data / "instances.json", data / "images"), cutouts_in(cutouts))


@pytest.fixture(scope="module")
def augmenter(plan, model):
    return Augmenter(plan, model=model)


@pytest.fixture(scope="module")
def labels(data):
    content = json.loads((data / "instances.json").read_text())
    return [one for one in content["annotations"] if one["image_id"] == 10]


@pytest.fixture(scope="module")
def image(data):
    return np.asarray(Image.open(data / "images" / "01.png"))


def test_the_same_seed_gives_the_same_picture_and_labels(augmenter, image, labels):
    first, second, other = (augmenter(image, labels, seed=seed) for seed in (1, 1, 2))
    assert np.array_equal(first[0], second[0])
    assert first[1] == second[1]
    assert not np.array_equal(first[0], other[0])


def test_labels_keep_their_keys_and_new_ones_follow(augmenter, image, labels):
    made, after = augmenter(image, labels, seed=3)
    assert made.shape == image.shape
    new = [one for one in after if "situate" in one]
    assert new
    assert after[-len(new) :] == new
    assert len({one["id"] for one in after}) == len(after)
    for one in after:
        old = next((entry for entry in labels if entry["id"] == one["id"]), None)
        if old is not None and old.get("bbox") == one["bbox"] and old.get("area") == one.get("area"):
            assert one == {**old, "iscrowd": 0}
    masks = [mask_of(annotation_of(one), *image.shape[:2]) for one in after if "segmentation" in one]
    assert np.sum(masks, axis=0).max() <= 1


def test_what_is_passed_comes_back_in_its_kind(augmenter, image, labels):
    made, _ = augmenter(Image.fromarray(image), labels, seed=3)
    assert isinstance(made, Image.Image)
    assert np.array_equal(np.asarray(made), augmenter(image, labels, seed=3)[0])


def test_a_file_comes_back_as_a_pillow_picture_whatever_the_gate_says(plan, model, data, labels):
    for limit in (2, 90):
        strict = replace(plan, config=plan.config.model_copy(update={"min_side_px": limit}))
        made, after = Augmenter(strict, model=model)(data / "images" / "01.png", labels, seed=1)
        assert isinstance(made, Image.Image)
        assert (len(after) > len(labels)) == (limit == 2)


def test_ids_may_be_negative(augmenter, image, labels):
    odd = [{**one, "id": -1 - number} for number, one in enumerate(labels)]
    _, after = augmenter(image, odd, seed=3)
    assert len({one["id"] for one in after}) == len(after) > len(labels)


def test_it_is_what_the_package_calls_it():
    assert situate.Augmenter is Augmenter


def test_labels_that_cannot_be_used_are_named(augmenter, image):
    with pytest.raises(InputError, match="category_id 99 does not exist"):
        augmenter(image, [{"bbox": [1, 2, 3, 4], "category_id": 99}], seed=0)


def copied(augmenter):
    return pickle.loads(pickle.dumps(augmenter))  # noqa: S301 - pickled on this line


class Samples(Dataset):
    """A detector's training data."""

    def __init__(self, augmenter, image, labels) -> None:
        self.augmenter, self.image, self.labels = augmenter, image, labels

    def __len__(self) -> int:
        return 4

    def __getitem__(self, index):
        return self.augmenter(self.image, self.labels, seed=index)


def test_a_data_loader_with_workers_gives_the_same_samples(augmenter, image, labels):
    samples = Samples(copied(augmenter), image, labels)
    alone = [samples[index] for index in range(4)]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        loader = DataLoader(samples, batch_size=None, num_workers=2, multiprocessing_context="spawn")
        together = list(loader)
    for (picture, after), (other, other_after) in zip(alone, together, strict=True):
        assert np.array_equal(picture, np.asarray(other))
        assert after == other_after
