import numpy as np
import pytest

from situate.data.scenes.convex import depth_inside, gaps
from situate.data.scenes.ground import Ground, Surface, band, disc

SQUARE = np.array([(0.0, 0.0), (2.0, 0.0), (2.0, 2.0), (0.0, 2.0)])


@pytest.mark.parametrize(
    ("moved", "expected"),
    [
        ((5.0, 0.0), 3.0),  # beside each other
        ((5.0, 1.0), 3.0),  # and shifted along the side that is nearest
        ((2.0, 0.0), 0.0),  # they touch
        ((1.5, 0.0), -0.5),  # they overlap by half a metre
        ((0.0, 0.0), -2.0),  # one on the other: the way out is a whole side
    ],
)
def test_gap_of_two_squares_is_the_distance_of_their_sides(moved, expected):
    assert gaps(SQUARE, (SQUARE + np.array(moved))[None])[0] == pytest.approx(expected)


def test_gap_of_two_points_is_their_distance():
    assert gaps(np.zeros((1, 2)), np.array([[[3.0, 4.0]]]))[0] == pytest.approx(5.0)


def test_gap_between_a_turned_square_and_a_square_needs_the_normals_of_both():
    turned = np.array([(0.0, -1.0), (1.0, 0.0), (0.0, 1.0), (-1.0, 0.0)])
    assert gaps(SQUARE, (turned + np.array([3.5, 1.0]))[None])[0] == pytest.approx(0.5)
    assert gaps(SQUARE, (turned + np.array([2.9, 2.9]))[None])[0] == pytest.approx((1.8 - 1.0) / np.sqrt(2))


def test_gap_is_the_same_from_both_sides():
    generator = np.random.default_rng(0)
    others = SQUARE + generator.uniform(-4, 4, (50, 1, 2))
    there = gaps(SQUARE, others)
    back = [gaps(other, SQUARE[None])[0] for other in others]
    np.testing.assert_allclose(there, back)


def test_depth_is_that_of_the_outermost_corner():
    outlines = np.array([[(0.5, 0.5), (1.5, 1.8)], [(-0.3, 1.0), (1.0, 1.0)]])
    np.testing.assert_allclose(depth_inside(SQUARE, outlines), [0.2, -0.3])


def test_a_band_is_a_rectangle_right_of_its_line_and_counter_clockwise():
    corners = np.array(band((1.0, 0.0), np.pi / 2, (0.0, 1.0), (2.0, 4.0)))
    np.testing.assert_allclose(corners, [(3, 0), (3, -1), (5, -1), (5, 0)], atol=1e-12)


def test_what_lies_on_top_is_not_what_lies_below():
    lawn = Surface("lawn", band((0.0, 0.0), 0.0, (-5.0, 5.0), (0.0, 10.0)))
    pond = Surface("water", disc((0.0, 5.0), (2.0, 1.0)))
    table = Surface("table", band((3.0, 3.0), 0.0, (-0.5, 0.5), (-0.5, 0.5)), 0.7)
    ground = Ground((lawn, pond, table))
    points = np.array([(0.0, 5.0), (0.0, 6.5), (3.0, 3.0), (6.0, 5.0)])
    assert list(ground.is_inside("lawn", points)) == [False, True, True, False]
    assert list(ground.is_inside("lawn", points, 0.6)) == [False, False, True, False]
    assert list(ground.is_inside("water", points)) == [True, False, False, False]
    assert list(ground.heights_m(("table",), points)) == [0, 0, 0.7, 0]


def test_a_surface_of_the_same_zone_covers_nothing():
    floor = Surface("floor", band((0.0, 0.0), 0.0, (-5.0, 5.0), (0.0, 10.0)))
    rug = Surface("floor", band((0.0, 5.0), 0.0, (-1.0, 1.0), (-1.0, 1.0)), paint="rug")
    across_the_edge = np.array([[(0.5, 5.0), (1.5, 5.0)]])
    assert Ground((floor, rug)).holds(("floor",), across_the_edge).all()
