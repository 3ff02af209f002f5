"""Cut-outs: soft at the border, solid inside, free of the background's colour."""

import cv2
import numpy as np
import pytest

from situate.data.cutout import cut_out, decontaminate
from situate.errors import AlphaError, InputError
from situate.geometry.guided_filter import guided_filter
from situate.imageio.foreground import ALPHA_TRIM
from situate.records.picture import Picture

RED, GREEN = np.array([200.0, 30, 30]), np.array([30.0, 180, 40])


def true_disc_alpha(side_px: int, radius_px: float) -> np.ndarray:
    rows, columns = np.mgrid[:side_px, :side_px] + 0.5
    return np.clip(radius_px + 0.5 - np.hypot(rows - side_px / 2, columns - side_px / 2), 0, 1)


def red_disc_on_green(side_px: int = 120, radius_px: float = 35, blur_px: float = 1.5) -> tuple[np.ndarray, np.ndarray]:
    """A photograph whose border mixes both colours, and its true alpha."""
    alpha = cv2.GaussianBlur(true_disc_alpha(side_px, radius_px), (0, 0), blur_px)
    texture = np.random.default_rng(0).normal(0, 4, (side_px, side_px, 3))
    pixels = alpha[..., None] * RED + (1 - alpha[..., None]) * GREEN + texture
    return np.clip(np.round(pixels), 0, 255).astype(np.uint8), alpha


def test_colours_at_the_border_are_the_objects_own():
    pixels, true_alpha = red_disc_on_green()
    alpha = np.round(true_alpha * 255).astype(np.uint8)
    estimate = decontaminate(pixels, alpha)
    border = (alpha > 25) & (alpha < 230)
    bleed_before = np.abs(pixels[border] - RED).mean()
    assert np.abs(estimate[border] - RED).mean() < 0.2 * bleed_before


def test_colours_just_outside_the_object_are_the_objects_own():
    pixels, true_alpha = red_disc_on_green()
    alpha = np.round(true_alpha * 255).astype(np.uint8)
    outside = (alpha == 0) & (cv2.dilate(alpha, np.ones((5, 5))) > 0)
    assert np.abs(decontaminate(pixels, alpha)[outside] - RED).mean() < 15


def test_opaque_pixels_keep_their_colour_bit_for_bit():
    pixels, true_alpha = red_disc_on_green()
    alpha = np.round(true_alpha * 255).astype(np.uint8)
    assert np.array_equal(decontaminate(pixels, alpha)[alpha == 255], pixels[alpha == 255])


@pytest.mark.parametrize("value", [0, 255])
def test_without_a_border_no_colour_changes(value):
    pixels, _ = red_disc_on_green(40, 10)
    assert np.array_equal(decontaminate(pixels, np.full((40, 40), value, np.uint8)), pixels)


def test_a_guide_explains_values_that_follow_it():
    """Closed form: values that are linear in the guide's colours come out unchanged."""
    guide = np.random.default_rng(0).integers(0, 256, (40, 50, 3), dtype=np.uint8)
    values = (guide @ np.array([0.2, 0.3, 0.4]) / 255).astype(np.float32)
    filtered = guided_filter(guide, values, radius_px=3, noise=1e-4)
    assert np.abs(filtered - values).max() < 1e-3


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_a_cut_out_is_trimmed_and_keeps_depth_and_profile(dtype):
    profile = b"profile"
    pixels, true_alpha = red_disc_on_green()
    deep = pixels if dtype == np.uint8 else pixels.astype(np.uint16) * 257
    cut = cut_out(Picture(deep, profile, "disc"), true_alpha > 0.5)
    assert cut.pixels.dtype == dtype
    assert (cut.icc_profile, cut.name) == (profile, "disc")
    assert 66 <= cut.width_px <= 74
    visible = cut.pixels[..., 3] > ALPHA_TRIM * cut.max_value
    assert all(edge.any() for edge in (visible[0], visible[-1], visible[:, 0], visible[:, -1]))
    assert cut.pixels[..., 3].max() == cut.max_value


def test_what_was_transparent_already_stays_so():
    pixels, true_alpha = red_disc_on_green()
    half_hidden = np.where(np.arange(120) < 60, 0, 255).astype(np.uint8) * np.ones((120, 1), np.uint8)
    cut = cut_out(Picture(np.dstack([pixels, half_hidden])), true_alpha > 0.5)
    assert 33 <= cut.width_px <= 38


def test_an_empty_mask_is_refused_with_the_remedy():
    with pytest.raises(AlphaError, match=r"covers 0\.0 % of photo\.jpg; pass --box"):
        cut_out(Picture(np.zeros((20, 30, 3), np.uint8), name="photo.jpg"), np.zeros((20, 30), bool))


def test_a_mask_of_another_size_is_refused():
    with pytest.raises(InputError, match="31 x 20.*30 x 20"):
        cut_out(Picture(np.zeros((20, 30, 3), np.uint8)), np.ones((20, 31), bool))
