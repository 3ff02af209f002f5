"""Zip files of clients become folders: no file is ever given a name that came from outside, and bytes are counted.

Pictures are numbered; the names that the annotations have for them are kept beside, and given back in the result.
"""

import json
import re
import stat
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any, BinaryIO

from situate.errors import InputError
from situate.imageio.formats import describe, readable_format
from situate.imageio.write import write_json
from situate.service.refusals import FormatError

MAX_FILES = 5000
MAX_FILE_BYTES = 100_000_000
MAX_LABELS_BYTES = 32_000_000
"""JSON of that size needs twenty times as much memory."""
_SUFFIXES = {"JPEG": ".jpg", "PNG": ".png", "WebP": ".webp", "BMP": ".bmp", "TIFF": ".tif"}
_CLASS_NAME = re.compile(r"\w[\w .()+&'-]{0,59}")
"""A class is the one name from outside that becomes a folder's: letters, digits and what words are joined with."""
_CHUNK_BYTES = 1 << 20
_MEGA = 1_000_000
_ENCRYPTED = 0x1


@dataclass(frozen=True)
class Unpacked:
    """What came in zip files.

    Attributes:
        annotations: COCO file with the names that pictures have here.
        images: Folder of the pictures.
        cutouts: Folder of cut-outs; None if none were sent.
        names: The client's name of each picture by its name here.
    """

    annotations: Path
    images: Path
    cutouts: Path | None
    names: Mapping[str, str]


def unpack(dataset: BinaryIO, cutouts: BinaryIO | None, folder: Path, *, max_bytes: int) -> Unpacked:
    """Unpack a data set and cut-outs into a folder.

    Args:
        dataset: Zip file with one `.json` file, COCO, and the pictures that it names.
        cutouts: Zip file with a folder for each class and pictures in it.
        folder: Where to; exists and is empty.
        max_bytes: Both together, unpacked.

    Raises:
        FormatError: If one is no zip file, or holds what is no picture.
        InputError: If a zip file is damaged, too large, or not what is asked for.
    """
    budget = _Budget(max_bytes)
    images = folder / "images"
    images.mkdir()
    with _opened(dataset, "dataset") as archive:
        names = _unpack_dataset(_Members(archive, "dataset", budget), folder, images)
    if cutouts is None:
        return Unpacked(folder / "annotations.json", images, None, names)
    with _opened(cutouts, "cutouts") as archive:
        _unpack_cutouts(_Members(archive, "cutouts", budget), folder / "cutouts")
    return Unpacked(folder / "annotations.json", images, folder / "cutouts", names)


@dataclass
class _Budget:
    left: int

    def __post_init__(self) -> None:
        self.whole = self.left

    def spend(self, num_bytes: int, field: str) -> None:
        self.left -= num_bytes
        if self.left < 0:
            raise InputError(f"{field} unpacks to more than {self.whole / _MEGA:g} MB, which is the limit; send less")


class _Members:
    """The files of an archive, by path."""

    def __init__(self, archive: zipfile.ZipFile, field: str, budget: _Budget) -> None:
        self.field = field
        self._archive, self._budget = archive, budget
        files = [one for one in archive.infolist() if not one.is_dir()]
        if len(files) > MAX_FILES:
            raise InputError(f"{field} holds {len(files)} files; {MAX_FILES} are the limit")
        self._files: dict[PurePosixPath, zipfile.ZipInfo] = {}
        for one in files:
            path = self._checked(one)
            if path in self._files:
                raise InputError(f"{field} holds {one.filename!r} twice; pack it again")
            if not any(part.startswith((".", "__MACOSX")) for part in path.parts):
                self._files[path] = one

        self._by_name: dict[str, list[PurePosixPath]] = {}
        for path in self._files:
            self._by_name.setdefault(path.name, []).append(path)

    def __iter__(self) -> Iterator[PurePosixPath]:
        return iter(self._files)

    def ending_with(self, wanted: PurePosixPath) -> list[PurePosixPath]:
        """Return the paths whose last parts are these."""
        named = self._by_name.get(wanted.name, [])
        return [path for path in named if path.parts[-len(wanted.parts) :] == wanted.parts]

    def read(self, path: PurePosixPath, max_bytes: int = MAX_FILE_BYTES) -> bytes:
        """Return a file's content; what it says of its size is not believed."""
        try:
            return b"".join(self._counted(path, max_bytes))
        except (zipfile.BadZipFile, NotImplementedError, RuntimeError, OSError, EOFError, ValueError) as error:
            raise self._damaged(path, error) from error
        except Exception as error:
            if type(error).__name__ not in ("error", "LZMAError"):
                raise
            raise self._damaged(path, error) from error

    def _damaged(self, path: PurePosixPath, error: Exception) -> InputError:
        if isinstance(error, InputError):
            return error
        return InputError(f"{self.field}: {str(path)!r} cannot be unpacked ({error}); pack it again")

    def _counted(self, path: PurePosixPath, max_bytes: int) -> Iterator[bytes]:
        num_bytes = 0
        with self._archive.open(self._files[path]) as file:
            while chunk := file.read(_CHUNK_BYTES):
                num_bytes += len(chunk)
                if num_bytes > max_bytes:
                    limit = f"{max_bytes / _MEGA:g} MB, which is the limit for such a file"
                    raise InputError(f"{self.field} holds {str(path)!r}, which unpacks to more than {limit}; send less")
                self._budget.spend(len(chunk), self.field)
                yield chunk

    def _checked(self, one: zipfile.ZipInfo) -> PurePosixPath:
        name = one.filename
        path = PurePosixPath(name)
        is_tricky = "\\" in name or "\0" in name or ":" in name or path.is_absolute() or ".." in path.parts
        if is_tricky or not path.parts:
            raise InputError(f"{self.field} holds {name!r}, which leads out of the archive; pack it again")
        if stat.S_ISLNK(one.external_attr >> 16):
            raise InputError(f"{self.field} holds {name!r}, which is a link; pack the file itself")
        if one.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            # Python unpacks the others without a limit.
            raise InputError(f"{self.field} holds {name!r}, packed in a rare way; pack it with plain ZIP compression")
        if one.flag_bits & _ENCRYPTED:
            raise InputError(f"{self.field} holds {name!r}, which is encrypted; pack it without a password")
        return path


