"""Small Debian packages."""

import io
import lzma
import tarfile
from pathlib import Path


def tar_of(files: dict[str, bytes]) -> bytes:
    content = io.BytesIO()
    with tarfile.open(fileobj=content, mode="w") as tar:
        for name, data in files.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(data)
            tar.addfile(entry, io.BytesIO(data))
    return content.getvalue()


def package_of(path: Path, members: dict[str, bytes]) -> Path:
    """Write an ar archive, in which every member begins at an even place."""
    content = b"!<arch>\n"
    for name, data in members.items():
        content += f"{name:<16}{'0':<12}{'0':<6}{'0':<6}{'100644':<8}{len(data):<10}`\n".encode() + data
        content += b"\n" * (len(data) % 2)
    path.write_bytes(content)
    return path


def good_package(path: Path, name: str = "data.tar.xz") -> Path:
    tar = tar_of({"./usr/share/one.sh3f": b"first", "./usr/../../two.sh3f": b"second", "./usr/doc/copyright": b"text"})
    data = {"data.tar.xz": lzma.compress(tar), "data.tar": tar}[name]
    return package_of(path, {"debian-binary": b"2.0\n", "control.tar.xz": b"odd", name: data})
