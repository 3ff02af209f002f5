"""Reading files by name from a zip archive or from a folder, never from outside of it and never onto the disk."""

import zipfile
import zlib
from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath

from situate.errors import DataError

MAX_FILE_BYTES = 400_000_000
_AGAIN = "get the archive again with: situate data assets"
# All that zipfile raises on damaged or encrypted members.
_DAMAGED = (zipfile.BadZipFile, zlib.error, EOFError, OSError, NotImplementedError, RuntimeError, ValueError)


class ModelFiles(ABC):
    """The files of one archive."""

    def __init__(self, place: Path) -> None:
        """Name the archive, for messages."""
        self.place = place

    @abstractmethod
    def has(self, name: str) -> bool:
        """Whether there is a file of that name."""

    @abstractmethod
    def read(self, name: str) -> bytes:
        """Return its content.

        Raises:
            DataError: If it is missing, damaged or too large.
        """

    @abstractmethod
    def state_of_folder(self, name: str) -> list[tuple[str, int, int]]:
        """Return name, size and check sum (or time of change) of all files in and below the folder of `name`."""


class ZipFiles(ModelFiles):
    """The members of a zip archive."""

    def __init__(self, place: Path, archive: zipfile.ZipFile) -> None:
        """Read from the open `archive`."""
        super().__init__(place)
        self._archive = archive
        self._members = {entry.filename: entry for entry in archive.infolist() if not entry.is_dir()}

    def has(self, name: str) -> bool:
        """Whether there is a file of that name."""
        return name in self._members

    def read(self, name: str) -> bytes:
        """Return the content of a member."""
        entry = self._members.get(name)
        if entry is None:
            raise DataError(f"{self.place}: {name} is missing; {_AGAIN}")
        _check_size(self.place, name, entry.file_size)
        try:
            return self._archive.read(entry)
        except _DAMAGED as error:
            raise DataError(f"{self.place}: {name} is damaged ({error}); {_AGAIN}") from error

    def state_of_folder(self, name: str) -> list[tuple[str, int, int]]:
        """Return name, size and check sum of all members in and below the folder of `name`."""
        folder = name[: name.rfind("/") + 1]
        entries = (entry for member, entry in self._members.items() if member.startswith(folder))
        return sorted((entry.filename, entry.file_size, entry.CRC) for entry in entries)


class FolderFiles(ModelFiles):
    """The files below a folder."""

    def has(self, name: str) -> bool:
        """Whether there is a file of that name, also with links followed, below the folder."""
        path = (self.place / name).resolve()
        return path.is_relative_to(self.place.resolve()) and path.is_file()

    def read(self, name: str) -> bytes:
        """Return the content of a file."""
        if not self.has(name):
            raise DataError(f"{self.place}: {name} is missing; add the file or correct its name")
        path = self.place / name
        try:
            _check_size(self.place, name, path.stat().st_size)
            return path.read_bytes()
        except OSError as error:
            raise DataError(f"{path} cannot be read ({error.strerror}); allow reading it, or remove it") from error

    def state_of_folder(self, name: str) -> list[tuple[str, int, int]]:
        """Return name, size and time of change of all files in and below the folder of `name`."""
        folder = (self.place / name).parent
        states = ((path, path.stat()) for path in folder.rglob("*") if path.is_file())
        return sorted((str(path.relative_to(folder)), state.st_size, state.st_mtime_ns) for path, state in states)


@contextmanager
def opened(archive: Path) -> Iterator[ModelFiles]:
    """Open a `.sh3f` archive or a folder.

    Raises:
        DataError: If it is missing or no archive.
    """
    if archive.is_dir():
        yield FolderFiles(archive)
        return
    try:
        zipped = zipfile.ZipFile(archive)
    except FileNotFoundError as error:
        raise DataError(f"{archive} is missing; {_AGAIN}") from error
    except _DAMAGED as error:
        raise DataError(f"{archive} is no whole zip archive ({error}); remove it and {_AGAIN}") from error
    with zipped:
        yield ZipFiles(archive, zipped)


def inner_name(name: str) -> str:
    """Return a name in an archive in its plain form; a slash in front means the archive's root.

    Raises:
        DataError: If it leads out of the archive.
    """
    parts = PurePosixPath(name.replace("\\", "/").lstrip("/")).parts
    if not parts or ".." in parts or ":" in parts[0]:
        raise DataError(f"the file name {name!r} leads out of its archive; name a file inside it")
    return "/".join(parts)


def referred_name(files: ModelFiles, member: str, reference: str) -> str | None:
    """Return the file that a model's file `member` means by `reference`, or None if there is none.

    References often name a place on their maker's disk; then the file of that name beside `member` is meant.
    """
    folder = member.rpartition("/")[0]
    plain = reference.strip().replace("\\", "/")
    for candidate in (plain, plain.rsplit("/", 1)[-1]):
        try:
            name = inner_name(f"{folder}/{candidate}")
        except DataError:
            continue
        if files.has(name):
            return name
    return None


def _check_size(place: Path, name: str, size_bytes: int) -> None:
    if size_bytes > MAX_FILE_BYTES:
        limit = f"the limit is {MAX_FILE_BYTES // 10**6} MB"
        raise DataError(f"{place}: {name} has {size_bytes // 10**6} MB, {limit}; use a smaller model")
