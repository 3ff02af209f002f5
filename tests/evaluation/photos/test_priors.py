"""Priors: what they count, whom they leave out, and that they are probabilities."""

import math

import numpy as np
import pytest
from tests.evaluation.photos.asked import LANDSCAPE, SIDE, rows_of_picture, seen, target_at
from tests.synthetic import write_synthetic_set

from situate.data.loader import TripleUnion
from situate.errors import InputError
from situate.evaluation.metrics import box_iou
from situate.evaluation.photos.held_out import SeenObject, groups_of, held_out, seen_objects
from situate.evaluation.photos.likeliest import likeliest_places
from situate.evaluation.photos.priors import MIN_OBJECTS, priors_from, priors_of_other_half
from situate.evaluation.photos.proposals import prior_proposal
from situate.geometry.canvas import Letterbox
from situate.nn.distribution import LOG_HEIGHT_RANGE

LEFT, RIGHT = (0.2, 0.7), (0.8, 0.4)


def street():
    """Cars on the left, birds on the right, and a few cats."""
    cats = seen("cat", (0.5, 0.5), count=MIN_OBJECTS - 1, group="c")
    cars = seen("car", LEFT, count=40, group="a")
    return [*cars, *seen("bird", RIGHT, count=40, height=0.1, group="b"), *cats]


def test_a_class_prior_beats_the_prior_where_classes_stand_in_different_places():
    priors = priors_from(street(), SIDE, seed=0)
    car = target_at(LANDSCAPE.box_to_picture((LEFT[0], LEFT[1] - 0.1, 0.2, 0.2)))
    own, every = (prior_proposal(car, 0.0, prior) for prior in (priors.of("car"), priors.every))
    assert own.cell_log_prob[car.cell] > every.cell_log_prob[car.cell] + 0.3
    assert own.log_prob is not None
    assert every.log_prob is not None
    assert own.log_prob > every.log_prob + 0.3
    assert box_iou(own.boxes_cxcywh[0], car.box_cxcywh) > 0.5
    bird = target_at(LANDSCAPE.box_to_picture((RIGHT[0], RIGHT[1] - 0.05, 0.1, 0.1)))
    wrong = prior_proposal(bird, 0.0, priors.of("car"))
    assert wrong.cell_log_prob[bird.cell] < every.cell_log_prob[bird.cell]


def test_a_rare_or_unknown_kind_falls_back_to_all_classes():
    priors = priors_from(street(), SIDE, seed=0)
    assert set(priors.by_kind) == {"car", "bird"}
    assert priors.of("cat") is priors.every
    assert priors.of("unseen") is priors.every
    enough = priors_from([*street(), *seen("cat", (0.5, 0.5), count=1)], SIDE, seed=0)
    assert "cat" in enough.by_kind


@pytest.mark.parametrize("kind", ["car", "cat"])
def test_cells_sum_to_one_inside_the_picture_and_heights_to_one_in_each_cell(kind):
    prior = priors_from(street(), SIDE, seed=0).of(kind)
    cells = prior.cell_log_prob(rows_of_picture())
    assert np.exp(cells).sum() == pytest.approx(1)
    assert np.isneginf(cells[~rows_of_picture()]).all()
    assert np.isfinite(cells[rows_of_picture()]).all()
    low, high = LOG_HEIGHT_RANGE
    steps = np.linspace(low, high, 2001)[:-1] + (high - low) / 4000
    mass = sum(math.exp(prior.height_log_density((5, 1), float(step))) for step in steps) * (high - low) / 2000
    assert mass == pytest.approx(1, rel=1e-3)


def test_a_prior_s_density_integrates_to_one_over_the_picture():
    prior = priors_from(seen("car", LEFT, count=12), SIDE, seed=0).every
    low, high = LOG_HEIGHT_RANGE
    step = (high - low) / 32
    mass = 0.0
    for row, column in np.argwhere(rows_of_picture()):
        for index in range(32):
            height = math.exp(low + (index + 0.5) * step)
            anchor_x, anchor_y = (column + 0.5) / SIDE, (row + 0.5) / SIDE
            target = target_at(LANDSCAPE.box_to_picture((anchor_x, anchor_y - height / 2, height, height)))
            log_prob = prior_proposal(target, 0.0, prior).log_prob
            assert log_prob is not None
            mass += math.exp(log_prob) / SIDE**2 * step
    assert mass == pytest.approx(1)


def test_no_place_is_impossible_because_nothing_was_seen_there():
    """One count for each cell; in a kind's own prior the twelve objects of all classes, these counts among them."""
    priors = priors_from(seen("car", LEFT, count=12), SIDE, seed=0)
    far = (1, 7)
    every, own = (prior.cell_log_prob(np.ones((SIDE, SIDE), bool))[far] for prior in (priors.every, priors.of("car")))
    assert every == pytest.approx(math.log(1 / (12 + 64)), abs=1e-3)
    assert own == pytest.approx(math.log(12 / (12 + 64) / (12 + 12)), abs=1e-3)


