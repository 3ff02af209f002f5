"""What hides the object: coarse masks keep to the background's edges at full resolution."""

import cv2
import numpy as np
import pytest

from situate.geometry.occlusion import unhidden_share
from situate.geometry.part import Part

SMALL, PITCH = 32, 16
LARGE = SMALL * PITCH
WHOLE = Part(LARGE, slice(0, LARGE), slice(0, LARGE))


def smaller(layer: np.ndarray) -> np.ndarray:
    return cv2.resize(layer, (SMALL, SMALL), interpolation=cv2.INTER_AREA)


def lamp_post() -> tuple[np.ndarray, np.ndarray]:
    """A dark, leaning post, five pixels of the network wide, before a rough wall; how much of each pixel it covers."""
    y, x = np.mgrid[:LARGE, :LARGE] + 0.5
    post = np.clip(2.5 * PITCH + 0.5 - np.abs(x - 0.45 * LARGE - 0.12 * y), 0, 1).astype(np.float32)
    generator = np.random.default_rng(0)
    wall = generator.normal(170, 12, (LARGE, LARGE, 3))
    dark = generator.normal(50, 6, (LARGE, LARGE, 3))
    pixels = post[..., None] * dark + (1 - post[..., None]) * wall
    return np.clip(pixels, 0, 255).astype(np.uint8), post


def solid() -> np.ndarray:
    alpha = np.zeros((LARGE, LARGE), np.float32)
    alpha[64:-64, 64:-64] = 1
    return alpha


def error_of(share: np.ndarray, post: np.ndarray, alpha: np.ndarray) -> float:
    """Mean difference from the truth within two pixels of the network of the post's edges."""
    is_edge = (post > 0) & (post < 1)
    near = cv2.dilate(is_edge.astype(np.uint8), np.ones((4 * PITCH + 1, 4 * PITCH + 1))) > 0
    return float(np.abs(share - (1 - post))[near & (alpha == 1)].mean())


def test_the_object_behind_a_lamp_post_ends_where_the_post_begins():
    pixels, post = lamp_post()
    alpha = solid()
    small_alpha = smaller(alpha)
    small_visible = small_alpha * (1 - smaller(post))
    found = unhidden_share(alpha, small_alpha, small_visible, WHOLE, pixels)
    plain = unhidden_share(alpha, small_alpha, small_visible, WHOLE, np.full_like(pixels, 128))
    assert error_of(found, post, alpha) < 0.02
    assert error_of(found, post, alpha) < 0.25 * error_of(plain, post, alpha)
    # One mask for all rows: no stairs of the network's pixels along a leaning edge.
    rows = slice(100, LARGE - 100)
    edge = np.abs(np.argmax(found[rows] < 0.5, axis=1) - np.argmax(post[rows] > 0.5, axis=1))
    assert np.percentile(edge, 95) <= 2


def test_without_an_edge_to_follow_the_mask_is_still_where_the_network_put_it():
    alpha = solid()
    small_alpha = smaller(alpha)
    small_visible = small_alpha.copy()
    small_visible[:, : SMALL // 2] = 0
    found = unhidden_share(alpha, small_alpha, small_visible, WHOLE, np.full((LARGE, LARGE, 3), 90, np.uint8))
    inside, margin = slice(64, -64), 3 * PITCH
    assert found[inside, 64 : LARGE // 2 - margin].max() == 0
    assert found[inside, LARGE // 2 + margin : -64].min() == 1


def test_a_mask_that_is_soft_by_a_few_percent_hides_nothing():
    pixels, _ = lamp_post()
    alpha = solid()
    small_alpha = smaller(alpha)
    noise = np.random.default_rng(1).uniform(0.8, 1, small_alpha.shape).astype(np.float32)
    found = unhidden_share(alpha, small_alpha, small_alpha * noise, WHOLE, pixels)
    np.testing.assert_array_equal(found, np.ones_like(found))


@pytest.mark.parametrize(("rows", "columns"), [(slice(96, 300), slice(128, 400)), (slice(200, 201), slice(0, 512))])
def test_a_part_is_hidden_as_it_is_in_the_whole(rows, columns):
    pixels, post = lamp_post()
    alpha = solid()
    small_alpha = smaller(alpha)
    small_visible = small_alpha * (1 - smaller(post))
    whole = unhidden_share(alpha, small_alpha, small_visible, WHOLE, pixels)
    part = Part(LARGE, rows, columns)
    found = unhidden_share(alpha[rows, columns], small_alpha, small_visible, part, pixels[rows, columns])
    # The filter sees less of the picture at the part's own border; the rest agrees.
    difference = np.abs(found - whole[rows, columns]) * alpha[rows, columns]
    assert np.median(difference) == 0
    assert difference.mean() < 0.05
