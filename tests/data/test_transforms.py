"""Augmentations: what changes together stays together."""

from dataclasses import replace

import numpy as np
import pytest
from tests.synthetic import synthetic_triple

from situate.data import transforms
from situate.records.triple import Triple

PICTURES = ("background", "composite", "foreground", "visible_alpha", "effect", "hole")
TRIPLE = synthetic_triple(3)


def generator(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


def curve(seed: int, *spreads: float) -> np.ndarray:
    return transforms.light_table(*transforms.draw_light_change(generator(seed), *spreads))


def lit(triple: Triple) -> Triple:
    """The triple with a light that differs in every number."""
    return replace(triple, light=np.linspace(-1, 1, 30, dtype=np.float32).reshape(2, 5, 3))


def object_box_px(triple: Triple) -> tuple[float, ...]:
    """Tight box of the object's pixels as fractions of the picture."""
    rows, columns = np.nonzero(triple.visible_alpha)
    height, width = triple.visible_alpha.shape
    left, right, top, bottom = columns.min(), columns.max() + 1, rows.min(), rows.max() + 1
    return ((left + right) / 2 / width, (top + bottom) / 2 / height, (right - left) / width, (bottom - top) / height)


def test_flipping_twice_is_the_identity():
    twice = transforms.flipped(transforms.flipped(TRIPLE))
    for name in PICTURES:
        np.testing.assert_array_equal(getattr(twice, name), getattr(TRIPLE, name), err_msg=name)
    assert twice.box_cxcywh == pytest.approx(TRIPLE.box_cxcywh)


def test_flipping_mirrors_the_position_and_keeps_the_object_under_it():
    found = transforms.flipped(TRIPLE)
    cx, cy, w, h = TRIPLE.box_cxcywh
    assert found.box_cxcywh == pytest.approx((1 - cx, cy, w, h))
    assert object_box_px(found) == pytest.approx(found.box_cxcywh, abs=1e-6)


@pytest.mark.parametrize("seed", range(12))
def test_cropping_keeps_the_object_under_its_box(seed):
    found = transforms.cropped(TRIPLE, generator(seed))
    assert object_box_px(found) == pytest.approx(found.box_cxcywh, abs=1e-6)
    height, width = found.background.shape[:2]
    assert {getattr(found, name).shape[:2] for name in PICTURES if name != "foreground"} == {(height, width)}
    share = TRIPLE.background.shape[0] / TRIPLE.background.shape[1]
    assert height / width == pytest.approx(share, abs=0.06)
    assert height >= 0.69 * TRIPLE.background.shape[0]


def test_some_crops_do_crop():
    sizes = {transforms.cropped(TRIPLE, generator(seed)).background.shape for seed in range(12)}
    assert len(sizes) > 3


def test_an_object_as_large_as_the_picture_is_not_cropped():
    large = replace(TRIPLE, box_cxcywh=(0.5, 0.5, 1.0, 1.0))
    assert transforms.cropped(large, generator()) is large


def test_paired_light_changes_all_three_pictures_by_one_curve():
    found = transforms.with_paired_light(TRIPLE, generator())
    assert not np.array_equal(found.background, TRIPLE.background)
    same = (TRIPLE.background == TRIPLE.composite).all(axis=2)
    np.testing.assert_array_equal(found.background[same], found.composite[same])
    np.testing.assert_array_equal(found.foreground[..., 3], TRIPLE.foreground[..., 3])
    light = curve(0, transforms.EXPOSURE_STOPS / 2, transforms.WHITE_BALANCE_STOPS, 0.0)
    for channel in range(3):
        np.testing.assert_array_equal(found.foreground[..., channel], light[TRIPLE.foreground[..., channel], channel])


def test_flipping_turns_the_cards_that_face_left_and_right():
    light = lit(TRIPLE).light
    flipped = transforms.flipped(lit(TRIPLE)).light
    np.testing.assert_array_equal(flipped[:, [1, 0]], light[:, [0, 1]])
    np.testing.assert_array_equal(flipped[:, 2:], light[:, 2:])
    np.testing.assert_array_equal(transforms.cropped(lit(TRIPLE), generator()).light, light)


def test_paired_light_brightens_the_cards_as_it_brightens_grey():
    found = transforms.with_paired_light(lit(TRIPLE), generator())
    table = curve(0, transforms.EXPOSURE_STOPS / 2, transforms.WHITE_BALANCE_STOPS, 0.0)
    linear = (table[100] / 100.0) ** 2.2
    change = (found.light - lit(TRIPLE).light).reshape(-1, 3)
    np.testing.assert_allclose(change, np.log(linear)[None].repeat(10, 0), atol=0.02)


def test_a_curve_over_the_foreground_alone_makes_its_light_unknown():
    assert transforms.with_foreground_light(lit(TRIPLE), generator()).light is None


def test_the_foregrounds_light_leaves_alpha_and_scene_alone():
    found = transforms.with_foreground_light(TRIPLE, generator())
    assert not np.array_equal(found.foreground[..., :3], TRIPLE.foreground[..., :3])
    np.testing.assert_array_equal(found.foreground[..., 3], TRIPLE.foreground[..., 3])
    assert found.composite is TRIPLE.composite


def test_paired_wear_is_the_same_for_both():
    twins = replace(TRIPLE, composite=TRIPLE.background.copy())
    found = transforms.with_paired_wear(twins, generator())
    np.testing.assert_array_equal(found.background, found.composite)
    assert not np.array_equal(found.background, TRIPLE.background)
    assert np.abs(found.background.astype(int) - TRIPLE.background).mean() < 20


def test_jpeg_keeps_light_and_dark_better_than_colour():
    noise = np.random.default_rng(0).integers(0, 256, (64, 64), dtype=np.uint8)
    blue, green = np.zeros((2, 64, 64, 3), np.uint8)
    blue[..., 2], green[..., 1] = noise, noise
    errors = [
        np.abs(transforms._through_jpeg(picture, 60)[..., channel].astype(int) - noise).mean()
        for picture, channel in ((blue, 2), (green, 1))
    ]
    red = np.zeros((64, 64, 3), np.uint8)
    red[..., 0] = noise
    red_error = np.abs(transforms._through_jpeg(red, 60)[..., 0].astype(int) - noise).mean()
    assert errors[1] < red_error < errors[0], "green is mostly light, red less, blue hardly"


def test_a_light_curve_rises_and_keeps_black():
    for seed in range(5):
        table = curve(seed, 0.5, 0.1, 0.2).astype(int)
        assert (table[0] == 0).all()
        assert (np.diff(table, axis=0) >= 0).all()


def test_a_light_curve_without_change_is_the_identity():
    table = curve(0, 0.0, 0.0, 0.0)
    np.testing.assert_array_equal(table, np.repeat(np.arange(256)[:, None], 3, axis=1))


def test_a_turned_foreground_keeps_its_colours_and_most_of_its_area():
    foreground = np.zeros((60, 40, 4), np.uint8)
    foreground[10:50, 10:30] = (200, 100, 50, 255)
    for seed in range(6):
        found = transforms.turned(foreground, generator(seed))
        solid = found[..., 3] == 255
        assert np.abs(found[solid][:, :3].astype(int) - (200, 100, 50)).max() <= 1
        scale = max(found.shape[:2]) / 60
        assert 0.4 < scale < 1.2
        area = found[..., 3].sum() / 255
        assert 0.2 * 800 < area < 1.1 * 800
    small = transforms.turned(foreground[:20, :20], generator(1))
    assert max(small.shape[:2]) >= 20


@pytest.mark.parametrize("seed", range(8))
def test_reduced_pictures_show_the_same_at_another_size(seed):
    large = replace(
        TRIPLE, **{name: np.kron(getattr(TRIPLE, name), square(getattr(TRIPLE, name))) for name in PICTURES}
    )
    found = transforms.reduced(large, generator(seed))
    height, width = found.background.shape[:2]
    assert {getattr(found, name).shape[:2] for name in PICTURES if name != "foreground"} == {(height, width)}
    assert transforms.MIN_REDUCED_PX <= max(height, width) <= max(large.background.shape[:2])
    assert object_box_px(found) == pytest.approx(large.box_cxcywh, abs=2 / min(height, width))
    is_untouched = found.effect == 0
    np.testing.assert_array_equal(found.background[is_untouched], found.composite[is_untouched])
    np.testing.assert_array_equal(found.foreground, large.foreground)


def square(pixels: np.ndarray) -> np.ndarray:
    return np.ones((4, 4) + (1,) * (pixels.ndim - 2), np.uint8)


def test_small_pictures_are_not_reduced():
    side = transforms.MIN_REDUCED_PX // 2
    tiny = replace(TRIPLE, **{name: getattr(TRIPLE, name)[:side, :side] for name in PICTURES})
    assert transforms.reduced(tiny, generator()) is tiny


def test_a_recoloured_cut_out_keeps_its_outline_and_what_is_bright_in_it():
    colours = np.zeros((4, 8, 4), np.uint8)
    colours[:, :4], colours[:, 4:] = (200, 90, 60, 255), (40, 25, 20, 128)
    found = transforms.recoloured(colours, generator(1))
    np.testing.assert_array_equal(found[..., 3], colours[..., 3])
    assert found[:, :4, :3].mean() > found[:, 4:, :3].mean() + 40
    assert np.ptp([transforms.recoloured(colours, generator(seed))[0, 0] for seed in range(20)], axis=0)[:3].min() > 60
