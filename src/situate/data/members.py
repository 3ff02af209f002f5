"""Where the files of a data set's triples lie: members of tar shards, or files of a folder."""

import tarfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from situate.errors import DataError


@dataclass(frozen=True)
class Member:
    """One file of a triple: `size` bytes of `path` from `offset` on."""

    path: Path
    offset: int
    size: int

    def read(self) -> bytes:
        """Return the bytes; fewer than `size` if the file was cut off."""
        with self.path.open("rb") as file:
            file.seek(self.offset)
            return file.read(self.size)


Files = Mapping[str, Member]
"""The files of one triple by what their names end in, such as `background.png` and `json`."""


def shard_members(shard: Path) -> Iterator[tuple[str, str, Member]]:
    """Yield key, suffix and place of every file in a tar shard, in order.

    Raises:
        DataError: If the shard is damaged.
    """
    try:
        with tarfile.open(shard) as tar:
            for entry in tar:
                key, _, suffix = entry.name.partition(".")
                yield key, suffix, Member(shard, entry.offset_data, entry.size)
    except (tarfile.TarError, OSError) as error:
        raise DataError(f"{shard} is damaged ({error}); make the data set again, or remove this shard") from error


def shards_of(folder: Path) -> list[Path]:
    """Return the whole shards of a folder, in order."""
    return sorted(folder.glob("shard-*.tar"))


def members_of_shards(folder: Path) -> dict[str, dict[str, Member]]:
    """Return the files of every triple in the shards of a folder, by key.

    Raises:
        DataError: If a shard is damaged.
    """
    members: dict[str, dict[str, Member]] = {}
    for shard in shards_of(folder):
        for key, suffix, member in shard_members(shard):
            members.setdefault(key, {})[suffix] = member
    return members
