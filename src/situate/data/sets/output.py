"""The folder that a data set is made in from others: it is empty or may be replaced, and one run at a time writes."""

import os
import re
import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from situate.data.checksums import PICTURE_FOLDER
from situate.data.description import DESCRIPTION_FILE, UNFINISHED_FILE, is_marked, is_own_name
from situate.data.lock import only_writer
from situate.data.shard_writer import writing
from situate.data.triple_files import PICTURE_FIELDS
from situate.errors import InputError

Progress = Callable[[int, int], None]
"""Called with how many of how many triples are done."""

_PICTURE_NAME = re.compile(rf".+\.({'|'.join(PICTURE_FIELDS.values())})\.png(\.partial)?")


@contextmanager
def new_data_set(folder: Path, inputs: Sequence[Path], *, overwrite: bool) -> Iterator[None]:
    """Make `folder` ready to be written into, and keep other runs out meanwhile.

    Args:
        folder: Must be missing or empty, unless `overwrite`.
        inputs: Data sets that are read meanwhile.
        overwrite: Remove a data set that is there.

    Raises:
        InputError: If there is something in the folder that may not be replaced, or it is one of `inputs`.
        OutputError: If it cannot be written, or another run writes into it.
    """
    with only_writer(folder), writing(folder):
        check_replaceable(folder, inputs, overwrite=overwrite)
        _clear(folder)
        folder.mkdir(parents=True, exist_ok=True)
        yield


def check_replaceable(folder: Path, inputs: Sequence[Path], *, overwrite: bool) -> None:
    """Check that a data set may be written into `folder` (see `new_data_set`).

    Raises:
        InputError: If there is something in the folder that may not be replaced, or it is one of `inputs`.
    """
    if any(folder.resolve() == one.resolve() for one in inputs):
        raise InputError(f"{folder} is the data set that is read; choose another folder to write")
    if folder.exists() and not folder.is_dir():
        raise InputError(f"{folder} is a file; pass a folder")
    found = sorted(folder.iterdir()) if folder.exists() else []
    if found and not overwrite:
        raise InputError(f"{folder} is not empty ({found[0].name}); pass --overwrite or another folder")
    foreign = [path.name for path in found if not _is_own(path)]
    if foreign:
        raise InputError(f"{folder} holds {foreign[0]}, which is no part of a data set; pass another folder")


def _clear(folder: Path) -> None:
    found = sorted(folder.iterdir()) if folder.exists() else []
    description, unfinished = folder / DESCRIPTION_FILE, folder / UNFINISHED_FILE
    # First of all, so that a data set half removed is never taken for a whole one, but still for one of ours.
    if description in found:
        os.replace(description, unfinished)
    for path in found:
        if path.is_dir():
            shutil.rmtree(path)
        elif path != unfinished:
            path.unlink(missing_ok=True)
    unfinished.unlink(missing_ok=True)


def _is_own(path: Path) -> bool:
    if not path.is_dir():
        return is_own_name(path.name)
    # Photographs of the user may lie in a folder called so.
    is_picture_folder = path.name == PICTURE_FOLDER and not path.is_symlink() and is_marked(path.parent)
    return is_picture_folder and all(_is_own_picture(file) for file in path.iterdir())


def _is_own_picture(path: Path) -> bool:
    return _PICTURE_NAME.fullmatch(path.name) is not None and not path.is_dir()
