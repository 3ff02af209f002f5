"""What may be a foreground, what a background."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as st_numpy

from situate.errors import AlphaError, ImageError
from situate.imageio.foreground import ALPHA_TRIM, check_background, prepare_foreground
from situate.records.picture import Picture


def with_alpha(alpha: np.ndarray) -> Picture:
    colours = np.full((*alpha.shape, 3), 100, alpha.dtype)
    return Picture(np.dstack([colours, alpha]), name="object.png")


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_a_cut_out_is_trimmed_to_what_shows(dtype):
    alpha = np.zeros((20, 30), dtype)
    alpha[5:9, 10:17] = np.iinfo(dtype).max
    alpha[0, 0] = ALPHA_TRIM * np.iinfo(dtype).max  # not more than the limit: dust
    picture = prepare_foreground(with_alpha(alpha))
    assert picture.pixels.shape == (4, 7, 4)
    assert picture.pixels.flags.c_contiguous


@given(
    st_numpy.arrays(
        np.uint8, st.tuples(st.integers(1, 9), st.integers(1, 9)), elements=st.sampled_from([0, 12, 13, 255])
    )
)
def test_trimming_loses_nothing_that_shows_and_leaves_no_empty_border(alpha):
    visible = alpha > 12
    if not visible.any() or alpha.min() > 12:
        return
    trimmed = prepare_foreground(with_alpha(alpha)).pixels[..., 3] > 12
    assert trimmed.sum() == visible.sum()
    assert all(edge.any() for edge in (trimmed[0], trimmed[-1], trimmed[:, 0], trimmed[:, -1]))


@pytest.mark.parametrize(
    ("alpha_value", "found"),
    [
        (0, r"covers 0\.0 %"),
        (12, r"covers 0\.0 %"),  # 12 / 255 is less than the 5 % that show
        (255, r"covers 100\.0 %"),  # a rectangle nobody cut out
    ],
)
def test_alpha_that_cuts_nothing_out_is_refused_with_the_remedy(alpha_value, found):
    with pytest.raises(AlphaError, match=rf"{found} of object\.png.*situate cutout"):
        prepare_foreground(with_alpha(np.full((20, 30), alpha_value, np.uint8)))


def test_a_foreground_without_alpha_is_refused_with_the_remedy():
    with pytest.raises(AlphaError, match=r"photo\.jpg has no transparency.*situate cutout"):
        prepare_foreground(Picture(np.zeros((20, 30, 3), np.uint8), name="photo.jpg"))


@pytest.mark.parametrize(("height", "width", "is_allowed"), [(16, 16, True), (15, 100, False), (100, 15, False)])
def test_a_background_needs_16_pixels_a_side(height, width, is_allowed):
    picture = Picture(np.zeros((height, width, 3), np.uint8), name="tiny.png")
    if is_allowed:
        assert check_background(picture) is picture
    else:
        with pytest.raises(ImageError, match=rf"tiny\.png is {width} x {height} pixels.* 16 on each side"):
            check_background(picture)


def test_the_alpha_of_a_background_is_kept():
    picture = Picture(np.random.default_rng(0).integers(0, 256, (20, 30, 4), dtype=np.uint8))
    assert check_background(picture) is picture
