"""The pictures of a folder: which they are, and how large each is, told by its header."""

import os
import struct
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import BinaryIO

from PIL import Image
from PIL.TiffImagePlugin import TiffImageFile

from situate.errors import ImageError, InputError
from situate.imageio.formats import PNG_SIGNATURE, READABLE
from situate.imageio.orientation import orientation_of
from situate.imageio.read import DAMAGED, MAX_PIXELS, check_size

LOSSLESS_SUFFIXES = (".png", ".bmp", ".tif", ".tiff")
LOSSY_SUFFIXES = (".jpg", ".jpeg", ".webp")
PICTURE_SUFFIXES = LOSSLESS_SUFFIXES + LOSSY_SUFFIXES
_LIES_ON_ITS_SIDE = (5, 6, 7, 8)
_EXIF_PREFIX = b"Exif\0\0"
_EXIF_AS_TEXT = "Raw profile type exif"
_CHUNK_HEADER = struct.Struct(">I4s")
_CHECKSUM_BYTES = 4


def picture_files(folder: Path) -> list[PurePosixPath]:
    """List the pictures in `folder` and the folders in it, told by their suffix, sorted; hidden files are none.

    Returns:
        Paths relative to `folder`.

    Raises:
        InputError: If `folder` is no folder, or one in it cannot be looked into.
    """
    if not folder.is_dir():
        raise InputError(f"{folder} is not a folder; pass the folder of the pictures")
    seen: set[str] = set()
    found: list[PurePosixPath] = []
    for root, folders, names in os.walk(folder, onerror=_refuse, followlinks=True):
        real = os.path.realpath(root)
        if real in seen:
            # A link that leads back to a folder above it.
            folders.clear()
            continue
        seen.add(real)
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        inside = PurePosixPath(Path(root).relative_to(folder).as_posix())
        found += [inside / name for name in names if _is_picture_name(name)]
    return sorted(found)


def files_outside(files: Sequence[PurePosixPath], folder: Path, other: Path) -> list[PurePosixPath]:
    """Leave out the files of `folder`, relative to it, that are in `other`, a folder in it."""
    root, other_root = folder.resolve(), other.resolve()
    if not other_root.is_relative_to(root):
        return list(files)
    inside = PurePosixPath(other_root.relative_to(root).as_posix())
    return [file for file in files if not file.is_relative_to(inside)]


def upright_size_wh(path: Path) -> tuple[int, int]:
    """Return columns and rows of a picture, upright by its EXIF orientation; its pixels are not decoded.

    Raises:
        ImageError: If it is no picture that situate reads, its header is damaged, or it is too large.
    """
    with opened_picture(path) as header:
        if isinstance(header, TiffImageFile):
            # Later versions of Pillow turn the size of a TIFF when they open it, earlier ones when they decode it.
            width, height = int(header.tag_v2[256]), int(header.tag_v2[257])
            orientation = header.tag_v2.get(0x0112, 1)
        else:
            (width, height), orientation = header.size, _orientation(path, header)
        return (height, width) if orientation in _LIES_ON_ITS_SIDE else (width, height)


@contextmanager
def opened_picture(path: Path) -> Iterator[Image.Image]:
    """Open a picture as far as its header, to be decoded by whoever needs its pixels.

    Raises:
        ImageError: If it is no picture that situate reads, damaged (also when that shows while it is decoded), or too
            large.
    """
    try:
        with warnings.catch_warnings():
            # Our own limit is asked, not Pillow's.
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            picture = Image.open(path, formats=[name.upper() for name in READABLE.split(", ")])
        with picture:
            check_size(picture.size, str(path))
            yield picture
    except ImageError:
        raise
    except FileNotFoundError as error:
        raise ImageError(f"{path} does not exist; copy it there") from error
    except Image.DecompressionBombError as error:
        limit = f"the limit is {MAX_PIXELS // 1_000_000} megapixels; make it smaller first"
        raise ImageError(f"{path} is too large ({error}); {limit}") from error
    except DAMAGED as error:
        raise ImageError(f"{path} is damaged or no {READABLE} picture ({error}); copy or export it again") from error


def _orientation(path: Path, header: Image.Image) -> int:
    if header.format != "PNG" or "exif" in header.info:
        return orientation_of(header)
    # Asked for EXIF that does not stand before the pixels, Pillow decodes the whole PNG to look behind them.
    with path.open("rb") as file:
        content = _chunk_content(file, b"eXIf")
    if content:
        header.info["exif"] = _EXIF_PREFIX + content
    return orientation_of(header) if content or _EXIF_AS_TEXT in header.info else 1


def _chunk_content(file: BinaryIO, wanted: bytes) -> bytes:
    file.seek(len(PNG_SIGNATURE))
    while len(head := file.read(_CHUNK_HEADER.size)) == _CHUNK_HEADER.size:
        length, kind = _CHUNK_HEADER.unpack(head)
        if kind == wanted:
            return file.read(length)
        file.seek(length + _CHECKSUM_BYTES, os.SEEK_CUR)
    return b""


def _is_picture_name(name: str) -> bool:
    return not name.startswith(".") and PurePosixPath(name).suffix.lower() in PICTURE_SUFFIXES


def _refuse(error: OSError) -> None:
    raise InputError(f"{error.filename} cannot be looked into ({error.strerror}); check its permissions") from error
