"""Copying triples from data set to data set: as they lie there where that will do, else decoded and stored anew."""

import json
from abc import ABC, abstractmethod
from collections.abc import Collection, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from situate.data.description import write_description
from situate.data.folder_writer import FolderWriter
from situate.data.shard_writer import ShardWriter
from situate.data.store import Layout, TripleStore
from situate.data.writer import TripleWriter


class Copier(ABC):
    """Writes triples of stores into a new data set; use as a context manager, `finish` to make it readable."""

    def __enter__(self) -> "Copier":
        """Return the copier itself."""
        return self

    @abstractmethod
    def __exit__(self, kind: object, error: object, trace: object) -> None:
        """Close what is open; on an error nothing half-written stays: no shard, or no picture."""

    @abstractmethod
    def copy(self, store: TripleStore, index: int, prefix: str = "") -> None:
        """Add triple number `index`, with `prefix` before its key and its group."""

    @abstractmethod
    def finish(self, description: Mapping[str, Any]) -> None:
        """Make the data set readable."""


def raw_copier(folder: Path, layout: Layout) -> Copier:
    """Return what copies the files of triples that already lie in `layout`."""
    return _RawFiles(folder) if layout == "folder" else _RawShards(folder)


class Recoder(Copier):
    """Decodes triples of any layout and stores them as PNG."""

    def __init__(self, folder: Path, layout: Layout, pictures: Collection[str]) -> None:
        """Write into `folder`; in shards, every triple has these `pictures` (see `TripleWriter`)."""
        self._writer = FolderWriter(folder) if layout == "folder" else TripleWriter(folder, pictures=pictures)

    def __exit__(self, kind: object, error: object, trace: object) -> None:
        """Close what is open; on an error nothing half-written stays."""
        self._writer.__exit__(kind, error, trace)

    def copy(self, store: TripleStore, index: int, prefix: str = "") -> None:
        """Add triple number `index`, with `prefix` before its key and its group."""
        triple = store[index]
        self._writer.write(replace(triple, key=f"{prefix}{triple.key}", group=f"{prefix}{triple.group}"))

    def finish(self, description: Mapping[str, Any]) -> None:
        """Make the data set readable."""
        self._writer.finish(description)


class _RawShards(Copier):
    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._writer = ShardWriter(folder)

    def __exit__(self, kind: object, error: object, trace: object) -> None:
        self._writer.__exit__(kind, error, trace)

    def copy(self, store: TripleStore, index: int, prefix: str = "") -> None:
        files = {suffix: member.read() for suffix, member in store.files(index).items()}
        if prefix:
            files["json"] = json.dumps(_prefixed(store.labels[index], prefix)).encode()
        self._writer.add(f"{prefix}{store.keys[index]}", files)

    def finish(self, description: Mapping[str, Any]) -> None:
        self._writer.close()
        write_description(self._folder, description)


class _RawFiles(Copier):
    def __init__(self, folder: Path) -> None:
        self._writer = FolderWriter(folder)

    def __exit__(self, kind: object, error: object, trace: object) -> None:
        self._writer.__exit__(kind, error, trace)

    def copy(self, store: TripleStore, index: int, prefix: str = "") -> None:
        files = {suffix.removesuffix(".png"): member.read() for suffix, member in store.files(index).items()}
        self._writer.add(f"{prefix}{store.keys[index]}", _prefixed(store.labels[index], prefix), files)

    def finish(self, description: Mapping[str, Any]) -> None:
        self._writer.finish(description)


def _prefixed(label: Mapping[str, Any], prefix: str) -> dict[str, Any]:
    return {**label, "group": f"{prefix}{label['group']}"}
