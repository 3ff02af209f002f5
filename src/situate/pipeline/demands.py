"""What people write of places: boxes and sizes as text, masks as files. Imports nothing that takes long."""

import math
import re
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from situate.errors import InputError
from situate.records.constraints import Extent

if TYPE_CHECKING:
    import numpy as np

    from situate.records.picture import Picture

_MAX_SHARE = 2
_EXTENT = re.compile(r"(\d+(?:\.\d+)?|\.\d+)\s*(px|%)?")


def parsed_box(text: str) -> tuple[float, float, float, float]:
    """Read `x,y,width,height` in pixels; spaces are allowed.

    Raises:
        InputError: If it is not four finite numbers.
    """
    try:
        x, y, width, height = (_finite(part) for part in text.split(","))
    except ValueError as error:
        raise InputError(
            f"box {text!r} is not four numbers; pass left,top,width,height in pixels, for example 40,60,120,80"
        ) from error
    return (x, y, width, height)


def extent_of(text: str | None, option: str) -> Extent | None:
    """Read a size: a share of the picture's height (0.2, 20%), or pixels (80px).

    Raises:
        InputError: If it is none; `option` is for the message.
    """
    if text is None:
        return None
    found = _EXTENT.fullmatch(text.strip())
    if found is None:
        raise InputError(f"{option} {text!r} is no size; pass a share of the picture's height (0.2, 20%) or 80px")
    value, unit = float(found[1]), found[2]
    if unit is None and value > _MAX_SHARE:
        raise InputError(f"{option} {text} would be {value:g} times the picture's height; write {text}px or {text}%")
    return Extent(value, "px") if unit == "px" else Extent(value / 100 if unit == "%" else value)


def mask_for(path: Path | None, option: str, background: "Picture") -> "np.ndarray | None":
    """Read the mask of a background: a file, or that of a folder which is named like the background.

    Raises:
        InputError: If there is none, or it has not the background's size.
    """
    if path is None:
        return None
    from situate.imageio.mask import read_mask

    if path.is_dir():
        stem = Path(background.name).stem
        found = _by_stem(path, path.stat().st_mtime_ns).get(stem, [])
        if len(found) != 1:
            raise InputError(f"{option} {path} holds {len(found)} pictures called {stem}; it needs one")
        path = found[0]
    return read_mask(path, background)


@lru_cache(maxsize=4)
def _by_stem(folder: Path, _changed_ns: int) -> dict[str, list[Path]]:
    """The pictures of a folder; listed once, until the folder changes."""
    from situate.imageio.encode import PICTURE_SUFFIXES

    found: dict[str, list[Path]] = {}
    for file in sorted(folder.iterdir()):
        if file.suffix.lower() in PICTURE_SUFFIXES:
            found.setdefault(file.stem, []).append(file)
    return found


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError(f"{text} is not finite")
    return number
