"""Pictures, masks and JSON are written whole or not at all, and composites say that they are composites.

| suffix      | depth  | lossless | alpha | grey | profile | stamp                                       |
|-------------|--------|----------|-------|------|---------|---------------------------------------------|
| .png        | 8, 16  | yes      | yes   | yes  | yes     | text chunks Software and Description, EXIF  |
| .tif .tiff  | 8, 16  | yes      | yes   | yes  | yes     | tags Software and ImageDescription          |
| .webp       | 8      | yes      | yes   | no   | yes     | EXIF                                        |
| .jpg .jpeg  | 8      | no       | no    | yes  | yes     | EXIF                                        |
| .bmp        | 8      | yes      | no    | yes  | no      | none: the format has no place for it        |

Pictures with 16 bits are rounded to 8 for the others. Grey pictures are one channel where the format knows that and
they have no alpha, else three equal ones. No file carries an orientation: pixels are upright.
"""

import errno
import json
import os
from collections.abc import Collection
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import UInt8

from situate.errors import InputError, OutputError
from situate.imageio.encode import PICTURE_SUFFIXES, SUFFIXES_WITH_ALPHA, encode_grey_png, encode_picture
from situate.imageio.stamp import CompositeStamp
from situate.records.picture import Picture

__all__ = [
    "PICTURE_SUFFIXES",
    "CompositeStamp",
    "check_output",
    "json_bytes",
    "losses",
    "write_bytes",
    "write_grey",
    "write_json",
    "write_picture",
]

JPEG_QUALITY = 95
_LOSSY_SUFFIXES = (".jpg", ".jpeg")
_DEEP_SUFFIXES = (".png", ".tif", ".tiff")
_BARE_SUFFIXES = (".bmp",)
_REMEDIES = {
    errno.ENOSPC: "free some space or write to another disk",
    errno.EDQUOT: "free some space or write to another disk",
    errno.EACCES: "choose a folder you may write to",
    errno.EPERM: "choose a folder you may write to",
    errno.EROFS: "choose a folder you may write to",
    errno.ENOENT: "make the folder first",
    errno.ENAMETOOLONG: "choose a shorter name",
    errno.EISDIR: "choose a file name",
}


def write_picture(
    picture: Picture, path: Path, *, stamp: CompositeStamp | None = None, quality: int = JPEG_QUALITY
) -> None:
    """Write `picture` in the format that the suffix of `path` names.

    Args:
        picture: What to write.
        path: The file; what was there before is replaced once the new file is whole.
        stamp: For composites: says in the metadata what made it.
        quality: For JPEG only, 1 to 100; colours are never subsampled.

    Raises:
        InputError: If the suffix is unknown, or the format cannot hold the picture.
        OutputError: If the file cannot be written.
    """
    suffix = _checked_suffix(path, PICTURE_SUFFIXES)
    write_bytes(encode_picture(picture, suffix, stamp, quality), path)


def write_grey(mask: UInt8[np.ndarray, "h w"], path: Path) -> None:
    """Write `mask` as an 8-bit grey PNG; raises as `write_picture` does."""
    _checked_suffix(path, (".png",))
    write_bytes(encode_grey_png(mask), path)


def write_json(value: Any, path: Path) -> None:
    """Write `value` as indented JSON.

    Raises:
        OutputError: If the file cannot be written.
    """
    write_bytes(json_bytes(value), path)


def json_bytes(value: Any) -> bytes:
    """Indented JSON, as it is written to files."""
    return (json.dumps(value, indent=2, ensure_ascii=False, allow_nan=False) + "\n").encode()


def write_bytes(content: bytes, path: Path) -> None:
    """Write `content` to `path` through `NAME.partial` beside it, so that `path` is never half-written.

    Raises:
        OutputError: If it cannot be written; `path` is then as it was, and nothing is left beside it.
    """
    partial = path.with_name(f"{path.name}.partial")
    try:
        partial.write_bytes(content)
        os.replace(partial, path)
    except BaseException as error:
        _remove(partial)
        if isinstance(error, OSError):
            raise _output_error(path, error) from error
        raise


def check_output(path: Path, *, suffixes: Collection[str] = PICTURE_SUFFIXES) -> None:
    """Find out before any work whether `path` can be written; call it first in a command.

    Args:
        path: The file to be written.
        suffixes: What its name may end in.

    Raises:
        InputError: If the suffix is not one of `suffixes`.
        OutputError: If its folder is missing or not writable, or `path` is a folder.
    """
    _checked_suffix(path, suffixes)
    folder = path.parent
    if path.is_dir():
        raise OutputError(f"{path} is a folder; choose a file name")
    if not folder.is_dir():
        raise OutputError(f"{path} cannot be written: there is no folder {folder}; make the folder first")
    if not os.access(folder, os.W_OK | os.X_OK):
        raise OutputError(f"{path} cannot be written: no permission in {folder}; choose a folder you may write to")


def losses(path: Path, picture: Picture) -> list[str]:
    """What `path` cannot hold of a composite like `picture`, in words; nothing for PNG and TIFF."""
    suffix = path.suffix.lower()
    found = []
    if suffix in _LOSSY_SUFFIXES:
        found.append(f"{suffix} is lossy, pixels outside the effect change a little")
    if picture.has_alpha and suffix not in SUFFIXES_WITH_ALPHA:
        found.append(f"{suffix} holds no transparency, the background has some and comes out opaque")
    if picture.pixels.dtype == np.uint16 and suffix not in _DEEP_SUFFIXES:
        found.append(f"{suffix} holds 8 bits a channel, the background has 16")
    if suffix in _BARE_SUFFIXES:
        found.append(f"{suffix} can neither say that this is a composite nor keep a colour profile")
    return found


def _checked_suffix(path: Path, suffixes: Collection[str]) -> str:
    suffix = path.suffix.lower()
    if suffix not in suffixes:
        found = f"ends in {path.suffix!r}" if suffix else "has no suffix"
        raise InputError(f"{path} {found}, which cannot be written here; use one of {', '.join(suffixes)}")
    return suffix


def _remove(partial: Path) -> None:
    try:
        partial.unlink(missing_ok=True)
    except OSError:
        # The error that brought us here says what is wrong; a second one would hide it.
        return


def _output_error(path: Path, error: OSError) -> OutputError:
    remedy = _REMEDIES.get(error.errno or 0, "check the path")
    return OutputError(f"{path} cannot be written: {error.strerror or error}; {remedy}")
