"""The mean shadow: found where it was, moved and scaled with the box, and nothing outside its effect."""

from dataclasses import replace

import numpy as np
import pytest
from tests.synthetic import synthetic_triple

from situate.errors import InputError
from situate.evaluation.benchmark.mean_shadow import GRID_SIDE, mean_shadow_of
from situate.evaluation.benchmark.picture_scores import psnr_db
from situate.geometry.paste import paste
from situate.records.triple import Triple


def lit(left: int = 24, top: int = 16, side: int = 16, dimming: float = 0.5) -> Triple:
    """A square on plain ground, whose shadow lies on its right: as high, half as wide."""
    background = np.full((64, 96, 3), 120, np.uint8)
    composite, alpha = background.copy(), np.zeros((64, 96), np.uint8)
    rows, columns = slice(top, top + side), slice(left, left + side)
    shadow = (rows, slice(left + side, left + side + side // 2))
    composite[shadow] = np.rint(background[shadow] * dimming)
    composite[rows, columns], alpha[rows, columns] = 200, 255
    effect = np.where((composite != background).any(-1), 255, 0).astype(np.uint8)
    box_cxcywh = ((left + side / 2) / 96, (top + side / 2) / 64, side / 96, side / 64)
    return replace(
        synthetic_triple(0),
        background=background,
        composite=composite,
        foreground=np.full((side, side, 4), (200, 200, 200, 255), np.uint8),
        visible_alpha=alpha,
        effect=effect,
        hole=np.zeros_like(alpha),
        box_cxcywh=box_cxcywh,
    )


@pytest.fixture(scope="module")
def mean_shadow():
    return mean_shadow_of([lit() for _ in range(40)])


def test_it_is_found_where_it_was(mean_shadow):
    third, middle = GRID_SIDE // 3, GRID_SIDE // 2
    assert mean_shadow.num_triples == 40
    assert mean_shadow.share[middle, 2 * third + 4] == pytest.approx((40 * 0.5 + 1) / 41, abs=0.01)
    assert mean_shadow.share[middle, 4] == pytest.approx(1)
    assert mean_shadow.share[4, 2 * third + 4] == pytest.approx(1)


def test_shadows_on_either_side_make_a_paler_one_on_both():
    def mirrored(triple: Triple) -> Triple:
        parts = {
            name: getattr(triple, name)[:, ::-1] for name in ("background", "composite", "visible_alpha", "effect")
        }
        cx, *rest = triple.box_cxcywh
        return replace(triple, **parts, box_cxcywh=(1 - cx, *rest))

    share = mean_shadow_of([lit(), mirrored(lit())] * 20).share
    np.testing.assert_allclose(share, share[:, ::-1], atol=1e-3)
    assert share[GRID_SIDE // 2, 2 * GRID_SIDE // 3 + 4] == pytest.approx(0.75, abs=0.02)


@pytest.mark.parametrize("place", [(24, 16, 16), (40, 30, 16), (30, 10, 32)])
def test_it_moves_and_grows_with_the_box(mean_shadow, place):
    triple = lit(*place)
    made = mean_shadow.made(triple, triple.box_cxcywh)
    pasted = paste(triple.background, triple.foreground, triple.box_cxcywh)
    region = triple.effect > 0
    assert psnr_db(made.composite, triple.composite, region) > psnr_db(pasted, triple.composite, region) + 6
    overlap = ((made.effect > 127) & region).sum() / ((made.effect > 127) | region).sum()
    assert overlap > 0.8


def test_nothing_changes_outside_its_effect_and_little_dimming_is_none(mean_shadow):
    triple = lit()
    made = mean_shadow.made(triple, (0.97, 0.9, 0.2, 0.3))
    assert (made.composite[made.effect == 0] == triple.background[made.effect == 0]).all()
    assert (made.effect[:, :40] == 0).all()
    dark = replace(triple, background=triple.background // 40)
    assert (mean_shadow.made(dark, triple.box_cxcywh).effect[:, 41:] == 0).all(), "3 levels cannot lose more than 2"


def test_triples_that_know_no_shadow_are_left_out():
    photos = replace(lit(dimming=0.1), source="photos")
    assert mean_shadow_of([lit(), photos]).num_triples == 1
    with pytest.raises(InputError, match="none of 2 triples"):
        mean_shadow_of([photos, replace(photos, source="places")])
