"""The objects that new pictures are made with: files, each of one class."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from situate.errors import DataError, InputError
from situate.imageio.foreground import prepare_foreground
from situate.imageio.read import read_picture
from situate.labels.picture_files import PICTURE_SUFFIXES
from situate.records.picture import Picture

SELF = "self"
"""In place of a folder: the data set's own objects."""


@dataclass(frozen=True)
class Cutout:
    """An object that may be put into pictures.

    Attributes:
        name: Its file, relative to the folder of cut-outs, `/` between folders; unique.
        kind: Its class.
        image_id: The picture of the data set that it was cut from; None if it was not.
        annotation_id: The object there.
    """

    name: str
    kind: str
    image_id: int | None = None
    annotation_id: int | None = None

    def to_json(self) -> dict[str, Any]:
        """Plain values; what is not known is left out."""
        return {key: value for key, value in asdict(self).items() if value is not None}


@dataclass(frozen=True)
class CutoutFolder:
    """Cut-outs and where their files lie."""

    root: Path
    cutouts: tuple[Cutout, ...]

    def read(self, cutout: Cutout) -> Picture:
        """Read a cut-out and trim it.

        Raises:
            ImageError: If it cannot be read.
            AlphaError: If it is no cut-out: it has no transparency, or nothing but.
        """
        return prepare_foreground(read_picture(self.root / cutout.name))

    def by_kind(self) -> dict[str, list[Cutout]]:
        """The cut-outs of every class."""
        grouped: dict[str, list[Cutout]] = {}
        for cutout in self.cutouts:
            grouped.setdefault(cutout.kind, []).append(cutout)
        return grouped


def cutouts_in(folder: Path) -> CutoutFolder:
    """List the cut-outs of a folder that has a folder for each class; nothing is opened.

    Raises:
        InputError: If there are none, or pictures lie beside the folders, where they have no class.
    """
    if not folder.is_dir():
        raise InputError(
            f"{folder} is not a folder; pass a folder of cut-outs with a folder for each class (CUTOUTS/car/1.png), or "
            f"the word {SELF} for the data set's own objects"
        )
    classless = [file.name for file in _visible(folder) if file.suffix.lower() in PICTURE_SUFFIXES and file.is_file()]
    if classless:
        raise InputError(
            f"{folder} holds {classless[0]} in no folder, so that its class is not known; move it into a folder named "
            "by its class"
        )
    found = [
        Cutout(file.relative_to(folder).as_posix(), kind.name)
        for kind in _visible(folder)
        if kind.is_dir()
        for file in sorted(kind.rglob("*"))
        if file.suffix.lower() in PICTURE_SUFFIXES and file.is_file() and not file.name.startswith(".")
    ]
    if unnamed := [cutout.name for cutout in found if not _is_text(cutout.name)]:
        raise InputError(f"{folder} holds a file whose name is no UTF-8 text: {unnamed[0]!a}; rename it")
    if not found:
        raise InputError(f"{folder} holds no cut-outs; pass a folder with pictures in it as CUTOUTS/<class>/*.png")
    return CutoutFolder(folder, tuple(found))


def _is_text(name: str) -> bool:
    return not any("\udc80" <= letter <= "\udcff" for letter in name)


def _visible(folder: Path) -> list[Path]:
    return sorted(path for path in folder.iterdir() if not path.name.startswith("."))


def readable(folder: CutoutFolder) -> tuple[CutoutFolder, list[dict[str, str]]]:
    """Leave out what is no cut-out; every file is decoded once.

    Returns:
        The rest, and an entry with file and error for each that was left out.

    Raises:
        DataError: If nothing is left.
    """
    kept: list[Cutout] = []
    errors: list[dict[str, str]] = []
    for cutout in folder.cutouts:
        try:
            folder.read(cutout)
        except InputError as error:
            errors.append({"file": str(folder.root / cutout.name), "error": str(error)})
        else:
            kept.append(cutout)
    if not kept:
        raise DataError(
            f"none of the {len(errors)} pictures in {folder.root} is a cut-out; the first: {errors[0]['error']}"
        )
    return CutoutFolder(folder.root, tuple(kept)), errors


def check_kinds(cutouts: Sequence[Cutout], known: Sequence[str], *, add_classes: bool) -> list[str]:
    """Return the classes of cut-outs that are not `known`.

    Raises:
        InputError: If there are some and they may not be added.
    """
    unknown = sorted({cutout.kind for cutout in cutouts} - set(known))
    if unknown and not add_classes:
        raise InputError(
            f"there are cut-outs of the class {', '.join(map(repr, unknown))}, which the data set does not have (it "
            f"has {', '.join(map(repr, known))}); rename the folder, or pass --add-classes"
        )
    return unknown
