"""Lifting to full resolution: detail survives, and what the network changed comes along."""

import cv2
import numpy as np
import pytest

from situate.geometry.heatmap import overlay
from situate.geometry.lift import SmallLayers, fit_affine, lift, occluded_alpha, unpremultiplied
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


def lifted(background: np.ndarray, generated: np.ndarray) -> np.ndarray:
    colours, alpha, small_colours, small_alpha = layers()
    return lift(
        background=background,
        foreground=unpremultiplied(colours, alpha),
        visible=alpha,
        small=SmallLayers(smaller(background), unpremultiplied(small_colours, small_alpha), small_alpha, generated),
        part=WHOLE,
    )


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


def test_where_the_picture_is_no_larger_than_the_network_sees_it_gets_what_the_network_made():
    background, generated = smaller(textured()), smaller(textured(seed=1))
    _, _, small_colours, small_alpha = layers()
    foreground = unpremultiplied(small_colours, small_alpha)
    found = lift(
        background=background,
        foreground=foreground,
        visible=small_alpha,
        small=SmallLayers(background, foreground, small_alpha, generated),
        part=Part(SMALL, slice(0, SMALL), slice(0, SMALL)),
    )
    np.testing.assert_allclose(found, generated, atol=1e-5)


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


def test_alpha_without_occlusion_is_the_cutouts_own():
    _, alpha, _, small_alpha = layers()
    np.testing.assert_allclose(occluded_alpha(alpha, small_alpha, small_alpha, WHOLE), alpha, atol=1e-6)


def test_an_occluded_half_is_hidden_at_full_resolution():
    _, alpha, _, small_alpha = layers()
    small_visible = small_alpha.copy()
    small_visible[:, : SMALL // 2] = 0
    found = occluded_alpha(alpha, small_alpha, small_visible, WHOLE)
    margin = LARGE // SMALL
    assert found[:, : LARGE // 2 - margin].max() == 0
    np.testing.assert_allclose(found[:, LARGE // 2 + margin :], alpha[:, LARGE // 2 + margin :], atol=1e-5)


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
