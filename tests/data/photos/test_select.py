"""Every rule leaves out what it says, and counts it."""

from typing import Any

import pytest

from situate.data.photos.build import plan_photo_triples
from situate.data.photos.config import PhotoConfig
from situate.errors import ConfigError, InputError

# Rectangles are not drawn, so there is no edge to see; quality has a test of its own.
CONFIG = PhotoConfig(size_px=160, min_quality=0)
WHOLE = (80, 60, 14, 20)


def rectangle(left: int, top: int, right: int, bottom: int) -> list[int]:
    return [left, top, right, top, right, bottom, left, bottom]


CASES: list[tuple[str, dict[str, Any]]] = [
    ("crowd", {"segmentation": [rectangle(20, 20, 50, 50)], "iscrowd": 1}),
    ("invalid_mask", {"segmentation": [[10, 10, 20, 20]]}),  # no polygon with three corners
    ("invalid_mask", {"segmentation": None}),  # only a box
    ("invalid_mask", {"segmentation": {"size": [9, 9], "counts": [81]}}),  # of another picture
    ("invalid_mask", {"segmentation": [rectangle(20, 20, 20, 20)]}),  # three corners on one spot
    ("empty_box", {"segmentation": [rectangle(20, 20, 50, 50)], "bbox": [20, 20, 0, 30]}),
    ("tiny", {"segmentation": [rectangle(20, 20, 31, 90)]}),  # large enough, but too thin
    ("tiny", {"segmentation": [[20, 20, 33, 20, 20, 33]]}),  # sides long enough, but too little inside
    ("border_cut", {"segmentation": [rectangle(0, 20, 30, 50)]}),
    ("border_cut", {"segmentation": [rectangle(128, 20, 158, 50)]}),  # annotators stop a pixel or two early
    ("border_cut", {"segmentation": [rectangle(20, 90, 50, 120)]}),
    ("too_large", {"segmentation": [rectangle(10, 10, 100, 100)]}),
    ("too_large", {"segmentation": [[5, 5, 20, 5, 155, 115, 140, 115]]}),  # thin, but its box is the picture
    ("fragmented", {"segmentation": [rectangle(10, 10, 30, 30), rectangle(50, 10, 70, 30)]}),
    ("occluded", {"segmentation": [rectangle(70, 20, 110, 100)]}),  # another object lies on it
    ("occluded", {"segmentation": [[56, 36, 64, 36, 64, 82, 98, 82, 98, 86, 56, 86]]}),  # goes round another object
]


@pytest.mark.parametrize(("reason", "entry"), CASES)
def test_an_object_is_left_out_by_the_rule_that_speaks_against_it(photo_set: Any, reason: str, entry: Any) -> None:
    image_id = photo_set.add_picture(WHOLE)
    photo_set.add_object(image_id, **entry)
    report = plan_photo_triples(CONFIG, photo_set.annotated)
    assert report.skipped[reason] >= 1
    assert report.num_triples + sum(report.skipped.values()) == report.num_annotations == 2


def test_objects_that_share_a_border_occlude_each_other(photo_set: Any) -> None:
    image_id = photo_set.add_picture()
    photo_set.add_object(image_id, [rectangle(20, 20, 50, 50)])
    photo_set.add_object(image_id, [rectangle(51, 20, 80, 50)])
    report = plan_photo_triples(CONFIG, photo_set.annotated)
    assert dict(report.skipped) == {"occluded": 2}


def test_a_whole_object_apart_from_others_is_used(photo_set: Any) -> None:
    photo_set.add_picture(WHOLE, (30, 60, 12, 16))
    report = plan_photo_triples(CONFIG, photo_set.annotated)
    assert (report.num_triples, dict(report.skipped)) == (2, {})


def test_what_an_object_stands_on_does_not_occlude_it(photo_set: Any) -> None:
    image_id = photo_set.add_picture(WHOLE)
    photo_set.add_object(image_id, [rectangle(1, 20, 159, 119)])
    report = plan_photo_triples(CONFIG, photo_set.annotated)
    assert (report.num_triples, dict(report.skipped)) == (1, {"border_cut": 1})


def test_an_object_that_cannot_be_seen_is_of_low_quality(photo_set: Any) -> None:
    image_id = photo_set.add_picture(WHOLE)
    photo_set.add_object(image_id, [rectangle(20, 20, 50, 50)])
    report = plan_photo_triples(PhotoConfig(size_px=160), photo_set.annotated)
    assert (report.num_triples, dict(report.skipped)) == (1, {"low_quality": 1})


def test_only_the_kinds_asked_for_are_used(photo_set: Any) -> None:
    image_id = photo_set.add_picture(WHOLE)
    photo_set.add_object(image_id, [rectangle(20, 20, 50, 50)], category_id=5)
    config = CONFIG.model_copy(update={"kinds": ("box",)})
    report = plan_photo_triples(config, photo_set.annotated)
    assert (dict(report.kinds), dict(report.skipped)) == ({"box": 1}, {"other_kind": 1})


def test_only_photographs_of_the_licences_asked_for_are_used(photo_set: Any) -> None:
    photo_set.add_picture(WHOLE, license=4)
    photo_set.add_picture(WHOLE, license=1)
    photo_set.add_picture(WHOLE)
    report = plan_photo_triples(CONFIG.model_copy(update={"licences": (4, 1)}), photo_set.annotated)
    assert (report.num_triples, dict(report.skipped)) == (2, {"other_licence": 1})
    report = plan_photo_triples(CONFIG.model_copy(update={"licences": (4,)}), photo_set.annotated)
    assert (report.num_triples, dict(report.skipped)) == (1, {"other_licence": 2})
    with pytest.raises(InputError, match="has licence 7; there are 1, 4"):
        plan_photo_triples(CONFIG.model_copy(update={"licences": (4, 7)}), photo_set.annotated)


def test_more_objects_than_wanted_are_drawn_at_random_and_counted(photo_set: Any) -> None:
    photo_set.add_picture((25, 30, 10, 10), (75, 30, 10, 10), (130, 30, 10, 10), (25, 90, 10, 10), (75, 90, 10, 10))
    config = CONFIG.model_copy(update={"max_per_image": 2})
    report = plan_photo_triples(config, photo_set.annotated)
    assert (report.num_triples, dict(report.skipped)) == (2, {"over_max_per_image": 3})


def test_tiny_counts_in_the_stored_picture(photo_set: Any) -> None:
    photo_set.add_picture(WHOLE)
    report = plan_photo_triples(PhotoConfig(size_px=40), photo_set.annotated)
    assert dict(report.skipped) == {"tiny": 1}


def test_all_problems_of_a_config_are_said_at_once() -> None:
    with pytest.raises(ConfigError, match=r"size_px is 3: .*; seed is -1: "):
        PhotoConfig.checked(size_px=3, seed=-1)
    with pytest.raises(ConfigError, match="num_decoys is 3 to 1"):
        PhotoConfig.checked(num_decoys=(3, 1))