def _opened(file: BinaryIO, field: str) -> zipfile.ZipFile:
    start = file.read(8)
    file.seek(0)
    if not start.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        found = describe(start) if start else "nothing (0 bytes)"
        raise FormatError(f"{field} is no zip file: found {found}; send a .zip archive")
    try:
        return zipfile.ZipFile(file)
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as error:
        raise InputError(f"{field} is a damaged zip file ({error}); pack it again") from error


def _unpack_dataset(members: _Members, folder: Path, images: Path) -> dict[str, str]:
    labels = [path for path in members if path.suffix.lower() == ".json"]
    if len(labels) != 1:
        found = ", ".join(map(str, labels[:3])) or "none"
        raise InputError(f"dataset holds {len(labels)} .json files ({found}); pack one COCO annotation file")
    content = _json(members.read(labels[0], MAX_LABELS_BYTES), str(labels[0]))
    names: dict[str, str] = {}
    taken: set[PurePosixPath] = set()
    for number, entry in enumerate(_entries(content, str(labels[0])), start=1):
        path = _path_of(entry["file_name"], members)
        if path in taken:
            raise InputError(f"dataset: {labels[0]} names the picture {str(path)!r} twice; name each picture once")
        taken.add(path)
        picture = members.read(path)
        name = f"{number:06d}{_suffix(picture, members.field, path)}"
        (images / name).write_bytes(picture)
        names[name], entry["file_name"] = str(entry["file_name"]), name
    write_json(content, folder / "annotations.json")
    return names


def _unpack_cutouts(members: _Members, folder: Path) -> None:
    for number, path in enumerate(members, start=1):
        kind = path.parent.name
        if len(path.parts) < 2 or not _CLASS_NAME.fullmatch(kind):
            raise InputError(
                f"cutouts holds {str(path)!r}: a picture lies in a folder that is named by its class, with letters, "
                "digits, spaces and - _ . only; rename it, or move it into one"
            )
        picture = members.read(path)
        (folder / kind).mkdir(parents=True, exist_ok=True)
        (folder / kind / f"{number:06d}{_suffix(picture, members.field, path)}").write_bytes(picture)
    if not folder.is_dir():
        raise InputError("cutouts holds no pictures; pack a folder for each class, with pictures in it")


def _json(content: bytes, name: str) -> Any:
    try:
        return json.loads(content)
    except (ValueError, RecursionError) as error:
        reason = "it is nested too deep" if isinstance(error, RecursionError) else error
        raise InputError(f"dataset: {name} is no JSON ({reason}); send a COCO annotation file") from None


def _entries(content: Any, name: str) -> list[dict[str, Any]]:
    entries = content.get("images") if isinstance(content, dict) else None
    is_usable = isinstance(entries, list) and all(
        isinstance(one, dict) and isinstance(one.get("file_name"), str) for one in entries
    )
    if not is_usable or not entries:
        raise InputError(f"dataset: {name} lists no images with a file_name; send a COCO annotation file")
    return entries


def _path_of(file_name: str, members: _Members) -> PurePosixPath:
    """Find a picture in the archive: its path there ends with what the annotations call it."""
    found = members.ending_with(PurePosixPath(file_name))
    if len(found) != 1:
        problem = "is not in the archive" if not found else f"is {len(found)} times in the archive"
        raise InputError(f"dataset: the picture {file_name!r} {problem}; pack each picture once, by its file_name")
    return found[0]


def _suffix(picture: bytes, field: str, path: PurePosixPath) -> str:
    found = readable_format(picture)
    if found is None:
        raise FormatError(f"{field}: {str(path)!r} is no picture that situate reads: found {describe(picture)}")
    return _SUFFIXES[found]
