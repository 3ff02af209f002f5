"""The Debian package of Sweet Home 3D's furniture: fetched with apt, its archives taken out."""

import io
import lzma
import os
import shutil
import subprocess
import tarfile
import tempfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath

from situate.errors import DataError, InputError, OutputError

PACKAGE = "sweethome3d-furniture"
PAGE = f"https://packages.debian.org/stable/{PACKAGE}"
_REMEDY = f"download it from {PAGE} and pass it with --deb FILE"
_SUFFIX = ".sh3f"
_MAGIC = b"!<arch>\n"
_HEADER_BYTES = 60
# All that tarfile and its decompressors raise on damaged data.
_DAMAGED = (tarfile.TarError, lzma.LZMAError, zlib.error, EOFError)


def fetched_package(folder: Path) -> Path:
    """Download the package into `folder` with apt.

    Raises:
        InputError: If apt is not there, or cannot fetch it.
    """
    apt = shutil.which("apt-get")
    if apt is None:
        raise InputError(f"there is no apt-get on this machine to fetch {PACKAGE}; {_REMEDY}")
    done = subprocess.run(  # noqa: S603 - nothing of the command comes from outside
        [apt, "download", PACKAGE], cwd=folder, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL
    )
    packages = sorted(folder.glob(f"{PACKAGE}_*.deb"))
    if done.returncode != 0 or not packages:
        said = (done.stderr.strip().splitlines() or ["it gave no reason"])[-1]
        raise InputError(f"apt-get download {PACKAGE} failed ({said}); run `apt-get update` first, or {_REMEDY}")
    return packages[-1]


def unpack_archives(package: Path, folder: Path) -> list[Path]:
    """Write the `.sh3f` archives of a Debian package into `folder` (made if missing), and return them.

    Each appears under its name only when it is whole; nothing else of the package is written.

    Raises:
        DataError: If the package is damaged or holds none.
        OutputError: If they cannot be written.
    """
    found = []
    try:
        with _opened_tar(package) as tar:
            for entry in tar:
                # Only the last part of the name is used: it can never lead out of the folder.
                path = folder / PurePosixPath(entry.name).name
                if entry.isfile() and path.suffix == _SUFFIX:
                    content = tar.extractfile(entry)
                    assert content is not None
                    _write(content.read(), path)
                    found.append(path)
    except _DAMAGED as error:
        raise DataError(f"{package} is damaged ({error}); {_REMEDY}") from error
    if not found:
        raise DataError(f"{package} holds no {_SUFFIX} archive; pass the package {PACKAGE}, or {_REMEDY}")
    return sorted(found)


@contextmanager
def _opened_tar(package: Path) -> Iterator[tarfile.TarFile]:
    """Open the data of a package.

    Source:
        deb(5) and ar(5): an ar archive whose member `data.tar`, compressed or not, holds the files.
    """
    try:
        file = package.open("rb")
    except OSError as error:
        raise DataError(f"{package} cannot be opened ({error.strerror}); {_REMEDY}") from error
    with file:
        name, data = _data_member(file, package)
        if name.endswith(".zst"):
            data = _through_dpkg(package)
        with tarfile.open(fileobj=data) as tar:
            yield tar


def _data_member(file: io.BufferedIOBase, package: Path) -> tuple[str, io.BufferedIOBase]:
    if file.read(len(_MAGIC)) != _MAGIC:
        raise DataError(f"{package} is no Debian package; {_REMEDY}")
    while len(header := file.read(_HEADER_BYTES)) == _HEADER_BYTES:
        name, size = header[:16].decode("latin-1").strip().rstrip("/"), header[48:58].strip()
        if not size.isdigit():
            break
        if name.startswith("data.tar"):
            data = file.read(int(size))
            if len(data) < int(size):
                raise DataError(f"{package} ends after {len(data)} of {int(size)} bytes of {name}; {_REMEDY}")
            return name, io.BytesIO(data)
        file.seek(int(size) + int(size) % 2, os.SEEK_CUR)
    raise DataError(f"{package} has no data.tar, it is damaged; {_REMEDY}")


def _through_dpkg(package: Path) -> io.BufferedIOBase:
    """Let dpkg unpack what Python cannot."""
    dpkg = shutil.which("dpkg-deb")
    if dpkg is None:
        raise InputError(f"{package} is packed with zstd, which needs dpkg-deb; {_REMEDY} from Debian, not Ubuntu")
    done = subprocess.run([dpkg, "--fsys-tarfile", str(package)], capture_output=True, check=False)  # noqa: S603 - no shell
    if done.returncode != 0:
        said = done.stderr.decode(errors="replace").strip()
        raise DataError(f"dpkg-deb cannot read {package} ({said}); {_REMEDY}")
    return io.BytesIO(done.stdout)


def _write(content: bytes, path: Path) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(prefix=path.stem, suffix=".partial", dir=path.parent)
    except OSError as error:
        raise _output_error(path, error) from error
    try:
        with os.fdopen(handle, "wb") as partial:
            partial.write(content)
        # mkstemp lets only its maker read.
        Path(name).chmod(0o644)
        os.replace(name, path)
    except BaseException as error:
        Path(name).unlink(missing_ok=True)
        if isinstance(error, OSError):
            raise _output_error(path, error) from error
        raise


def _output_error(path: Path, error: OSError) -> OutputError:
    return OutputError(f"{path} cannot be written: {error.strerror}; free some space, or choose another folder")
