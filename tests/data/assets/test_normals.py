import numpy as np

from situate.data.assets.normals import creased, unit
from situate.data.scenes.meshes import Mesh, box, lathe


def split(mesh: Mesh) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    return creased(mesh.vertices_m.astype(np.float64), mesh.faces.astype(np.int64))


def test_a_box_keeps_its_edges():
    old, normals, faces = split(box((1.0, 2.0, 3.0)))
    assert len(old) == 24
    np.testing.assert_allclose(np.abs(normals).max(axis=1), 1, atol=1e-9)
    assert faces.shape == (12, 3)


def test_a_tube_is_smooth_all_round_also_over_the_seam_of_its_texture():
    tube = lathe([(1.0, 0.0), (1.0, 2.0)])
    old, normals, _ = split(tube)
    around = tube.vertices_m[old] * (1, 1, 0)
    np.testing.assert_allclose(normals, around, atol=0.01)


def test_new_faces_have_the_old_corners():
    tube = lathe([(1.0, 0.0), (1.0, 2.0), (0.0, 2.0)])
    is_whole = tube.vertices_m[tube.faces]
    areas = np.linalg.norm(np.cross(is_whole[:, 1] - is_whole[:, 0], is_whole[:, 2] - is_whole[:, 0]), axis=1)
    kept = tube.faces[areas > 1e-9].astype(np.int64)
    old, normals, faces = creased(tube.vertices_m.astype(np.float64), kept)
    np.testing.assert_array_equal(old[faces], kept)
    np.testing.assert_allclose(np.linalg.norm(normals, axis=1), 1)


def test_a_sheet_shown_from_both_sides_has_a_normal_for_each():
    vertices = np.array([(0.0, 0, 0), (1, 0, 0), (0, 1, 0)])
    _, normals, faces = creased(vertices, np.array([(0, 1, 2), (0, 2, 1)]))
    np.testing.assert_allclose(normals[faces[0]], [(0, 0, 1)] * 3)
    np.testing.assert_allclose(normals[faces[1]], [(0, 0, -1)] * 3)


def test_what_cancels_out_falls_back():
    normals = unit(np.array([(0.0, 0, 0), (0, 3, 0)]), fallback=np.array([(0.0, 0, 2), (1, 0, 0)]))
    np.testing.assert_allclose(normals, [(0, 0, 1), (0, 1, 0)])
