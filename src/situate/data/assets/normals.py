"""Normals for meshes that bring none: smooth where faces bend little, an edge where they bend more."""

import numpy as np
from jaxtyping import Float, Int

CREASE_DEG = 40.0
_CELLS = 2**20
# In a mesh that shows both sides four faces share an edge: two and two.
_MAX_SHARING = 4


def creased(
    vertices_m: Float[np.ndarray, "v 3"], faces: Int[np.ndarray, "f 3"]
) -> tuple[Int[np.ndarray, " n"], Float[np.ndarray, "n 3"], Int[np.ndarray, "f 3"]]:
    """Split vertices where the surface has an edge.

    Args:
        vertices_m: Corners; those at the same place count as one, so that seams of a texture stay smooth.
        faces: Triangles, none of them without area.

    Returns:
        For each new vertex the old one that it is at, its unit normal, and the faces between new vertices.
    """
    corners = vertices_m[faces]
    face_normals = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    face_normals /= np.linalg.norm(face_normals, axis=1, keepdims=True)
    places = _places(vertices_m)[faces]
    patch_of_corner = np.repeat(_patches(places, face_normals), 3)
    normal_of_corner = np.repeat(face_normals, 3, axis=0)
    _, shared = np.unique(_paired(places.ravel(), patch_of_corner), return_inverse=True)
    sums = np.zeros((int(shared.max()) + 1, 3))
    # Weighted by angle, so that it does not matter how a side is cut into triangles.
    np.add.at(sums, shared, normal_of_corner * _angles(corners).reshape(-1, 1))
    _, first, new = np.unique(_paired(faces.ravel(), patch_of_corner), return_index=True, return_inverse=True)
    normals = unit(sums[shared[first]], fallback=normal_of_corner[first])
    return faces.ravel()[first], normals, new.reshape(-1, 3)


def unit(vectors: Float[np.ndarray, "n 3"], fallback: Float[np.ndarray, "n 3"]) -> Float[np.ndarray, "n 3"]:
    """Return `vectors` with length 1; where they cancel out, `fallback` with length 1."""
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    # Two faces back to back cancel but for rounding.
    is_lost = lengths < 1e-6 * np.linalg.norm(fallback, axis=1, keepdims=True)
    kept = np.where(is_lost, fallback, vectors)
    return kept / np.linalg.norm(kept, axis=1, keepdims=True)


def _angles(corners: np.ndarray) -> np.ndarray:
    """Return the angle of each triangle at each of its corners."""
    onward = np.roll(corners, -1, axis=1) - corners
    back = np.roll(corners, 1, axis=1) - corners
    lengths = np.linalg.norm(onward, axis=2) * np.linalg.norm(back, axis=2)
    return np.arccos(np.clip(np.einsum("fci,fci->fc", onward, back) / lengths, -1, 1))


def _places(vertices_m: np.ndarray) -> np.ndarray:
    """Number the places that vertices are at, equal within a millionth of the mesh."""
    low, extent = vertices_m.min(axis=0), float(np.ptp(vertices_m, axis=0).max())
    cells = np.rint((vertices_m - low) / extent * _CELLS).astype(np.int64)
    packed = (cells[:, 0] * (2 * _CELLS) + cells[:, 1]) * (2 * _CELLS) + cells[:, 2]
    return np.unique(packed, return_inverse=True)[1]


def _paired(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    return first.astype(np.int64) * (int(second.max()) + 1) + second


def _patches(places: np.ndarray, face_normals: np.ndarray) -> np.ndarray:
    """Number the smooth patches that faces belong to."""
    edges = np.sort(places[:, [0, 1, 1, 2, 2, 0]].reshape(-1, 2), axis=1)
    keys = _paired(edges[:, 0], edges[:, 1])
    order = np.argsort(keys, kind="stable")
    first, second = [], []
    for shift in range(1, _MAX_SHARING):
        is_shared = keys[order[:-shift]] == keys[order[shift:]]
        first.append(order[:-shift][is_shared] // 3)
        second.append(order[shift:][is_shared] // 3)
    pairs = np.stack([np.concatenate(first), np.concatenate(second)])
    cosines = np.einsum("ij,ij->i", face_normals[pairs[0]], face_normals[pairs[1]])
    return _components(pairs[:, cosines > np.cos(np.radians(CREASE_DEG))], len(places))


def _components(pairs: np.ndarray, num: int) -> np.ndarray:
    """Label each of `num` nodes with the lowest node that it is connected to: hook trees, then shorten them."""
    labels = np.arange(num)
    while True:
        low = np.minimum(labels[pairs[0]], labels[pairs[1]])
        hooked = labels.copy()
        for end in pairs:
            np.minimum.at(hooked, end, low)
            np.minimum.at(hooked, labels[end], low)
        hooked = hooked[hooked]
        if np.array_equal(hooked, labels):
            return labels
        labels = hooked
