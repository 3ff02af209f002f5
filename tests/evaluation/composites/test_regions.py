"""The regions: object and ring do not meet, and what a region holds decides what a mistake costs."""

from dataclasses import replace

import numpy as np
from tests.synthetic import synthetic_triple

from situate.evaluation.composites.regions import regions_of
from situate.evaluation.metrics import psnr_db
from situate.geometry.paste import paste, place_foreground

# The shadow of the synthetic ball is as bright as half the ground, and shows at its foot, left and right.
TRIPLE = replace(synthetic_triple(0, width=256, height=192), source="static")


def placed(triple) -> np.ndarray:
    height_px, width_px = triple.background.shape[:2]
    return place_foreground(triple.foreground, triple.box_cxcywh, (width_px, height_px))[1]


def with_shadow(triple):
    """The same with a shadow under the object, large enough to be judged."""
    composite, effect = triple.composite.copy(), triple.effect.copy()
    rows, columns = np.nonzero(triple.visible_alpha)
    shadow = np.zeros(effect.shape, bool)
    shadow[rows.max() + 1 : rows.max() + 4, columns.min() : columns.max() + 1] = True
    composite[shadow] = triple.background[shadow] // 2
    effect[shadow] = 255
    return replace(triple, composite=composite, effect=effect), shadow


def test_object_and_ring_do_not_meet():
    triple, shadow = with_shadow(TRIPLE)
    regions = regions_of(triple, placed(triple))
    assert regions.ring is not None
    assert regions.why_no_ring == ""
    assert not (regions.object & regions.ring).any()
    assert (triple.visible_alpha[regions.object] == 255).all()
    assert regions.ring[shadow].all()


def test_a_paste_leaves_the_background_in_the_ring():
    triple, _ = with_shadow(TRIPLE)
    ring = regions_of(triple, placed(triple)).ring
    pasted = paste(triple.background, triple.foreground, triple.box_cxcywh)
    assert np.array_equal(pasted[ring], triple.background[ring])


def test_half_the_shadow_is_worth_6_db_and_a_wrong_one_costs():
    triple, shadow = with_shadow(TRIPLE)
    ring = regions_of(triple, placed(triple)).ring
    assert ring is not None
    half, wrong = triple.background.copy(), triple.composite.copy()
    mixed = (triple.background[shadow].astype(int) + triple.composite[shadow]) // 2
    half[shadow] = mixed
    # The true shadow, and another where there is none, on the other side of the object.
    rows, columns = np.nonzero(triple.visible_alpha)
    above = slice(rows.min() - 3, rows.min()), slice(columns.min(), columns.max() + 1)
    wrong[above] = triple.background[above] // 2
    untouched = psnr_db(triple.background, triple.composite, ring)
    other = ~shadow & (triple.effect > 0)
    half[other] = triple.composite[other]
    assert psnr_db(half, triple.composite, ring) - untouched > 5
    assert abs(psnr_db(wrong, triple.composite, ring) - untouched) < 2


def test_photographs_have_no_ring():
    triple, _ = with_shadow(replace(TRIPLE, source="photos"))
    regions = regions_of(triple, placed(triple))
    assert regions.ring is None
    assert "photograph" in regions.why_no_ring
    assert regions.object.any()


def test_an_effect_that_cannot_be_seen_is_no_shadow():
    triple, shadow = with_shadow(TRIPLE)
    faint = triple.composite.copy()
    outside = (triple.effect > 0) & (triple.visible_alpha == 0)
    faint[outside] = triple.background[outside] + 3
    assert shadow.any()
    assert regions_of(replace(triple, composite=faint), placed(triple)).why_no_ring == "no shadow to be seen"


def test_where_the_given_cut_out_is_smaller_the_object_is_judged_where_both_are():
    triple, _ = with_shadow(TRIPLE)
    cx, cy, w, h = triple.box_cxcywh
    smaller = replace(triple, box_cxcywh=(cx, cy, w / 2, h / 2))
    own, part = (regions_of(triple, placed(one)).object for one in (triple, smaller))
    assert 0 < part.sum() < own.sum() / 2
    assert own[part].all()
