"""A model's file becomes pieces and coats: the only file that knows trimesh."""

import io
import re
import struct
import warnings
import zlib
from dataclasses import dataclass
from typing import Any

import numpy as np

from situate.data.assets.coat import PLAIN_COAT, Coat, coat_of
from situate.data.assets.files import ModelFiles, opened, referred_name
from situate.data.assets.geometry import Piece
from situate.data.assets.model import AssetModel
from situate.data.assets.triangles import with_triangles
from situate.errors import DataError, MissingExtraError

# All that trimesh raises on damaged files; Warning because numpy only warns of numbers that it cannot read.
_DAMAGED = (
    ArithmeticError, AssertionError, AttributeError, LookupError, OSError, RuntimeError, TypeError, ValueError, Warning,
    struct.error, zlib.error,
)  # fmt: skip
_TEXTURE_LINE = re.compile(r"^\s*(newmtl|map_kd)\s+(.*?)\s*$", re.IGNORECASE | re.MULTILINE)
GLTF_SUFFIX = ".glb"
_MTL_LINE = re.compile(rb"^\s*mtllib\s+(.*?)\s*$", re.MULTILINE)


@dataclass(frozen=True)
class _Shape:
    """What trimesh read: arrays, and a visual with material and texture coordinates."""

    vertices: Any
    faces: Any
    normals: Any
    visual: Any


def read_pieces(model: AssetModel) -> tuple[list[Piece], dict[str, Coat], list[str]]:
    """Read the file of `model`.

    Returns:
        Pieces, their coats by slot, and remarks on textures that are missing where a plain colour stands in.

    Raises:
        DataError: If the file, or a texture without a colour to stand in, is missing or damaged.
        MissingExtraError: If trimesh is not installed.
    """
    with opened(model.archive) as files:
        content = files.read(model.member)
        references = References(files, model.member)
        textures = _textures(content, references, model)
        pieces, coats, remarks = [], {}, []
        for number, shape in enumerate(_shapes(content, references, model)):
            piece, material = _piece(number, shape)
            pieces.append(piece)
            if material is None:
                coats[piece.slot] = PLAIN_COAT
                continue
            if remark := _missing_texture(material, textures, model):
                remarks.append(remark)
            coats[piece.slot] = coat_of(material, has_uv=piece.uv is not None)
    return pieces, coats, remarks


class References:
    """Gives trimesh the files that a model refers to, and none from elsewhere."""

    def __init__(self, files: ModelFiles, member: str) -> None:
        """Resolve names beside `member`."""
        self._files = files
        self._member = member

    def get(self, name: str) -> bytes:
        """Return the content of a file.

        Raises:
            FileNotFoundError: If there is none; trimesh goes on without it.
        """
        found = referred_name(self._files, self._member, name)
        if found is None:
            raise FileNotFoundError(name)
        return self._files.read(found)

    def __getitem__(self, name: str) -> bytes:
        """Return the content of a file."""
        return self.get(name)


def _shapes(content: bytes, references: Any, model: AssetModel) -> list[_Shape]:
    try:
        import trimesh
        from trimesh.exchange.obj import load_obj
    except ImportError as error:
        raise MissingExtraError("trimesh", "scenes") from error
    is_gltf = model.member.lower().endswith(GLTF_SUFFIX)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            # numpy only warns of numbers that it cannot read.
            warnings.simplefilter("error", DeprecationWarning)
            if not is_gltf:
                loaded = load_obj(io.BytesIO(with_triangles(content)), resolver=references)
                # Not through a scene: its meshes do not tell whether the file had normals or trimesh made them.
                return [_obj_shape(shape) for shape in loaded.get("geometry", {}).values()]
            scene = trimesh.load_scene(io.BytesIO(content), file_type=GLTF_SUFFIX[1:], process=False)
            return _gltf_shapes(scene, has_normals=b'"NORMAL"' in content)
    except _DAMAGED as error:
        raise DataError(f"{model.place} cannot be read ({error}); export the model again") from error


def _obj_shape(shape: dict[str, Any]) -> _Shape:
    return _Shape(shape["vertices"], shape["faces"], shape.get("vertex_normals"), shape.get("visual"))


def _gltf_shapes(scene: Any, *, has_normals: bool) -> list[_Shape]:
    shapes = []
    for node in scene.graph.nodes_geometry:
        matrix, name = scene.graph[node]
        mesh = scene.geometry[name]
        if not hasattr(mesh, "faces"):
            continue
        turn = matrix[:3, :3]
        normals = mesh.vertex_normals @ np.linalg.inv(turn) if has_normals else None
        shapes.append(_Shape(mesh.vertices @ turn.T + matrix[:3, 3], mesh.faces, normals, mesh.visual))
    return shapes


def _piece(number: int, shape: _Shape) -> tuple[Piece, Any]:
    """Return the geometry of a shape and its material, None if it has none."""
    material = getattr(shape.visual, "material", None)
    uv = getattr(shape.visual, "uv", None)
    piece = Piece(
        slot=f"{number}-{getattr(material, 'name', 'plain')}",
        vertices=np.asarray(shape.vertices, np.float64),
        faces=np.asarray(shape.faces, np.int64),
        uv=np.asarray(uv, np.float64) if uv is not None and len(uv) == len(shape.vertices) else None,
        normals=None if shape.normals is None else np.asarray(shape.normals, np.float64),
    )
    return piece, material


def _textures(content: bytes, references: References, model: AssetModel) -> dict[str, str]:
    """Return the texture that each material of the OBJ file's library names."""
    library = _MTL_LINE.search(content)
    if library is None or model.member.lower().endswith(GLTF_SUFFIX):
        return {}
    name = library[1].decode("utf-8", "replace")
    try:
        text = references.get(name).decode("utf-8", "replace")
    except FileNotFoundError as error:
        raise DataError(f"{model.place}: its material library {name!r} is missing; add the file") from error
    textures, material = {}, ""
    for word, value in _TEXTURE_LINE.findall(text):
        if word.lower() == "newmtl":
            material = " ".join(value.split())
        else:
            textures[material] = value
    return textures


def _missing_texture(material: Any, textures: dict[str, str], model: AssetModel) -> str | None:
    texture = textures.get(material.name)
    if texture is None or material.image is not None:
        return None
    if "kd" not in material.kwargs:
        reason = f"the texture {texture!r} of the material {material.name!r} is missing or no picture"
        raise DataError(f"{model.place}: {reason}; add the file, or give the material a colour (Kd)")
    return f"material {material.name!r} has its plain colour: the texture {texture!r} is missing or no picture"
