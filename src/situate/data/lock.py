"""One writer at a time for a data set: a second one would write over the half-written shards of the first."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from filelock import FileLock, Timeout

from situate.data.shard_writer import writing
from situate.errors import OutputError


@contextmanager
def only_writer(folder: Path) -> Iterator[None]:
    """Keep other processes of this machine from writing into `folder` meanwhile; a killed one keeps nobody out.

    The lock is a hidden file beside the folder, which goes when the work ends.

    Raises:
        OutputError: If another process is writing there, or nothing can be written there.
    """
    whole = folder.absolute()
    path = whole.parent / f".{whole.name}.lock"
    lock = FileLock(path)
    with writing(whole.parent):
        whole.parent.mkdir(parents=True, exist_ok=True)
        try:
            lock.acquire(timeout=0)
        except Timeout as error:
            raise OutputError(
                f"another run is writing into {folder}; wait until it ends, or choose another folder"
            ) from error
    try:
        yield
    finally:
        # While it is held: afterwards the file may be the next run's.
        with suppress(OSError):
            path.unlink()
        lock.release()
