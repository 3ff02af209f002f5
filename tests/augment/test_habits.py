"""What annotations say of places."""

import math
from pathlib import Path

import numpy as np
import pytest
import torch
from tests.pipeline.models import cutout, publish_untrained, scene

from situate.augment.habits import habits_from
from situate.augment.stands import MAX_POINTS, stands_in
from situate.labels.coco import CocoAnnotation, CocoCategory, CocoDataset, CocoImage
from situate.pipeline.composer import Composer
from situate.pipeline.load import load_pipeline


def data_set(boxes, **options) -> CocoDataset:
    annotations = tuple(
        CocoAnnotation(number, 1, 1, None, box_xywh_px=tuple(map(float, box)), **options)
        for number, box in enumerate(boxes)
    )
    return CocoDataset(Path("a.json"), (CocoImage(1, "a.png", 200, 100),), annotations, (CocoCategory(1, "car"),))


def stands(dataset: CocoDataset, least: int = 2):
    return stands_in(dataset, dataset.images, least, 0)


def test_feet_and_heights_are_shares_of_the_picture():
    assert stands(data_set([(10, 20, 40, 50), (10, 0, 40, 100)])) == {
        "car": [(0.7, round(math.log(0.5), 4)), (1.0, 0.0)]
    }


def test_few_objects_crowds_and_empty_boxes_say_nothing():
    assert stands(data_set([(10, 20, 40, 50)])) == {}
    assert stands(data_set([(10, 20, 40, 50), (10, 20, 40, 50)]), least=0) == {}
    assert stands(data_set([(10, 20, 40, 50), (10, 20, 40, 0)])) == {}
    assert stands(data_set([(10, 20, 40, 50), (10, 20, 40, 50)], is_crowd=True)) == {}


def test_of_very_many_objects_some_are_drawn():
    many = stands(data_set([(0, 0, 10, 1 + number % 90) for number in range(MAX_POINTS + 500)]))
    assert len(many["car"]) == MAX_POINTS


@pytest.fixture(scope="module")
def lattice(tmp_path_factory):
    composer = Composer(load_pipeline(publish_untrained(tmp_path_factory.mktemp("model") / "model")), "")
    return composer.place(scene(), cutout()).lattice


def test_places_move_to_where_and_as_tall_as_annotated_objects_stand(lattice):
    foot, height = 0.9, 0.25
    generator = np.random.default_rng(0)
    points = [(foot + 0.01 * generator.normal(), math.log(height) + 0.05 * generator.normal()) for _ in range(50)]
    weighted = habits_from({"car": points})["car"].weighted(lattice)
    assert float(weighted.mass.sum()) == pytest.approx(1, abs=1e-4)
    before, after = (mean_of(one) for one in (lattice, weighted))
    for wanted, old, new in zip((foot, math.log(height)), before, after, strict=True):
        assert abs(new - wanted) < 0.7 * abs(old - wanted)


def test_no_place_becomes_impossible(lattice):
    weighted = habits_from({"car": [(0.9, -1.0)] * 30})["car"].weighted(lattice)
    assert bool((weighted.mass > 0).all())
    assert torch.equal(weighted.box_cxcywh, lattice.box_cxcywh)


def mean_of(lattice) -> tuple[float, float]:
    """Mean foot and log height in the picture."""
    letterbox = lattice.letterbox
    scale = letterbox.side_px / letterbox.height_px
    _, y, log_height = lattice.place.unbind(-1)
    foot = (y - letterbox.content_xyxy[1]) * scale
    return float((foot * lattice.mass).sum()), float(((log_height + math.log(scale)) * lattice.mass).sum())
