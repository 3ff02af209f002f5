"""`index.json`: the shards of a data set with counts, sizes and SHA-256, so that a copy can be checked.

For tar shards it is the shard index of webdataset's `wids`, with `sha256` added to every shard. For the folder layout
it lists the files.
"""

import hashlib
import json
from pathlib import Path
from typing import Any

from situate.data.members import shard_members, shards_of
from situate.errors import DataError
from situate.imageio.write import write_json

INDEX_FILE = "index.json"
SHARD_INDEX_KIND = "wids-shard-index-v1"
FOLDER_INDEX_KIND = "situate-folder-index-v1"
METADATA_FILE = "metadata.jsonl"
PICTURE_FOLDER = "images"


def write_index(folder: Path) -> None:
    """Write `index.json` for the shards, or the pictures and metadata, that lie in `folder`.

    Raises:
        DataError: If a shard is damaged.
        OutputError: If it cannot be written.
    """
    is_folder = (folder / METADATA_FILE).is_file()
    write_json(_folder_index(folder) if is_folder else _shard_index(folder), folder / INDEX_FILE)


def read_index(folder: Path) -> dict[str, dict[str, Any]] | None:
    """Return what the index says of every file, by its path in `folder`; None if there is no index.

    Raises:
        DataError: If the index is damaged.
    """
    path = folder / INDEX_FILE
    if not path.is_file():
        return None
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        entries = {entry["url"]: entry for entry in content.get("shardlist", content.get("files"))}
        return {url: {**entry, "filesize": int(entry["filesize"])} for url, entry in entries.items()}
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise DataError(f"{path} is damaged ({error!r}); remove it to go without checksums") from error


def listed_files(folder: Path) -> list[Path]:
    """Return the files that an index of `folder` lists, in order."""
    metadata = folder / METADATA_FILE
    if metadata.is_file():
        return [metadata, *sorted(path for path in (folder / PICTURE_FOLDER).glob("*") if path.is_file())]
    return shards_of(folder)


def sha256_of(path: Path) -> str:
    """Return the SHA-256 of a file, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def num_triples_in(shard: Path) -> int:
    """Count the triples of a shard.

    Raises:
        DataError: If it is damaged.
    """
    return len({key for key, _, _ in shard_members(shard)})


def _shard_index(folder: Path) -> dict[str, Any]:
    shards = [{"url": path.name, "nsamples": num_triples_in(path), **_fingerprint(path)} for path in shards_of(folder)]
    return {"__kind__": SHARD_INDEX_KIND, "wids_version": 1, "shardlist": shards}


def _folder_index(folder: Path) -> dict[str, Any]:
    files = [{"url": path.relative_to(folder).as_posix(), **_fingerprint(path)} for path in listed_files(folder)]
    return {"__kind__": FOLDER_INDEX_KIND, "files": files}


def _fingerprint(path: Path) -> dict[str, Any]:
    return {"filesize": path.stat().st_size, "sha256": sha256_of(path)}
