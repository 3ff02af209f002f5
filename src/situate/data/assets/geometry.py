"""Pieces of a model file, in its own axes and units, are turned upright, sized in metres and stood on the floor."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Float, Int

from situate.data.assets.model import AssetModel
from situate.data.assets.normals import creased, unit
from situate.data.scenes.meshes import Mesh
from situate.errors import DataError

# From x right, y up, z to the front, to x right, z up, the front towards -y.
_UPRIGHT = np.array([[1.0, 0.0, 0.0], [0.0, 0.0, -1.0], [0.0, 1.0, 0.0]])
# Smaller than this share of the largest extent is flat: stretching it would only enlarge rounding.
_FLAT = 1e-6


@dataclass(frozen=True)
class Piece:
    """What one material covers; `uv` counts from the lower left of the picture."""

    slot: str
    vertices: Float[np.ndarray, "v 3"]
    faces: Int[np.ndarray, "f 3"]
    uv: Float[np.ndarray, "v 2"] | None = None
    normals: Float[np.ndarray, "v 3"] | None = None


def fitted(pieces: Sequence[Piece], model: AssetModel) -> tuple[Mesh, ...]:
    """Turn, scale and move `pieces` together, so that their bounding box has the size that `model` says.

    A direction in which the model is flat stays flat. Faces without area are dropped.

    Raises:
        DataError: If there is nothing left, or corners are no finite numbers.
    """
    turn = _UPRIGHT @ np.array(model.rotation).reshape(3, 3)
    turned = [replace(piece, vertices=piece.vertices @ turn.T) for piece in pieces if len(piece.faces)]
    if not turned:
        raise DataError(f"{model.place}: the mesh is empty; a model needs faces")
    used = np.concatenate([piece.vertices[piece.faces.ravel()] for piece in turned])
    if not np.isfinite(used).all():
        raise DataError(f"{model.place}: corners of the mesh are no finite numbers; export the model again")
    low, high = used.min(axis=0), used.max(axis=0)
    extents = high - low
    is_flat = extents <= _FLAT * extents.max()
    if is_flat.sum() > 1:
        raise DataError(f"{model.place}: the mesh has no area, its extents are {extents.tolist()}; export it again")
    scale = np.where(is_flat, 1.0, np.asarray(model.size_m) / np.where(is_flat, 1.0, extents))
    foot = np.array([(low[0] + high[0]) / 2, (low[1] + high[1]) / 2, low[2]])
    normal_turn = turn / scale[:, None]
    meshes = [_mesh(replace(piece, vertices=(piece.vertices - foot) * scale), normal_turn) for piece in turned]
    kept = tuple(mesh for mesh in meshes if mesh is not None)
    if not kept:
        raise DataError(f"{model.place}: no face of the mesh has an area; export the model again")
    return kept


def _mesh(piece: Piece, normal_turn: np.ndarray) -> Mesh | None:
    corners = piece.vertices[piece.faces]
    areas = np.linalg.norm(np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]), axis=1)
    # In float32 a thinner triangle has no direction left.
    faces = piece.faces[areas > 1e-12]
    if not len(faces):
        return None
    uv = np.zeros((len(piece.vertices), 2)) if piece.uv is None else piece.uv * (1, -1) + (0, 1)
    if piece.normals is None or not _are_usable(piece.normals[faces]):
        old, normals, faces = creased(piece.vertices, faces)
    else:
        old, faces = np.unique(faces, return_inverse=True)
        normals = piece.normals[old] @ normal_turn.T
        normals = unit(normals, fallback=normals)
    return Mesh(
        piece.slot,
        np.ascontiguousarray(piece.vertices[old], np.float32),
        np.ascontiguousarray(normals, np.float32),
        np.ascontiguousarray(uv[old], np.float32),
        np.ascontiguousarray(faces.reshape(-1, 3), np.uint32),
    )


def _are_usable(normals: np.ndarray) -> bool:
    return bool(np.isfinite(normals).all() and (np.linalg.norm(normals, axis=-1) > _FLAT).all())
