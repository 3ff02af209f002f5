"""Several objects in one picture: one after another, each in the last result."""

import numpy as np
import pytest
from tests.pipeline.models import cutout, scene

from situate.errors import InputError
from situate.records.constraints import PlacementConstraints


def test_one_of_several_is_what_it_is_alone(composer):
    (alone,) = composer(scene(), cutout(), seed=3)
    one = composer.compose_several(scene(), [cutout()], seed=3)
    np.testing.assert_array_equal(one.picture.pixels, alone.picture.pixels)
    assert one.placement == alone.placement


def test_each_sees_the_last_result_and_the_rest_of_the_picture_is_untouched(composer):
    both = composer.compose_several(scene(), [cutout(), cutout(20, 30)], seed=3)
    (first,) = composer(scene(), cutout(), seed=3)
    assert both.objects[0].placement == first.placement
    assert ((both.picture.pixels != scene()).any(axis=2) & (both.effect == 0)).sum() == 0
    assert (both.effect >= first.effect).all()
    apart = PlacementConstraints(away_from_xywh_px=(first.box_xywh_px,))
    assert both.placement == composer.place(first.picture, cutout(20, 30), constraints=apart, top_k=1).placements[0]


def test_what_a_later_object_covers_is_no_longer_seen(composer):
    both = composer.compose_several(scene(), [cutout(), cutout()], may_overlap=True)
    (alone,) = composer(scene(), cutout())
    first, second = both.objects
    assert (first.visible_alpha <= alone.visible_alpha).all()
    covered = second.visible_alpha == 255
    assert (alone.visible_alpha[covered] > 0).any()
    assert (first.visible_alpha[covered] == 0).all()
    free = second.visible_alpha == 0
    np.testing.assert_array_equal(first.visible_alpha[free], alone.visible_alpha[free])


def test_no_objects_are_refused(composer):
    with pytest.raises(InputError, match="there are 0 foregrounds"):
        composer.compose_several(scene(), [])


def test_placing_composes_nothing_but_what_later_objects_must_see(composer, monkeypatch):
    composed = []
    monkeypatch.setattr(type(composer), "_with_one_more", lambda self, *_: composed.append(1))
    composer.place_several(scene(), [cutout()])
    assert composed == []


def test_a_literal_model_cannot_keep_objects_apart(literal_composer):
    with pytest.raises(InputError, match="2 foregrounds, but this model is `literal`"):
        literal_composer.compose_several(scene(), [cutout(), cutout(20, 30)])
    with pytest.raises(InputError, match="literal"):
        literal_composer.place_several(scene(), [cutout(), cutout(20, 30)])
