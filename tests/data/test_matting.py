"""Alpha from a mask: solid inside, empty outside, nearer to the truth than the mask, whichever way it is found."""

import builtins
from typing import Any

import cv2
import numpy as np
import pytest

from situate.data.matting import alpha_of, require_matting, soft_alpha
from situate.data.trimap import INSIDE, OUTSIDE, UNKNOWN, trimap_of
from situate.errors import InputError, MissingExtraError, ModelFileError
from situate.imageio.foreground import ALPHA_TRIM

RED, GREEN = np.array([200.0, 30, 30]), np.array([30.0, 180, 40])


def red_disc_on_green(side_px: int = 120, radius_px: float = 35, blur_px: float = 1.5) -> tuple[np.ndarray, np.ndarray]:
    """A photograph whose border mixes both colours, and its true alpha."""
    rows, columns = np.mgrid[:side_px, :side_px] + 0.5
    disc = np.clip(radius_px + 0.5 - np.hypot(rows - side_px / 2, columns - side_px / 2), 0, 1)
    alpha = cv2.GaussianBlur(disc, (0, 0), blur_px)
    texture = np.random.default_rng(0).normal(0, 4, (side_px, side_px, 3))
    pixels = alpha[..., None] * RED + (1 - alpha[..., None]) * GREEN + texture
    return np.clip(np.round(pixels), 0, 255).astype(np.uint8), alpha


def test_soft_alpha_is_solid_inside_empty_outside_and_soft_between():
    pixels, true_alpha = red_disc_on_green()
    mask = true_alpha > 0.5
    alpha = soft_alpha(pixels, mask, radius_px=4)
    deep, far = cv2.erode(mask.astype(np.uint8), np.ones((17, 17))), cv2.dilate(mask.astype(np.uint8), np.ones((9, 9)))
    assert (alpha[deep == 1] == 255).all()
    assert (alpha[far == 0] == 0).all()
    border = (alpha > 0) & (alpha < 255)
    assert border.sum() > 100


def test_alpha_is_nearer_to_the_truth_than_the_mask():
    pixels, true_alpha = red_disc_on_green()
    mask = true_alpha > 0.5
    soft_error = np.abs(soft_alpha(pixels, mask) / 255 - true_alpha).sum()
    assert soft_error < 0.7 * np.abs(mask - true_alpha).sum()


def test_alpha_follows_the_picture_where_the_mask_is_loose():
    pixels, true_alpha = red_disc_on_green()
    loose = cv2.dilate((true_alpha > 0.5).astype(np.uint8), np.ones((5, 5))).astype(bool)
    soft_error = np.abs(soft_alpha(pixels, loose, radius_px=4) / 255 - true_alpha).sum()
    assert soft_error < 0.55 * np.abs(loose - true_alpha).sum()


@pytest.mark.parametrize("value", [False, True])
def test_a_mask_without_border_is_kept(value):
    pixels, _ = red_disc_on_green(40, 10)
    assert (soft_alpha(pixels, np.full((40, 40), value)) == 255 * value).all()


def test_an_object_cut_by_the_picture_stays_solid_there():
    pixels, true_alpha = red_disc_on_green()
    half, half_mask = pixels[60:], true_alpha[60:] > 0.5
    assert (soft_alpha(np.ascontiguousarray(half), half_mask)[0, 40:80] == 255).all()


def test_one_pixel_still_shows():
    pixels, _ = red_disc_on_green(40, 1, blur_px=0.5)
    mask = np.zeros((40, 40), bool)
    mask[20, 20] = True
    assert soft_alpha(pixels, mask).max() > ALPHA_TRIM * 255


def test_flipping_the_picture_flips_the_alpha():
    pixels, true_alpha = red_disc_on_green()
    mask = true_alpha > 0.5
    flipped = soft_alpha(np.ascontiguousarray(pixels[:, ::-1]), np.ascontiguousarray(mask[:, ::-1]))
    assert np.abs(flipped[:, ::-1].astype(int) - soft_alpha(pixels, mask)).max() <= 1


def test_guided_is_soft_alpha():
    pixels, true_alpha = red_disc_on_green()
    mask = true_alpha > 0.5
    assert np.array_equal(alpha_of(pixels, mask, "guided"), soft_alpha(pixels, mask))


