"""Faces of OBJ files are cut into triangles; a fan, which readers draw, covers too much where a face is not convex."""

from collections import defaultdict

import numpy as np
from jaxtyping import Float

# Relative to the face's area: rounding bends straight sides a little.
_STRAIGHT = 1e-6

Triangle = tuple[int, int, int]


def with_triangles(content: bytes) -> bytes:
    """Return the OBJ file with every face cut into triangles.

    Lines that are no faces, and faces that name corners which are not there, stay as they are.
    """
    lines = content.replace(b"\r\n", b"\n").replace(b"\\\n", b" ").split(b"\n")
    vertices: list[list[float]] = []
    places: dict[int, list[int]] = defaultdict(list)
    corners: dict[int, list[list[int]]] = defaultdict(list)
    for place, line in enumerate(lines):
        if line.startswith(b"v "):
            vertices.append(_coordinates(line))
        elif line.startswith(b"f ") and len(words := line.split()) > 4 and (indices := _indices(words, len(vertices))):
            places[len(indices)].append(place)
            corners[len(indices)].append(indices)
    points = np.array(vertices).reshape(-1, 3)
    for num_corners, of_size in corners.items():
        faces = points[np.array(of_size)]
        for place, face, is_convex in zip(places[num_corners], faces, _are_convex(faces), strict=True):
            words = lines[place].split()[1:]
            cut = [(0, k, k + 1) for k in range(1, num_corners - 1)] if is_convex else cut_into_ears(face)
            lines[place] = b"\n".join(b"f " + b" ".join(words[corner] for corner in triangle) for triangle in cut)
    return b"\n".join(lines)


def cut_into_ears(corners: Float[np.ndarray, "k 3"]) -> list[Triangle]:
    """Cut one flat face, not convex, into triangles; corners count round it.

    Source:
        Meisters, Polygons Have Ears (1975): there is always a corner whose triangle holds no other one.
    """
    flat = _flattened(corners)
    left, triangles = list(range(len(corners))), []
    while len(left) > 3:
        ear = next((at for at in range(len(left)) if _is_ear(flat, left, at)), None)
        # A face that crosses itself may have none: then any corner that turns the right way does.
        at = ear if ear is not None else max(range(len(left)), key=lambda at: _turn(flat, *_around(left, at)))
        triangles.append(_around(left, at))
        del left[at]
    return [*triangles, (left[0], left[1], left[2])]


def _coordinates(line: bytes) -> list[float]:
    try:
        x, y, z = (float(word) for word in line.split()[1:4])
    except ValueError:
        return [np.nan, np.nan, np.nan]
    return [x, y, z]


def _indices(words: list[bytes], num_vertices: int) -> list[int] | None:
    """Return the corners of a face, from 0; negative ones count back from the last vertex so far."""
    try:
        named = [int(word.partition(b"/")[0]) for word in words[1:]]
    except ValueError:
        return None
    indices = [index - 1 if index > 0 else num_vertices + index for index in named]
    return indices if all(0 <= index < num_vertices for index in indices) else None


def _are_convex(faces: Float[np.ndarray, "n k 3"]) -> np.ndarray:
    edges = np.roll(faces, -1, axis=1) - faces
    turns = np.cross(np.roll(edges, 1, axis=1), edges)
    normals = np.cross(faces, np.roll(faces, -1, axis=1)).sum(axis=1)
    towards = np.einsum("nkc,nc->nk", turns, normals)
    return (towards >= -_STRAIGHT * np.einsum("nc,nc->n", normals, normals)[:, None]).all(axis=1)


def _flattened(corners: np.ndarray) -> np.ndarray:
    """Drop the axis that the face looks along, so that its corners turn left."""
    centred = corners - corners.mean(axis=0)
    normal = np.cross(centred, np.roll(centred, -1, axis=0)).sum(axis=0)
    axis = int(np.abs(normal).argmax())
    flat = np.delete(centred, axis, axis=1)
    # Without y, x and z turn the other way round.
    return flat if (normal[axis] > 0) != (axis == 1) else flat[:, ::-1]


def _around(left: list[int], at: int) -> Triangle:
    return left[at - 1], left[at], left[(at + 1) % len(left)]


def _turn(flat: np.ndarray, first: int, second: int, third: int) -> float:
    (ax, ay), (bx, by), (cx, cy) = flat[first], flat[second], flat[third]
    return float((bx - ax) * (cy - by) - (by - ay) * (cx - bx))


def _is_ear(flat: np.ndarray, left: list[int], at: int) -> bool:
    triangle = _around(left, at)
    if _turn(flat, *triangle) <= 0:
        return False
    a, b, c = flat[list(triangle)]
    others = flat[[corner for corner in left if corner not in triangle]]
    # A cut to a hole runs there and back: the same places again are no obstacle.
    others = others[~(others[:, None] == flat[list(triangle)]).all(axis=2).any(axis=1)]
    sides = np.stack([_side(a, b, others), _side(b, c, others), _side(c, a, others)])
    return not (sides >= 0).all(axis=0).any()


def _side(start: np.ndarray, end: np.ndarray, points: np.ndarray) -> np.ndarray:
    along = end - start
    return along[0] * (points[:, 1] - start[1]) - along[1] * (points[:, 0] - start[0])
