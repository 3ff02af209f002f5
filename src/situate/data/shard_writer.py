"""Writing files into tar shards of a folder, each shard whole or not there."""

import io
import os
import tarfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

from situate.errors import OutputError, SituateError

TRIPLES_PER_SHARD = 256


class ShardWriter:
    """Writes groups of files that share a key; use as a context manager. The same files give the same bytes."""

    def __init__(self, folder: Path, *, first_shard: int = 0, triples_per_shard: int = TRIPLES_PER_SHARD) -> None:
        """Start writing into `folder` (made if missing) at shard number `first_shard`."""
        self.folder = folder
        self.num_written = 0
        self._shard = first_shard
        self._triples_per_shard = triples_per_shard
        self._tar: tarfile.TarFile | None = None
        self._num_in_shard = 0
        with writing(folder):
            folder.mkdir(parents=True, exist_ok=True)

    def __enter__(self) -> "ShardWriter":
        """Return the writer itself."""
        return self

    def __exit__(self, kind: object, error: object, trace: object) -> None:
        """Close the open shard; on an error the half-written shard is removed."""
        if kind is None:
            self.close()
        elif self._tar is not None:
            # On a full disk the archive cannot be closed either; the error that brought us here says so.
            with suppress(OSError):
                self._tar.close()
            with suppress(OSError):
                self._partial_path.unlink(missing_ok=True)

    def add(self, key: str, files: Mapping[str, bytes]) -> None:
        """Append the files of one triple, in order, by what their names end in.

        Raises:
            OutputError: If the shard cannot be written.
        """
        with writing(self._partial_path):
            if self._tar is None:
                self._tar = tarfile.open(self._partial_path, "w")  # noqa: SIM115 - closed by `close`
            for suffix, content in files.items():
                entry = tarfile.TarInfo(f"{key}.{suffix}")
                entry.size = len(content)
                self._tar.addfile(entry, io.BytesIO(content))
        self._num_in_shard += 1
        self.num_written += 1
        if self._num_in_shard == self._triples_per_shard:
            self.close()

    def close(self) -> None:
        """Give the open shard its name; the next triple begins another one."""
        if self._tar is None:
            return
        with writing(self._partial_path):
            self._tar.close()
            sync(self._partial_path)
            os.replace(self._partial_path, self._partial_path.with_suffix(""))
        self._tar = None
        self._num_in_shard = 0
        self._shard += 1

    @property
    def _partial_path(self) -> Path:
        return self.folder / f"shard-{self._shard:05d}.tar.partial"


def sync(path: Path) -> None:
    """Have the disk keep what was written to `path`: else a power cut may leave the name of a file without content."""
    with path.open("rb+") as file:
        os.fsync(file.fileno())


@contextmanager
def writing(path: Path) -> Iterator[None]:
    """Turn what the disk refuses into an `OutputError` that names `path`."""
    try:
        yield
    except SituateError:
        raise
    except OSError as error:
        raise OutputError(
            f"{path} cannot be written ({error.strerror or error}); free some space or choose another folder"
        ) from error
