"""Sizes that are corrected by what is annotated, and sizes for places by chance."""

import math
from dataclasses import replace

import pytest
import torch
from tests.pipeline.models import cutout, scene

from situate.augment.calibrate import calibrated, log_ratio
from situate.augment.config import AugmentConfig
from situate.augment.cutouts import cutouts_in
from situate.augment.draw import ANY_KIND
from situate.augment.place import Candidate, orders_for
from situate.augment.plan import plan_augmentation
from situate.augment.probes import MAX_FACTOR, MIN_RATIOS, probes_for, size_factors
from situate.data.building.build import Workers
from situate.labels.coco import CocoAnnotation
from situate.labels.read import read_labels
from situate.pipeline.composer import Composer
from situate.pipeline.inputs import cutout_from, scene_from
from situate.pipeline.runtime import Runtime


def test_the_factor_is_the_median_and_has_a_limit():
    assert size_factors({"a": [math.log(0.5)] * MIN_RATIOS})["a"] == pytest.approx(0.5)
    assert size_factors({"a": [5.0] * 40, "b": [-5.0] * 40}) == {"a": MAX_FACTOR, "b": 1 / MAX_FACTOR}
    assert size_factors({"a": [1.0] * (MIN_RATIOS - 1)}) == {}
    assert size_factors({"a": [0.0] * 30 + [3.0] * 10}) == {"a": 1.0}


@pytest.fixture(scope="module")
def composer(model):
    return Composer.from_pretrained(model, device="cpu")


def test_a_resized_density_is_that_of_objects_so_much_taller(composer):
    pipeline, (background, foreground) = composer.pipeline, (scene_from(scene()), cutout_from(cutout()))
    _, prediction = pipeline.predict(background.rgb_u8, foreground.pixels)
    before = prediction.distribution
    after = before.resized(0.5)
    assert torch.equal(after.heatmap, before.heatmap)
    assert torch.allclose(after.location[..., 2], before.location[..., 2] - math.log(2))
    assert torch.equal(after.location[..., :2], before.location[..., :2])


def test_the_ratio_is_that_of_the_annotated_height_to_the_expected_one(composer):
    lattice = composer.place(scene(), cutout()).lattice
    ratios = [
        log_ratio(lattice, CocoAnnotation(1, 1, 1, None, box_xywh_px=(40.0, 50.0 - height, 10.0, height)))
        for height in (10.0, 20.0)
    ]
    assert ratios[1] - ratios[0] == pytest.approx(math.log(2), abs=1e-6)
    far = CocoAnnotation(1, 1, 1, None, box_xywh_px=(400.0, 400.0, 10.0, 10.0))
    assert log_ratio(lattice, far) is None


def test_classes_with_annotated_objects_enough_are_compared(data, cutouts, model):
    dataset = read_labels(data / "instances.json", data / "images")
    folder = cutouts_in(cutouts)
    config = AugmentConfig.checked(like_annotated=6)
    probes = probes_for(config, dataset, dataset.images, folder.by_kind())
    assert {probe.cutout.kind for probe in probes} == {"ball", "box"}
    assert not probes_for(AugmentConfig.checked(like_annotated=7), dataset, dataset.images, folder.by_kind())
    assert not probes_for(AugmentConfig.checked(like_annotated=0), dataset, dataset.images, folder.by_kind())
    many = [probe for probe in probes if probe.cutout.kind == "ball"] * 5
    found = calibrated(many, folder, data / "images", model, Runtime("cpu"), Workers(1))
    assert set(found) == {"ball"}
    assert found == calibrated(many, folder, data / "images", model, Runtime("cpu"), Workers(2))


def test_randomly_placed_objects_are_as_tall_as_annotated_ones(data, cutouts, composer):
    dataset = read_labels(data / "instances.json", data / "images")
    config = AugmentConfig.checked(place="random", strength=0.0, max_enlarge=100.0)
    plan = plan_augmentation(config, dataset, cutouts_in(cutouts))
    assert set(plan.heights) == {ANY_KIND}
    low, high = plan.heights[ANY_KIND]
    assert (low, high) == (pytest.approx(16.5 / 72, abs=1e-3), pytest.approx(24 / 72, abs=1e-3))
    heights = heights_of(composer, config, (low, high))
    assert low <= min(heights) < 0.25
    assert 0.31 < max(heights) <= high
    few = replace(dataset, annotations=dataset.annotations[:4])
    assert plan_augmentation(config, few, cutouts_in(cutouts)).heights == {}
    images = tuple(replace(image, height=10**6) for image in dataset.images)
    assert plan_augmentation(config, replace(dataset, images=images), cutouts_in(cutouts)).heights[ANY_KIND][0] > 0


def test_classes_with_annotated_objects_enough_have_heights_of_their_own(data, cutouts):
    dataset, folder = read_labels(data / "instances.json", data / "images"), cutouts_in(cutouts)
    by_class = plan_augmentation(AugmentConfig.checked(like_annotated=6), dataset, folder).heights
    assert set(by_class) == {ANY_KIND, "ball", "box"}
    assert set(plan_augmentation(AugmentConfig.checked(like_annotated=0), dataset, folder).heights) == {ANY_KIND}


def test_the_model_says_where_objects_as_tall_as_annotated_ones_stand(composer):
    config = AugmentConfig.checked(max_enlarge=100.0, min_score=0.0)
    for low, high in ((0.1, 0.15), (0.3, 0.5)):
        heights = heights_of(composer, config, (low, high))
        assert low / 1.16 <= min(heights) < max(heights) <= high * 1.16
        assert max(heights) / min(heights) > 1.2
    capped = heights_of(composer, AugmentConfig.checked(max_enlarge=0.5, min_score=0.0), (0.3, 0.5))
    assert max(capped) <= 0.5 * cutout_from(cutout()).height_px / 72 + 1e-6


def heights_of(composer, config, between):
    candidates = [
        Candidate(scene_from(scene(96, 72)), cutout_from(cutout()), "ball", seed, heights=between) for seed in range(50)
    ]
    return [order.placements[0].box_cxcywh[3] for order in orders_for(composer.pipeline, candidates, config, {})]