def test_many_places_that_overlap_by_half_beat_fewer_that_are_the_same():
    x, y = RIGHT
    objects = [SeenObject("g", "car", (*LEFT, math.log(0.2)))] * 10
    objects += [SeenObject("g", "car", (x + offset, y, math.log(0.2))) for offset in (0.0, *(0.06, -0.06) * 6)]
    first, second = likeliest_places(priors_from(objects, SIDE, seed=0).every, LANDSCAPE, 0.0, 2)
    assert LANDSCAPE.box_to_canvas(first)[0] == pytest.approx(x)
    assert LANDSCAPE.box_to_canvas(second)[0] == pytest.approx(LEFT[0])


def test_the_likeliest_places_are_distinct_and_the_most_crowded_comes_first():
    crowds = [*seen("car", LEFT, count=30), *seen("car", RIGHT, count=15)]
    places = likeliest_places(priors_from(crowds, SIDE, seed=0).every, LANDSCAPE, 0.0, 5)
    expected = [LANDSCAPE.box_to_picture((x, y - 0.1, 0.2, 0.2)) for x, y in (LEFT, RIGHT)]
    assert len(places) == 2  # nothing was seen anywhere else
    assert all(box_iou(place, box) > 0.7 for place, box in zip(places, expected, strict=True))


def test_no_two_of_many_likeliest_places_are_the_same():
    everywhere = [one for x in (0.1, 0.5, 0.9) for one in seen("car", (x, 0.6), count=30, spread=0.1)]
    places = likeliest_places(priors_from(everywhere, SIDE, seed=0).every, LANDSCAPE, 0.0, 5)
    assert len(places) == 5
    assert max(box_iou(a, b) for a in places for b in places if a is not b) < 0.5


def test_places_that_lie_outside_this_picture_are_left_to_others():
    # Of an upright picture's objects those at its foot would stand in the padding of a wide one.
    wide = Letterbox(64, 16)
    priors = priors_from([*seen("car", (0.5, 0.95), count=30), *seen("car", (0.5, 0.55), count=5)], SIDE, seed=0)
    (place,) = likeliest_places(priors.every, wide, 0.0, 5)
    assert abs(wide.box_to_canvas(place)[1] - 0.45) < 0.05
    outside_only = priors_from(seen("car", (0.5, 0.95), count=30), SIDE, seed=0)
    assert likeliest_places(outside_only.every, wide, 0.0, 5)


def test_a_prior_without_other_data_never_sees_its_own_group():
    objects = street()
    before = priors_of_other_half(objects, SIDE, seed=0)
    group = objects[0].group
    moved = [type(one)(one.group, one.kind, (0.9, 0.3, 0.0)) if one.group == group else one for one in objects]
    after = priors_of_other_half(moved, SIDE, seed=0)
    assert (before[group].every.counts == after[group].every.counts).all()
    assert any((before[name].every.counts != after[name].every.counts).any() for name in before)
    assert set(before) == {one.group for one in objects}


def test_one_group_has_no_other_half():
    objects = [one for one in street() if one.group == "a0"]
    with pytest.raises(InputError, match="1 group is too few .* --prior-data"):
        priors_of_other_half(objects, SIDE, seed=0)


def test_groups_of_the_same_name_in_two_folders_are_kept_apart(tmp_path):
    folders = [write_synthetic_set(tmp_path / name, 4) for name in ("one", "two")]
    union = TripleUnion(folders)
    assert groups_of(union) == [f"{number}:group{half}" for number in (0, 1) for half in (0, 0, 1, 1)]
    data = held_out(union, num=3, seed=0)
    assert len(data.triples) == 3
    assert [group.split(":")[1] for group in data.groups] == [triple.group for triple in data.triples]
    with pytest.raises(InputError, match="0 triples were asked for"):
        held_out(union, num=0, seed=0)


def test_objects_stand_on_the_letter_boxed_canvas(tmp_path):
    union = TripleUnion([write_synthetic_set(tmp_path / "set", 4)])
    for one, triple in zip(seen_objects(union), union, strict=True):
        _, cy, _, h = triple.box_cxcywh
        assert one.kind == "ball"
        # 64 x 48 pixels: an eighth of the canvas is padding above.
        assert one.position[1] == pytest.approx(1 / 8 + (cy + h / 2) * 0.75, abs=1e-5)
        assert math.exp(one.position[2]) == pytest.approx(h * 0.75, abs=1e-5)
