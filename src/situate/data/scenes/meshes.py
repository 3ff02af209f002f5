"""Triangle meshes of primitive bodies, in metres, standing on z = 0 round the z axis."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Float32, UInt32

NUM_SIDES = 36
SMOOTH_BELOW_COS = 0.6


@dataclass(frozen=True)
class Mesh:
    """Triangles with normals and texture coordinates; `slot` names the paint that covers them."""

    slot: str
    vertices_m: Float32[np.ndarray, "v 3"]
    normals: Float32[np.ndarray, "v 3"]
    uv: Float32[np.ndarray, "v 2"]
    faces: UInt32[np.ndarray, "f 3"]


def lathe(profile_m: Sequence[tuple[float, float]], slot: str = "body") -> Mesh:
    """Turn a profile of (radius, height) points round the z axis; u goes round, v goes along the profile.

    Neighbouring pieces of the profile share a smooth normal where they bend by less than about 50 degrees.
    """
    profile = np.asarray(profile_m, np.float32)
    edges = np.diff(profile, axis=0)
    lengths = np.maximum(np.hypot(edges[:, 0], edges[:, 1]), 1e-9)
    edge_normals = np.stack([edges[:, 1], -edges[:, 0]], 1) / lengths[:, None]
    v_at = np.concatenate([[0.0], np.cumsum(lengths) / lengths.sum()])
    rings = []
    for edge in range(len(edges)):
        for point, neighbour in ((edge, edge - 1), (edge + 1, edge + 1)):
            normal = edge_normals[edge]
            if 0 <= neighbour < len(edges) and edge_normals[neighbour] @ normal > SMOOTH_BELOW_COS:
                normal = normal + edge_normals[neighbour]
            rings.append((*profile[point], *(normal / np.linalg.norm(normal)), v_at[point]))
    return _sweep(np.asarray(rings, np.float32), slot)


def _sweep(rings: np.ndarray, slot: str) -> Mesh:
    turn = np.linspace(0, 2 * np.pi, NUM_SIDES + 1, dtype=np.float32)
    circle = np.stack([np.cos(turn), np.sin(turn)], 1)
    radius, height, normal_r, normal_z, v_at = rings.T
    vertices = np.concatenate([radius[:, None, None] * circle, _fill(height)], 2)
    normals = np.concatenate([normal_r[:, None, None] * circle, _fill(normal_z)], 2)
    uv = np.concatenate([np.broadcast_to(turn / (2 * np.pi), (len(rings), len(turn)))[..., None], _fill(v_at)], 2)
    first = (np.arange(0, len(rings), 2)[:, None] * len(turn) + np.arange(NUM_SIDES)[None]).ravel()
    above = first + len(turn)
    faces = np.concatenate([np.stack([first, first + 1, above + 1], 1), np.stack([first, above + 1, above], 1)])
    return _mesh(slot, vertices.reshape(-1, 3), normals.reshape(-1, 3), uv.reshape(-1, 2), faces)


def _fill(values: np.ndarray) -> np.ndarray:
    return np.broadcast_to(values[:, None, None], (len(values), NUM_SIDES + 1, 1))


def _mesh(slot: str, vertices: np.ndarray, normals: np.ndarray, uv: np.ndarray, faces: np.ndarray) -> Mesh:
    return Mesh(
        slot,
        np.ascontiguousarray(vertices, np.float32),
        np.ascontiguousarray(normals, np.float32),
        np.ascontiguousarray(uv, np.float32),
        np.ascontiguousarray(faces, np.uint32),
    )


def polygons(corners_m: Sequence[Sequence[Sequence[float]]], slot: str = "body") -> Mesh:
    """Return flat triangles and quads, each with its own normal and the whole texture on it."""
    vertices, normals, uv, faces = [], [], [], []
    for corners in corners_m:
        points = np.asarray(corners, np.float32)
        normal = np.cross(points[1] - points[0], points[2] - points[0])
        first = len(vertices)
        vertices.extend(points)
        normals.extend([normal / np.linalg.norm(normal)] * len(points))
        uv.extend([(0, 0), (1, 0), (1, 1), (0, 1)] if len(points) == 4 else [(0, 0), (1, 0), (0.5, 1)])
        faces.extend([(first, first + k, first + k + 1) for k in range(1, len(points) - 1)])
    return _mesh(slot, np.array(vertices), np.array(normals), np.array(uv), np.array(faces))


def box(
    size_m: tuple[float, float, float],
    bottom_centre_m: tuple[float, float, float] = (0.0, 0.0, 0.0),
    slot: str = "body",
) -> Mesh:
    """Return a box of `size_m` (x, y, z) whose bottom centre is at `bottom_centre_m`; each side shows the texture."""
    x, y, z = bottom_centre_m
    half_x, half_y, height = size_m[0] / 2, size_m[1] / 2, size_m[2]
    low = [(x - half_x, y - half_y, z), (x + half_x, y - half_y, z), (x + half_x, y + half_y, z)]
    low.append((x - half_x, y + half_y, z))
    high = [(px, py, z + height) for px, py, _ in low]
    sides = [[low[k], low[(k + 1) % 4], high[(k + 1) % 4], high[k]] for k in range(4)]
    return polygons([*sides, high, low[::-1]], slot)


def pyramid(base_m: float, height_m: float, slot: str = "body") -> Mesh:
    """Return a pyramid on a square base."""
    half = base_m / 2
    low = [(-half, -half, 0.0), (half, -half, 0.0), (half, half, 0.0), (-half, half, 0.0)]
    sides = [[low[k], low[(k + 1) % 4], (0.0, 0.0, height_m)] for k in range(4)]
    return polygons([*sides, low[::-1]], slot)


def flat(
    corners_m: Float[np.ndarray, "m 2"], height_m: float, tile_m: tuple[float, float], direction: np.ndarray, slot: str
) -> Mesh:
    """Return a level convex polygon.

    Args:
        corners_m: Its corners (x, y), counter-clockwise.
        height_m: Its z.
        tile_m: Size of one texture tile across and along `direction`; a tile begins at the first corner.
        direction: Unit vector (x, y) of the texture's v.
        slot: Name of its paint.
    """
    right = np.array([direction[1], -direction[0]])
    away = corners_m - corners_m[0]
    uv = np.stack([away @ right / tile_m[0], away @ direction / tile_m[1]], 1)
    vertices = np.column_stack([corners_m, np.full(len(corners_m), height_m)])
    faces = np.array([(0, k, k + 1) for k in range(1, len(corners_m) - 1)])
    return _mesh(slot, vertices, np.tile([0.0, 0.0, 1.0], (len(vertices), 1)), uv, faces)


def tiled_box(size_m: tuple[float, float, float], tile_m: tuple[float, float], slot: str) -> Mesh:
    """Return a box on z = 0 whose sides repeat the texture every `tile_m` (width, height), from their lower left."""
    plain = box(size_m, slot=slot)
    x, y, z = size_m
    sizes = [(x, z), (y, z), (x, z), (y, z), (x, y), (x, y)]
    scale = np.repeat(np.asarray(sizes) / np.asarray(tile_m), 4, axis=0)
    return _mesh(slot, plain.vertices_m, plain.normals, plain.uv * scale, plain.faces)


def moved(mesh: Mesh, yaw_rad: float, position_m: tuple[float, float, float]) -> Mesh:
    """Turn a mesh round the z axis and set it down at `position_m`."""
    cos, sin = np.cos(yaw_rad), np.sin(yaw_rad)
    turn = np.array([[cos, -sin, 0], [sin, cos, 0], [0, 0, 1]])
    vertices = mesh.vertices_m @ turn.T + np.asarray(position_m)
    return _mesh(mesh.slot, vertices, mesh.normals @ turn.T, mesh.uv, mesh.faces)
