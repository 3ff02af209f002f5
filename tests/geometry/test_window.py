"""Windows: where they lie, how large they are, and what is cut out."""

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from situate.geometry.canvas import Letterbox, resize_u8
from situate.geometry.window import Window, crop, crop_resized, snapped_window, whole_window, window_round

SIZE = 64
resolutions_wh = st.tuples(st.integers(64, 3000), st.integers(64, 3000))
centres = st.tuples(st.floats(0, 1), st.floats(0, 1))


@given(resolutions_wh, centres, st.floats(0.02, 1.2), st.floats(0.2, 5))
def test_snapped_windows_lie_on_their_lattice_and_hold_two_to_four_object_sizes(resolution_wh, centre, height, aspect):
    height_px = height * min(resolution_wh)
    box_cxcywh = (*centre, height_px * aspect / resolution_wh[0], height_px / resolution_wh[1])
    window, level = snapped_window(box_cxcywh, resolution_wh, SIZE)
    assert window.side_px == SIZE * 2.0**level
    if level > 0:
        assert window.left_px % 2**level == 0
        assert window.top_px % 2**level == 0
    object_px = max(height_px * aspect, height_px)
    holds_picture = window.side_px >= max(resolution_wh)
    assert window.side_px < 4 * object_px * (1 + 1e-9) or window.side_px == 8
    assert window.side_px >= 2 * object_px * (1 - 1e-9) or holds_picture
    assert window.side_px < 2 * max(resolution_wh)


@given(st.tuples(st.integers(16, 5000), st.integers(16, 5000)), centres, st.floats(0.01, 1.2), st.floats(0.1, 10))
@example((1365, 1024), (1165 / 1365, 0.5), 400 / 1024, 1.0)
@example((1925, 1080), (1775 / 1925, 0.5), 300 / 1080, 1.0)
@example((683, 1365), (583 / 683, 1.0), 200 / 683, 1.0)
def test_a_snapped_window_covers_the_box_as_far_as_it_lies_in_the_picture(resolution_wh, centre, height, aspect):
    height_px = height * min(resolution_wh)
    size_px = (height_px * aspect, height_px)
    fractions = [size / length for size, length in zip(size_px, resolution_wh, strict=True)]
    window, _ = snapped_window((*centre, *fractions), resolution_wh, SIZE)
    for start_px, place, size, length in zip(
        (window.left_px, window.top_px), centre, size_px, resolution_wh, strict=True
    ):
        assert start_px <= max(place * length - size / 2, 0) + 1
        assert start_px + window.side_px >= min(place * length + size / 2, length) - 1
        if place * length + size / 2 >= length:
            assert start_px + window.side_px >= length


@given(resolutions_wh, centres, st.integers(8, 6000))
def test_a_window_stays_in_the_picture_if_it_fits(resolution_wh, centre, side_px):
    window = window_round((*centre, 0.1, 0.1), resolution_wh, side_px)
    for start_px, length_px in zip((window.left_px, window.top_px), resolution_wh, strict=True):
        if side_px <= length_px:
            assert 0 <= start_px <= length_px - side_px
        else:
            assert start_px <= 0
            assert start_px + side_px >= length_px


@given(resolutions_wh)
def test_the_whole_window_holds_the_picture(resolution_wh):
    rows, columns = whole_window(resolution_wh).inner_slices(resolution_wh)
    assert (columns.stop - columns.start, rows.stop - rows.start) == resolution_wh


@given(resolutions_wh)
def test_the_whole_window_is_the_canvas(resolution_wh):
    pixel = 1 / max(resolution_wh)
    assert whole_window(resolution_wh).on_canvas(resolution_wh) == pytest.approx((0.5, 0.5, 1, 1), abs=pixel)


@given(resolutions_wh, centres, st.integers(8, 2000))
def test_box_in_window_and_window_on_canvas_agree(resolution_wh, centre, side_px):
    box_cxcywh = (*centre, 0.2, 0.1)
    window = window_round(box_cxcywh, resolution_wh, side_px)
    local, frame = window.box_in_window(box_cxcywh, resolution_wh), window.on_canvas(resolution_wh)
    found = (
        frame[0] + (local[0] - 0.5) * frame[2],
        frame[1] + (local[1] - 0.5) * frame[3],
        local[2] * frame[2],
        local[3] * frame[3],
    )
    assert found == pytest.approx(Letterbox(*resolution_wh).box_to_canvas(box_cxcywh), abs=1e-6)


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
@pytest.mark.parametrize("shape", [(7, 9), (7, 9, 3)])
def test_a_crop_outside_repeats_the_edge(dtype, shape):
    pixels = np.random.default_rng(0).integers(0, 250, shape).astype(dtype)
    cut = crop(pixels, Window(-3, -2, 14))
    assert cut.dtype == dtype
    rows = np.clip(np.arange(-2, 12), 0, 6)
    columns = np.clip(np.arange(-3, 11), 0, 8)
    np.testing.assert_array_equal(cut, pixels[np.ix_(rows, columns)])


def test_a_crop_inside_is_exact():
    pixels = np.random.default_rng(0).integers(0, 250, (20, 30, 3)).astype(np.uint8)
    np.testing.assert_array_equal(crop(pixels, Window(4, 3, 8)), pixels[3:11, 4:12])


def test_halving_a_crop_averages_pixels():
    pixels = np.zeros((8, 8, 3), np.uint8)
    pixels[::2] = 200
    assert (crop_resized(pixels, Window(0, 0, 8), 4) == 100).all()


@pytest.mark.parametrize("resolution_wh", [(600, 40), (40, 600), (2000, 16)])
def test_the_whole_window_of_a_strip_is_resampled_as_if_it_had_been_padded_first(resolution_wh):
    width, height = resolution_wh
    pixels = np.random.default_rng(0).integers(0, 250, (height, width, 3)).astype(np.uint8)
    window = whole_window(resolution_wh)
    expected = resize_u8(crop(pixels, window), (SIZE, SIZE)).astype(int)
    assert np.abs(crop_resized(pixels, window, SIZE) - expected).max() <= 1
