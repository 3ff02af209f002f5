"""A data set of triples on disk, in either of its layouts (docs/data-format.md).

    OUT/dataset.json         format, source, config, seed, counts, what was skipped and why
    OUT/index.json           every shard with its count, size and SHA-256
    OUT/shard-00000.tar      <key>.json, <key>.background.png, <key>.composite.png, <key>.foreground.png,
                             <key>.visible.png, <key>.effect.png; for repaired backgrounds <key>.hole.png
                             and <key>.decoys.png,
                             for rendered scenes <key>.amodal.png and <key>.support.png
    or
    OUT/metadata.jsonl       a line a triple: its label, and the files of its pictures
    OUT/images/<key>.composite.png ...

A composite that is its background but for the effect lies in a shard as `<key>.patch.png`: what the effect shows of
it. The suffix of a picture may be `webp` as well. A triple of source `places` has a background and a foreground only;
reading fills in the rest.

A shard appears under its name only when it is whole; a data set is readable only when `dataset.json` is there.
"""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

import numpy as np

from situate.data.checksums import METADATA_FILE
from situate.data.description import read_description
from situate.data.folder_layout import read_metadata
from situate.data.members import Member, members_of_shards
from situate.data.triple_files import has_picture, read_label, read_picture, read_triple
from situate.errors import DataError
from situate.records.triple import Triple

Layout = Literal["shards", "folder"]


class TripleStore(Sequence[Triple]):
    """Random access to the triples of one data set folder; pictures are decoded when asked for."""

    def __init__(self, folder: Path) -> None:
        """Open `folder` and index its shards, or read its metadata.

        Raises:
            DataError: If it is not a data set, or a shard or label is damaged.
        """
        self.folder = folder
        self.description = read_description(folder)
        self.layout: Layout = layout_of(folder)
        self.labels: list[dict[str, Any]]
        self._members: dict[str, dict[str, Member]]
        if self.layout == "folder":
            self._members, self.labels = read_metadata(folder)
        else:
            self._members = members_of_shards(folder)
            self.labels = [read_label(files, self._name(key)) for key, files in self._members.items()]
        self.keys = list(self._members)
        if not self.keys:
            raise DataError(f"{folder} holds no triples; make some with: situate data scenes {folder}")

    def __len__(self) -> int:
        """Number of triples."""
        return len(self.keys)

    def __getitem__(self, index: int) -> Triple:  # type: ignore[override]
        """Decode triple number `index`."""
        key = self.keys[index]
        return read_triple(key, self.labels[index], self._members[key], self._name(key))

    def __iter__(self) -> Iterator[Triple]:
        """Decode all triples in order."""
        return (self[index] for index in range(len(self)))

    def picture(self, index: int, field: str) -> np.ndarray | None:
        """Decode one picture of triple number `index`; None if it has none, or it lies there as a patch."""
        key = self.keys[index]
        if not has_picture(self.labels[index], field):
            return None
        return read_picture(self._members[key], field, self._name(key))

    def files(self, index: int) -> Mapping[str, Member]:
        """Return where the files of triple number `index` lie."""
        return self._members[self.keys[index]]

    def _name(self, key: str) -> str:
        return f"{self.folder}: {key}"


def layout_of(folder: Path) -> Layout:
    """Say how the triples of a data set lie there."""
    return "folder" if (folder / METADATA_FILE).is_file() else "shards"
