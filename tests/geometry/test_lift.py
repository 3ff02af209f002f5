"""Lifting to full resolution: detail survives, and what the network changed comes along."""

import cv2
import numpy as np
import pytest

from situate.geometry.correction import WHOLE_CORRECTION, Correction
from situate.geometry.heatmap import overlay
from situate.geometry.lift import Lift, SmallLayers, fit_affine, unpremultiplied
from situate.geometry.part import Part
from situate.geometry.paste import alpha_over, place_foreground

SMALL, LARGE = 32, 128
BOX_CXCYWH = (0.5, 0.55, 0.35, 0.4)
WHOLE = Part(LARGE, slice(0, LARGE), slice(0, LARGE))


def smaller(layer: np.ndarray) -> np.ndarray:
    return cv2.resize(layer, (SMALL, SMALL), interpolation=cv2.INTER_AREA)


def textured(seed: int = 0) -> np.ndarray:
    """A smooth picture with a fine grain that the small one cannot show."""
    generator = np.random.default_rng(seed)
    smooth = cv2.resize(generator.uniform(-0.6, 0.4, (5, 5, 3)).astype(np.float32), (LARGE, LARGE))
    return smooth + generator.uniform(-0.1, 0.1, (LARGE, LARGE, 3)).astype(np.float32)


def cutout() -> np.ndarray:
    y, x = np.mgrid[:80, :80] - 39.5
    pixels = np.random.default_rng(2).integers(60, 200, (80, 80, 4)).astype(np.uint8)
    pixels[..., 3] = np.where(x**2 + y**2 < 39**2, 255, 0)
    return pixels


def layers():
    colours, alpha = place_foreground(cutout(), BOX_CXCYWH, (LARGE, LARGE))
    small_colours, small_alpha = place_foreground(cutout(), BOX_CXCYWH, (SMALL, SMALL))
    return colours, alpha, small_colours, small_alpha


def lifted(background: np.ndarray, generated: np.ndarray, correction: Correction = WHOLE_CORRECTION) -> np.ndarray:
    colours, alpha, small_colours, small_alpha = layers()
    small = SmallLayers(smaller(background), unpremultiplied(small_colours, small_alpha), small_alpha, generated)
    lift = Lift(small, LARGE / SMALL, correction)
    return lift(background, unpremultiplied(colours, alpha), alpha, WHOLE)


def test_when_the_network_only_pastes_the_result_is_the_paste_at_full_resolution():
    background = textured()
    colours, alpha, small_colours, small_alpha = layers()
    found = lifted(background, alpha_over(smaller(background), small_colours, small_alpha))
    error = np.abs(found - alpha_over(background, colours, alpha))
    assert error.mean() < 0.01
    # Only the object's rim, where one small pixel holds both layers, may differ more.
    rim = cv2.dilate((np.abs(alpha - 0.5) < 0.49).astype(np.uint8), np.ones((9, 9))) > 0
    assert error[~rim].max() < 0.06


def test_darkening_is_recovered_and_the_grain_is_kept():
    background = textured()
    darkened = (background + 1) * 0.5 - 1
    _, alpha, small_colours, small_alpha = layers()
    found = lifted(background, alpha_over(smaller(darkened), small_colours, small_alpha))
    away = cv2.dilate((alpha > 0).astype(np.uint8), np.ones((9, 9))) == 0
    assert np.abs(found - darkened)[away].mean() < 0.02
    grain = (found - cv2.GaussianBlur(found, (0, 0), 2))[away]
    wanted = (darkened - cv2.GaussianBlur(darkened, (0, 0), 2))[away]
    assert np.corrcoef(grain.ravel(), wanted.ravel())[0, 1] > 0.95
    assert grain.std() == pytest.approx(wanted.std(), rel=0.15)


def test_where_the_picture_is_no_larger_than_the_network_sees_the_ground_is_what_the_network_made():
    background, generated = smaller(textured()), smaller(textured(seed=1))
    _, _, small_colours, small_alpha = layers()
    foreground = unpremultiplied(small_colours, small_alpha)
    lift = Lift(SmallLayers(background, foreground, small_alpha, generated), 1.0)
    found = lift(background, foreground, small_alpha, Part(SMALL, slice(0, SMALL), slice(0, SMALL)))
    np.testing.assert_allclose(found[small_alpha == 0], generated[small_alpha == 0], atol=1e-5)


def test_the_object_takes_the_light_of_what_the_network_made_and_keeps_its_own_contrast():
    _, _, small_colours, small_alpha = layers()
    background, foreground = smaller(textured()), unpremultiplied(small_colours, small_alpha)
    darker = (foreground + 1) * 0.6 - 1
    hazy = cv2.GaussianBlur(darker, (0, 0), 1.5)  # a network that is unsure of the detail
    lift = Lift(SmallLayers(background, foreground, small_alpha, hazy), 1.0)
    found = lift(background, foreground, small_alpha, Part(SMALL, slice(0, SMALL), slice(0, SMALL)))
    inside = small_alpha > 0.99
    assert np.abs(found - darker)[inside].mean() < 0.3 * np.abs(hazy - darker)[inside].mean()
    assert (found[inside] + 1).std() > 0.8 * (darker[inside] + 1).std()


