"""Prepared bodies on disk: a damaged file is made again, writers at the same time never harm each other."""

import io
import json
import os
import tempfile
import zipfile
import zlib
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np

from situate.data.assets.coat import Coat
from situate.data.scenes.meshes import Mesh

CACHE_VARIABLE = "SITUATE_CACHE"
_ARRAYS = ("vertices_m", "normals", "uv", "faces")
# All that numpy and zipfile raise on a damaged or foreign file.
_DAMAGED = (zipfile.BadZipFile, zlib.error, OSError, EOFError, LookupError, TypeError, ValueError, RuntimeError)

Prepared = tuple[tuple[Mesh, ...], dict[str, Coat], tuple[str, ...]]


def default_cache_folder() -> Path:
    """Return the user's cache folder: SITUATE_CACHE, or `situate` where the system keeps caches."""
    if chosen := os.environ.get(CACHE_VARIABLE):
        return Path(chosen) / "assets"
    base = os.environ.get("XDG_CACHE_HOME") or os.environ.get("LOCALAPPDATA")
    return (Path(base) if base else Path.home() / ".cache") / "situate" / "assets"


def read_prepared(path: Path) -> Prepared | None:
    """Return what `write_prepared` kept, or None if there is nothing whole; every array is checked by its CRC."""
    try:
        with np.load(path, allow_pickle=False) as arrays:
            about = json.loads(arrays["about"].tobytes())
            meshes = tuple(
                Mesh(slot, *(arrays[f"mesh{number}.{field}"] for field in _ARRAYS))
                for number, slot in enumerate(about["slots"])
            )
            coats = {slot: _coat(arrays, number, coat) for number, (slot, coat) in enumerate(about["coats"].items())}
            return meshes, coats, tuple(about["remarks"])
    except _DAMAGED:
        return None


def write_prepared(prepared: Prepared, path: Path) -> None:
    """Keep `prepared`; a cache that cannot be written (full, read-only) is no error, it only saves no time."""
    meshes, coats, remarks = prepared
    arrays: dict[str, np.ndarray] = {}
    for number, mesh in enumerate(meshes):
        arrays |= {f"mesh{number}.{field}": getattr(mesh, field) for field in _ARRAYS}
    kept = {}
    for number, (slot, coat) in enumerate(coats.items()):
        arrays[f"coat{number}.texture"] = coat.texture
        opacity: float | str | None
        if isinstance(coat.opacity, np.ndarray):
            arrays[f"coat{number}.opacity"], opacity = coat.opacity, "drawn"
        else:
            opacity = coat.opacity
        kept[slot] = {"gloss": coat.gloss, "opacity": opacity}
    about = {"slots": [mesh.slot for mesh in meshes], "coats": kept, "remarks": list(remarks)}
    arrays["about"] = np.frombuffer(json.dumps(about).encode(), np.uint8)
    content = io.BytesIO()
    np.savez(content, **arrays)  # type: ignore[arg-type]
    with suppress(OSError):
        _replace(content.getvalue(), path)


def _coat(arrays: Any, number: int, about: dict[str, Any]) -> Coat:
    opacity = arrays[f"coat{number}.opacity"] if about["opacity"] == "drawn" else about["opacity"]
    return Coat(arrays[f"coat{number}.texture"], about["gloss"], opacity)


def _replace(content: bytes, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    # A name of its own for every writer: `write_bytes` shares one.
    handle, name = tempfile.mkstemp(prefix=path.stem, suffix=".partial", dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as partial:
            partial.write(content)
        os.replace(name, path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
