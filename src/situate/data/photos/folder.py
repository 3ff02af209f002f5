"""The folder of a photo data set while it is being built: what is finished, what may be resumed or replaced."""

import json
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from situate.data.photos.report import PhotoReport
from situate.data.writer import write_description
from situate.errors import DataError, InputError
from situate.imageio.write import write_bytes, write_json

OWN_NAMES = ("dataset.json", "errors.jsonl", "building")


class BuildFolder:
    """Keeps a block's report beside its shard, so that a killed build goes on where it stopped."""

    def __init__(self, folder: Path) -> None:
        """Name the folder; nothing is touched before `open`."""
        self.folder = folder
        self._building = folder / "building"

    def open(self, identity: Mapping[str, Any], *, resume: bool, overwrite: bool) -> dict[str, Any] | None:
        """Make the folder ready for a build with this `identity`.

        Returns:
            The description of a data set that is already whole, or None.

        Raises:
            InputError: If there is something in the folder and neither option allows for it, or it is not ours.
        """
        if resume and overwrite:
            raise InputError("both resume and overwrite are asked for; choose one")
        if self.folder.exists() and not self.folder.is_dir():
            raise InputError(f"{self.folder} is a file; pass a folder")
        found = sorted(path.name for path in self.folder.iterdir()) if self.folder.exists() else []
        if found and overwrite:
            self._clear(found)
        elif found and resume:
            return self._resume(identity)
        elif found:
            raise InputError(f"{self.folder} is not empty ({found[0]}); pass --resume, --overwrite or another folder")
        self._building.mkdir(parents=True)
        write_json(identity, self._building / "plan.json")
        return None

    def report(self, number: int) -> PhotoReport | None:
        """Return the report of block `number` if it is finished."""
        path = self._report_path(number)
        return PhotoReport.from_json(_read_json(path)) if path.is_file() else None

    def keep(self, number: int, report: PhotoReport) -> None:
        """Mark block `number`, whose shard is written, as finished."""
        write_json(report.to_json(), self._report_path(number))

    def finish(self, description: Mapping[str, Any]) -> None:
        """Write `errors.jsonl` (if there are any) and `dataset.json`, and remove what was only for building."""
        errors = description["report"]["errors"]
        if errors:
            lines = "".join(json.dumps(error) + "\n" for error in errors)
            write_bytes(lines.encode(), self.folder / "errors.jsonl")
        write_description(self.folder, description)
        shutil.rmtree(self._building)

    def _report_path(self, number: int) -> Path:
        return self._building / f"block-{number:05d}.json"

    def _resume(self, identity: Mapping[str, Any]) -> dict[str, Any] | None:
        whole, plan = self.folder / "dataset.json", self._building / "plan.json"
        if not whole.is_file() and not plan.is_file():
            raise InputError(f"{self.folder} holds no build to resume; pass another folder")
        earlier = _read_json(whole if whole.is_file() else plan)
        changed = [key for key in identity if earlier.get(key) != identity[key]]
        if changed:
            raise InputError(
                f"{self.folder} was made with another {', '.join(changed)} ({_differences(earlier, identity)}); "
                "resume with the same options and files, or pass --overwrite"
            )
        if not whole.is_file():
            return None
        if self._building.exists():
            # Killed between the last two steps of `finish`.
            shutil.rmtree(self._building)
        return earlier

    def _clear(self, found: list[str]) -> None:
        foreign = [name for name in found if name not in OWN_NAMES and not _is_shard(name)]
        if foreign:
            raise InputError(f"{self.folder} holds {foreign[0]}, which is no part of a data set; pass another folder")
        # First of all, so that a data set half removed is never taken for a whole one.
        (self.folder / "dataset.json").unlink(missing_ok=True)
        for name in found:
            path = self.folder / name
            if path.is_dir():
                shutil.rmtree(path)
            else:
                path.unlink(missing_ok=True)


def _is_shard(name: str) -> bool:
    return name.startswith("shard-") and name.endswith((".tar", ".tar.partial"))


def _differences(earlier: Mapping[str, Any], identity: Mapping[str, Any]) -> str:
    before, now = earlier.get("config", {}), identity["config"]
    changed = [f"{key} {before.get(key)!r}, now {now[key]!r}" for key in now if before.get(key) != now[key]]
    return "; ".join(changed) or "the annotation file has changed"


def _read_json(path: Path) -> dict[str, Any]:
    try:
        return json.loads(path.read_text())
    except ValueError as error:
        raise DataError(f"{path} is damaged ({error}); make the data set again with --overwrite") from error