def test_closed_form_is_much_nearer_to_the_truth_than_the_mask():
    pixels, true_alpha = red_disc_on_green()
    mask = true_alpha > 0.5
    error = np.abs(alpha_of(pixels, mask, "closed-form") / 255 - true_alpha).sum()
    assert error < 0.35 * np.abs(mask - true_alpha).sum()


def test_closed_form_finds_hairs_that_the_mask_cuts_off():
    pixels, alpha = np.zeros((80, 80, 3), np.uint8), np.zeros((80, 80), np.uint8)
    cv2.circle(alpha, (40, 40), 25, 255, -1)
    mask = alpha > 0
    cv2.line(alpha, (40, 40), (40, 13), 255, 1)
    pixels[:] = GREEN
    pixels[alpha > 0] = RED
    found = alpha_of(pixels, mask, "closed-form")
    assert found[14, 40] > 200
    assert found[14, 37] < 50


def test_closed_form_keeps_what_the_trimap_knows():
    pixels, true_alpha = red_disc_on_green()
    mask = true_alpha > 0.5
    alpha = alpha_of(pixels, mask, "closed-form")
    deep, far = cv2.erode(mask.astype(np.uint8), np.ones((11, 11))), cv2.dilate(mask.astype(np.uint8), np.ones((7, 7)))
    assert (alpha[deep == 1] == 255).all()
    assert (alpha[far == 0] == 0).all()


def test_closed_form_of_a_large_object_is_found_on_a_reduced_copy(monkeypatch):
    monkeypatch.setattr("situate.data.matting._MAX_WINDOW_PX", 60)
    pixels, true_alpha = red_disc_on_green()
    mask = true_alpha > 0.5
    error = np.abs(alpha_of(pixels, mask, "closed-form") / 255 - true_alpha).sum()
    assert error < np.abs(mask - true_alpha).sum()


@pytest.mark.parametrize("value", [False, True])
@pytest.mark.parametrize("matting", ["guided", "closed-form"])
def test_a_mask_without_border_stays_with_every_matting(value, matting):
    pixels, _ = red_disc_on_green(40, 10)
    assert (alpha_of(pixels, np.full((40, 40), value), matting) == 255 * value).all()


def test_closed_form_of_one_pixel_shows():
    pixels, _ = red_disc_on_green(40, 1, blur_px=0.5)
    mask = np.zeros((40, 40), bool)
    mask[20, 20] = True
    assert alpha_of(pixels, mask, "closed-form").max() > ALPHA_TRIM * 255


def test_closed_form_that_finds_nothing_names_the_remedy(monkeypatch):
    monkeypatch.setattr("situate.data.matting._CLOSED_FORM_STEPS", 1)
    pixels, true_alpha = red_disc_on_green()
    with pytest.raises(InputError, match="found no alpha .*did not converge.*choose guided"):
        alpha_of(pixels, true_alpha > 0.5, "closed-form")


def test_a_missing_library_is_named_with_its_extra(monkeypatch):
    real_import = builtins.__import__

    def without_pymatting(name: str, *arguments: Any, **keywords: Any) -> Any:
        if name == "pymatting":
            raise ImportError(name)
        return real_import(name, *arguments, **keywords)

    monkeypatch.setattr(builtins, "__import__", without_pymatting)
    require_matting("guided")
    with pytest.raises(MissingExtraError, match=r"pymatting is not installed.*situate\[matting\]"):
        require_matting("closed-form")


def test_another_word_is_refused_with_what_is_allowed():
    with pytest.raises(ModelFileError, match="sharp is not a folder; pass guided, closed-form, or a folder"):
        require_matting("sharp")


def test_a_trimap_knows_each_side_of_a_border_however_thin():
    mask = np.zeros((40, 60), bool)
    mask[5:35, 5:35] = True  # thick
    mask[20:22, 35:55] = True  # a thin arm
    mask[12:14, 10:30] = False  # a narrow gap
    trimap = trimap_of(mask, 4)
    assert trimap[20, 20] == INSIDE
    assert (trimap[20, 48:54] == INSIDE).all()
    assert (trimap[12, 15:25] == OUTSIDE).all()
    assert trimap[0, 59] == OUTSIDE
    assert trimap[34, 20] == trimap[36, 20] == UNKNOWN
    assert not ((trimap == INSIDE) & ~mask).any()
    assert not ((trimap == OUTSIDE) & mask).any()
