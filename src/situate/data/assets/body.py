"""A model's body, prepared once and then read from the cache."""

import hashlib
from pathlib import Path

from situate.data.assets.cache import Prepared, default_cache_folder, read_prepared, write_prepared
from situate.data.assets.files import opened
from situate.data.assets.geometry import fitted
from situate.data.assets.model import AssetBody, AssetModel
from situate.data.assets.read import read_pieces

# Another number whenever a body would come out differently.
VERSION = 3


def load_body(model: AssetModel, *, cache: Path | None = None) -> AssetBody:
    """Return the body of `model`, the same whether it comes from the cache or not.

    Args:
        model: Of a catalogue.
        cache: Folder for prepared bodies; None is the user's cache folder (`default_cache_folder`).

    Raises:
        DataError: If the model's file, or a texture that nothing stands in for, is missing, damaged or empty.
        MissingExtraError: If trimesh is not installed.
    """
    path = (cache or default_cache_folder()) / f"{_fingerprint(model)}.npz"
    prepared = read_prepared(path)
    if prepared is None:
        prepared = _prepared(model)
        write_prepared(prepared, path)
    meshes, coats, remarks = prepared
    return AssetBody(meshes, {slot: coat.paint() for slot, coat in coats.items()}, remarks)


def _prepared(model: AssetModel) -> Prepared:
    pieces, coats, remarks = read_pieces(model)
    meshes = fitted(pieces, model)
    used = {mesh.slot for mesh in meshes}
    return meshes, {slot: coat for slot, coat in coats.items() if slot in used}, tuple(remarks)


def _fingerprint(model: AssetModel) -> str:
    """Name all that a body depends on: the code, the size, the file and its neighbours (materials, textures)."""
    with opened(model.archive) as files:
        neighbours = files.state_of_folder(model.member)
    told = (VERSION, model.member, model.size_m, model.rotation, neighbours)
    return hashlib.blake2b(repr(told).encode(), digest_size=16).hexdigest()
