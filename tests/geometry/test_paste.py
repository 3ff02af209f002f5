"""The naive paste: sub-pixel accurate, and nothing changes where nothing is."""

import tracemalloc

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from situate.geometry.canvas import background_canvas, foreground_canvas
from situate.geometry.paste import alpha_over, place_foreground


def opaque(height: int, width: int, seed: int = 0) -> np.ndarray:
    pixels = np.random.default_rng(seed).integers(0, 256, (height, width, 4)).astype(np.uint8)
    pixels[..., 3] = 255
    return pixels


def backdrop(height: int, width: int) -> np.ndarray:
    return np.random.default_rng(1).uniform(-1, 1, (height, width, 3)).astype(np.float32)


def test_alpha_zero_changes_nothing():
    foreground = opaque(9, 7)
    foreground[..., 3] = 0
    premultiplied, alpha = place_foreground(foreground, (0.5, 0.5, 0.4, 0.6), (40, 30))
    background = backdrop(30, 40)
    np.testing.assert_array_equal(alpha_over(background, premultiplied, alpha), background)


def test_at_its_own_size_on_whole_pixels_the_paste_is_a_copy():
    foreground = opaque(6, 8)
    premultiplied, alpha = place_foreground(foreground, (14 / 40, 13 / 30, 8 / 40, 6 / 30), (40, 30))
    pasted = alpha_over(backdrop(30, 40), premultiplied, alpha)
    inside = slice(10, 16), slice(10, 18)
    np.testing.assert_allclose((pasted[inside] + 1) * 127.5, foreground[..., :3], atol=0.5)
    assert (alpha[inside] > 0.999).all()
    assert alpha.sum() == pytest.approx(48, abs=0.01)


def test_half_a_pixel_off_each_pixel_still_holds_the_mean_of_what_it_covers():
    foreground = opaque(72, 72)
    # 18 pixels wide, so four of the cut-out's are one of the frame's; its corner lies at (10.5, 6.5).
    premultiplied, alpha = place_foreground(foreground, (19.5 / 40, 15.5 / 40, 18 / 40, 18 / 40), (40, 40))
    padded = np.pad(foreground[..., :3] / 127.5 - 1, ((2, 2), (2, 2), (0, 0)))
    wanted = padded.reshape(19, 4, 19, 4, 3).mean((1, 3))
    np.testing.assert_allclose(premultiplied[6:25, 10:29], wanted, atol=1e-3)
    assert alpha[6, 10] == pytest.approx(0.25, abs=1e-3)
    assert alpha.sum() == pytest.approx(18**2, rel=1e-3)


def test_a_large_cutout_in_a_large_frame_takes_little_more_than_the_frame():
    foreground = opaque(3000, 3000)
    tracemalloc.start()
    place_foreground(foreground, (0.5, 0.5, 0.5, 0.9), (3840, 2160))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 1e9


@given(st.integers(-5, 9), st.integers(-5, 9))
def test_shifting_the_box_by_whole_pixels_shifts_the_paste(right_px, down_px):
    foreground = opaque(11, 9)
    still, _ = place_foreground(foreground, (20.3 / 50, 19.6 / 50, 13.7 / 50, 12.1 / 50), (50, 50))
    moved, _ = place_foreground(
        foreground, ((20.3 + right_px) / 50, (19.6 + down_px) / 50, 13.7 / 50, 12.1 / 50), (50, 50)
    )
    np.testing.assert_allclose(np.roll(still, (down_px, right_px), axis=(0, 1)), moved, atol=2e-3)


@pytest.mark.parametrize(
    "box_px",
    [
        (20.0, 20.0, 12.0, 12.0),  # the smallest object that issue and demo use
        (30.4, 25.7, 12.0, 9.0),  # small, on fractions of pixels
        (50.0, 40.0, 60.5, 70.2),  # enlarged
        (50.0, 50.0, 99.0, 99.0),  # as large as the picture
    ],
)
@pytest.mark.parametrize("side", [8, 100, 700])
def test_the_alpha_lies_within_a_pixel_of_the_asked_box(box_px, side):
    box_cxcywh = tuple(value / 100 for value in box_px)
    _, alpha = place_foreground(opaque(side, side), box_cxcywh, (100, 100))
    rows, columns = np.nonzero(alpha >= 0.5)
    found = (columns.min(), rows.min(), columns.max() + 1, rows.max() + 1)
    cx, cy, w, h = box_px
    wanted = np.clip((cx - w / 2, cy - h / 2, cx + w / 2, cy + h / 2), 0, 100)
    np.testing.assert_allclose(found, wanted, atol=1)


def test_what_lies_outside_the_frame_is_cut_off():
    _, alpha = place_foreground(opaque(10, 10), (0.0, 0.5, 0.4, 0.4), (50, 50))
    assert alpha.sum() == pytest.approx(10 * 20, rel=0.05)
    assert (alpha[:, 12:] == 0).all()


def test_transparent_colours_do_not_bleed():
    foreground = opaque(40, 40)
    foreground[..., :3] = 255
    foreground[:, 20:] = (0, 0, 0, 0)
    premultiplied, alpha = place_foreground(foreground, (0.5, 0.5, 0.55, 0.55), (20, 20))
    seen = alpha > 0.05
    np.testing.assert_allclose(premultiplied[seen] / alpha[seen][:, None], 1, atol=1e-4)


@pytest.mark.parametrize(("height", "width"), [(30, 60), (60, 30), (16, 16), (128, 16)])
def test_background_canvas_centres_the_picture_in_zeros(height, width):
    canvas = background_canvas(np.full((height, width, 3), 255, np.uint8), 16)[0]
    assert canvas.shape == (3, 16, 16)
    share = min(height, width) / max(height, width)
    assert (canvas == 1).float().mean().item() == pytest.approx(share, abs=1 / 16)
    assert bool(((canvas == 0) | (canvas == 1)).all())
    assert bool((canvas == canvas.flip(1)).all())
    assert bool((canvas == canvas.flip(2)).all())


def test_foreground_canvas_keeps_the_aspect():
    colours, alpha = foreground_canvas(opaque(10, 40), 16)
    assert alpha.sum().item() == pytest.approx(16 * 4)
    assert bool((colours[:, :, alpha[0, 0] == 0] == 0).all())
