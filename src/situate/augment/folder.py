"""The folder of an augmented data set while it is made: what is finished, what may be resumed or replaced."""

import json
import re
import shutil
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

from situate.augment.plan import FORMAT, PLAN_FILE
from situate.errors import DataError, InputError
from situate.imageio.write import write_json

ERRORS_FILE = "errors.jsonl"
REPORT_FILE = "report.json"
PAGE_FILE = "report.html"
CUTOUTS = "cutouts"
BUILDING = "building"
_IDENTITY_FILE = "identity.json"
_NEW_PICTURE, _CUTOUT = re.compile(r"aug\d*-\d{7}-"), re.compile(r"\d{6,}-.*\.png$")
_LABELS = ("annotations.json", "data.yaml", "labels", "Annotations", "SegmentationObject", "ImageSets")
_OWN = (*_LABELS, "images", "JPEGImages", CUTOUTS, PLAN_FILE, REPORT_FILE, PAGE_FILE, ERRORS_FILE, BUILDING)


class AugmentFolder:
    """Keeps what every block came to beside the pictures, so that a killed run goes on where it stopped."""

    def __init__(self, folder: Path) -> None:
        """Name the folder; nothing is touched before `open`."""
        self.folder = folder
        self.building = folder / BUILDING
        self.rejected = self.building / "rejected"

    @property
    def is_finished(self) -> bool:
        """Whether the data set is whole: its report is written last, and removed first."""
        return (self.folder / REPORT_FILE).is_file()

    def check(self, *, resume: bool, overwrite: bool) -> None:
        """Find out whether the folder may be used, before any work; nothing is touched.

        Raises:
            InputError: If there is something in the folder and neither option allows for it, or it is not ours.
        """
        if resume and overwrite:
            raise InputError("both resume and overwrite are asked for; choose one")
        if self.folder.exists() and not self.folder.is_dir():
            raise InputError(f"{self.folder} is a file; pass a folder")
        found = self._found()
        if not found:
            return
        if not (resume or overwrite):
            raise InputError(f"{self.folder} is not empty ({found[0]}); pass --resume, --overwrite or another folder")
        if not self._is_ours():
            action = "resume" if resume else "overwrite"
            raise InputError(f"{self.folder} holds {found[0]} and no augmentation to {action}; pass another folder")
        foreign = [name for name in found if name.removesuffix(".partial") not in _OWN]
        if overwrite and foreign:
            raise InputError(f"{self.folder} holds {foreign[0]}, which is no part of an augmentation; move it away")

    def open(self, identity: Mapping[str, Any], *, resume: bool, overwrite: bool) -> None:
        """Make the folder ready for what has this `identity`.

        Raises:
            InputError: See `check`; or if what is there was made with other options or files.
        """
        self.check(resume=resume, overwrite=overwrite)
        found = self._found()
        if found and resume:
            self._compare(identity)
            if self.is_finished:
                # Killed while this was removed.
                shutil.rmtree(self.building, ignore_errors=True)
            else:
                self.rejected.mkdir(parents=True, exist_ok=True)
            return
        if found:
            self._clear(found)
        self.rejected.mkdir(parents=True, exist_ok=True)
        write_json({"format": FORMAT, **identity}, self.building / _IDENTITY_FILE)

    def block_path(self, number: int) -> Path:
        """Where the report of a block is kept."""
        return self.building / f"block-{number:06d}.json"

    def identity(self) -> dict[str, Any]:
        """What the folder is made from: of a finished one as its report says."""
        path = self.folder / REPORT_FILE if self.is_finished else self.building / _IDENTITY_FILE
        try:
            content = json.loads(path.read_bytes())
        except (OSError, ValueError) as error:
            raise DataError(f"{path} is damaged ({error}); make the data set again with --overwrite") from error
        return content["identity"] if self.is_finished else content

    def finish(self) -> None:
        """Remove what was only for building."""
        shutil.rmtree(self.building)

    def check_pictures(self, names: Collection[str], *, overwrite: bool) -> None:
        """Find out whether an augmentation that shall be replaced holds pictures of somebody else's.

        Args:
            names: Of the original pictures.
            overwrite: Whether it shall be replaced.

        Raises:
            InputError: Naming one.
        """
        if not overwrite:
            return
        for folder, is_own in (("images", _is_new_picture), ("JPEGImages", _is_new_picture), (CUTOUTS, _is_cutout)):
            for path in (self.folder / folder).rglob("*"):
                name = path.relative_to(self.folder / folder).as_posix()
                if not (path.is_dir() or name in names or is_own(path.name.removesuffix(".partial"))):
                    raise InputError(f"{path} is no part of an augmentation of these pictures; move it away")

    def _found(self) -> list[str]:
        found = sorted(path.name for path in self.folder.iterdir()) if self.folder.exists() else []
        return [] if found == [BUILDING] and self._is_bare() else found

    def _is_bare(self) -> bool:
        """Whether a run was killed, or the disk was full, before it could say what it is."""
        names = {path.name for path in self.building.iterdir()} if self.building.is_dir() else {""}
        return names <= {self.rejected.name, f"{_IDENTITY_FILE}.partial"}

    def _is_ours(self) -> bool:
        return any(_format_in(path) == FORMAT for path in (self.folder / PLAN_FILE, self.building / _IDENTITY_FILE))

    def _compare(self, identity: Mapping[str, Any]) -> None:
        earlier = self.identity()
        changed = [key for key in identity if earlier.get(key) != identity[key]]
        if changed:
            raise InputError(
                f"{self.folder} was made with another {', '.join(changed)} ({_differences(earlier, identity)}); "
                "resume with the same options and files, or pass --overwrite"
            )

    def _clear(self, found: list[str]) -> None:
        # The report first: without it nothing is whole. The plan, by which the folder is known as ours, last.
        for name in sorted(found, key=lambda name: (name != REPORT_FILE, name == BUILDING, name == PLAN_FILE)):
            path = self.folder / name
            if path.is_dir() and not path.is_symlink():
                shutil.rmtree(path)
            else:
                path.unlink(missing_ok=True)


def _is_new_picture(name: str) -> bool:
    return _NEW_PICTURE.match(name) is not None


def _is_cutout(name: str) -> bool:
    return _CUTOUT.match(name) is not None


def _differences(earlier: Mapping[str, Any], identity: Mapping[str, Any]) -> str:
    before, now = earlier.get("config", {}), identity["config"]
    changed = [f"{key} {before.get(key)!r}, now {now[key]!r}" for key in now if before.get(key) != now[key]]
    return "; ".join(changed) or "the files have changed"


def _format_in(path: Path) -> Any:
    try:
        content = json.loads(path.read_bytes())
    except (OSError, ValueError):
        return None
    return content.get("format") if isinstance(content, dict) else None
