import numpy as np
import pytest

from situate.data.assets.triangles import cut_into_ears, with_triangles


def areas(corners: np.ndarray, triangles: list[tuple[int, int, int]]) -> np.ndarray:
    """Signed areas along the face's own normal."""
    normal = np.cross(corners, np.roll(corners, -1, axis=0)).sum(axis=0)
    a, b, c = (corners[[triangle[k] for triangle in triangles]] for k in range(3))
    return np.cross(b - a, c - a) @ normal / np.linalg.norm(normal) / 2


def turned(flat: list[tuple[float, float]], seed: int) -> np.ndarray:
    """A flat outline somewhere in space."""
    generator = np.random.default_rng(seed)
    axes, _ = np.linalg.qr(generator.standard_normal((3, 3)))
    return np.array(flat) @ axes[:2] + generator.standard_normal(3)


COMB = [(0.0, 0.0), (7, 0), (7, 5), (6, 5), (6, 1), (5, 1), (5, 5), (4, 5), (4, 1), (1, 1), (1, 5), (0, 5)]
# A square with a square hole, joined by a cut that runs there and back.
FRAME = [(0.0, 0.0), (4, 0), (4, 4), (0, 4), (0, 0), (1, 1), (1, 3), (3, 3), (3, 1), (1, 1)]


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize(("outline", "area"), [(COMB, 7 + 3 * 4), (FRAME, 16 - 4)], ids=["comb", "frame"])
def test_triangles_cover_the_face_once_and_wind_like_it(outline, area, seed):
    corners = turned(outline, seed)
    triangles = cut_into_ears(corners)
    assert len(triangles) == len(outline) - 2
    found = areas(corners, triangles)
    assert (found > -1e-9).all()
    assert found.sum() == pytest.approx(area)


def test_a_face_that_crosses_itself_still_ends():
    assert len(cut_into_ears(np.array([(0.0, 0, 0), (1, 1, 0), (1, 0, 0), (0, 1, 0), (0.5, 2, 0)]))) == 3


def test_faces_become_triangles_with_their_own_textures_and_normals():
    text = b"v 0 0 0\nv 1 0 0\nv 1 1 0\nv 0 1 0\nf 1/5/9 2/6/9 3/7/9 4/8/9\nf 1 2 3\n"
    assert with_triangles(text).endswith(b"\nf 1/5/9 2/6/9 3/7/9\nf 1/5/9 3/7/9 4/8/9\nf 1 2 3\n")


def test_an_arrow_is_not_covered_by_a_fan_from_its_first_corner():
    text = b"v 0 2 0\nv -1 -1 0\nv 0 0 0\nv 1 -1 0\nf 2 3 4 1\n"
    assert with_triangles(text).split(b"\n")[4:6] == [b"f 1 2 3", b"f 3 4 1"]


def test_indices_may_count_back_and_lines_may_go_on():
    text = b"v 0 0 0\r\nv 1 0 0\r\nv 1 1 0\r\nv 0 1 0\r\nf -4 -3 \\\r\n-2 -1\r\n"
    assert b"f -4 -3 -2\nf -4 -2 -1" in with_triangles(text)


def test_what_is_wrong_is_left_to_the_reader():
    text = b"v 0 0 0\nf 1 2 3 4\nf a b c d\nv x\n"
    assert with_triangles(text) == text