def test_an_affine_change_of_all_pixels_is_found_exactly():
    layer = smaller(textured())
    field = fit_affine(layer, (layer + 1) * 0.6 - 1, np.ones((SMALL, SMALL), np.float32))
    np.testing.assert_allclose(field(layer), (layer + 1) * 0.6 - 1, atol=0.02)


def test_pixels_of_the_other_layer_do_not_count():
    layer = np.zeros((SMALL, SMALL, 3), np.float32)
    target = layer.copy()
    target[:, SMALL // 2 :] = 1
    weight = np.zeros((SMALL, SMALL), np.float32)
    weight[:, : SMALL // 2] = 1
    field = fit_affine(layer, target, weight)
    np.testing.assert_allclose(field(layer)[:, : SMALL // 2], 0, atol=1e-3)


def test_where_a_layer_is_unknown_it_is_left_alone():
    layer = smaller(textured())
    field = fit_affine(layer, np.ones_like(layer), np.zeros((SMALL, SMALL), np.float32))
    np.testing.assert_allclose(field(layer), layer, atol=1e-6)


@pytest.mark.parametrize(
    ("correction", "ground", "colours"),
    [
        (Correction(), 1.0, 1.0),
        (Correction(ground=0.0), 0.0, 1.0),
        (Correction(colours=0.0), 1.0, 0.0),
        (Correction(ground=0.25, colours=0.5), 0.25, 0.5),
        (Correction(ground=0.0, colours=0.0), 0.0, 0.0),
    ],
)
def test_a_correction_is_a_share_of_the_way_from_paste_to_what_the_network_made(correction, ground, colours):
    background = textured()
    placed, alpha, small_colours, small_alpha = layers()
    generated = alpha_over(
        (smaller(background) + 1) * 0.5 - 1, (small_colours + small_alpha[..., None]) * 1.2, small_alpha
    )
    plain, whole = alpha_over(background, placed, alpha), lifted(background, generated)
    found = lifted(background, generated, correction)
    for where, share in ((alpha == 0, ground), (alpha == 1, colours)):
        np.testing.assert_allclose(found[where], (plain + share * (whole - plain))[where], atol=1e-3)
    assert np.abs(whole - plain)[alpha == 1].mean() > 0.05


def test_a_network_that_blurs_the_objects_edge_leaves_no_wide_fringe():
    """The blur is one of its pixels wide; enlarged 32 times it would be a halo of the object's colour on the ground."""
    pitch = 32
    side = SMALL * pitch
    red = np.full((100, 100, 4), (230, 30, 20, 255), np.uint8)
    box = (0.5, 0.5, 0.4, 0.4)
    placed, alpha = place_foreground(red, box, (side, side))
    small_colours, small_alpha = place_foreground(red, box, (SMALL, SMALL))
    ground = np.full((side, side, 3), -0.1, np.float32)
    small_ground = np.full((SMALL, SMALL, 3), -0.1, np.float32)
    generated = cv2.GaussianBlur(alpha_over(small_ground, small_colours, small_alpha), (0, 0), 0.5)
    small = SmallLayers(small_ground, unpremultiplied(small_colours, small_alpha), small_alpha, generated)
    whole = Part(side, slice(0, side), slice(0, side))
    found = Lift(small, float(pitch))(ground, unpremultiplied(placed, alpha), alpha, whole)
    as_generated = np.abs(whole.enlarged(generated) - ground)[alpha == 0]
    fringe = np.abs(found - ground)[alpha == 0]
    assert as_generated.max() > 0.4
    assert fringe.max() < 0.12
    assert np.abs(found - alpha_over(ground, placed, alpha))[alpha == 1].max() < 0.25


def test_colours_come_back_from_premultiplied_ones():
    colours, alpha, _, _ = layers()
    straight = unpremultiplied(colours, alpha)
    np.testing.assert_allclose(straight * alpha[..., None], colours, atol=1e-3)
    assert np.abs(straight).max() <= 1


def test_a_heat_map_glows_where_the_share_is_and_is_grey_elsewhere():
    picture = np.random.default_rng(0).integers(0, 256, (12, 16, 3)).astype(np.uint8)
    heatmap = np.zeros((12, 16), np.float32)
    heatmap[4, 5] = 1
    found = overlay(picture, heatmap)
    assert found.shape == picture.shape
    assert found.dtype == np.uint8
    assert len(set(found[0, 0].tolist())) == 1
    assert found[4, 5].min() < found[4, 5].max()


def test_a_heat_map_without_mass_leaves_a_grey_picture():
    picture = np.full((4, 4, 3), 77, np.uint8)
    np.testing.assert_array_equal(overlay(picture, np.zeros((4, 4), np.float32)), picture)
