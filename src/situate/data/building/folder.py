"""The folder of a data set while it is being built: what is finished, what may be resumed or replaced."""

import json
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from situate.data.building.report import BuildReport
from situate.data.description import ERRORS_FILE, is_own_name, write_description
from situate.errors import DataError, InputError
from situate.imageio.write import write_bytes, write_json

BUILDING = "building"


class BuildFolder:
    """Keeps a block's report beside its shard, so that a killed build goes on where it stopped."""

    def __init__(self, folder: Path) -> None:
        """Name the folder; nothing is touched before `open`."""
        self.folder = folder
        self._building = folder / BUILDING

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
        if found == [ERRORS_FILE]:
            # Of a build that came to nothing.
            (self.folder / ERRORS_FILE).unlink()
            found = []
        if found and overwrite:
            self._clear(found)
        elif found and resume:
            return self._resume(identity)
        elif found:
            raise InputError(f"{self.folder} is not empty ({found[0]}); pass --resume, --overwrite or another folder")
        self._building.mkdir(parents=True)
        write_json(identity, self._building / "plan.json")
        return None

    def report(self, number: int) -> BuildReport | None:
        """Return the report of block `number` if it is finished and its shard, if it has one, is there."""
        path = self._report_path(number)
        if not path.is_file():
            return None
        report = BuildReport.from_json(_read_json(path))
        has_shard = (self.folder / f"shard-{number:05d}.tar").is_file()
        return report if has_shard or not report.num_triples else None

    def plan(self, number: int) -> dict[str, Any] | None:
        """Return the plan of block `number` if it was made."""
        path = self._plan_path(number)
        return _read_json(path) if path.is_file() else None

    def keep_plan(self, number: int, plan: Mapping[str, Any]) -> None:
        """Keep the plan of block `number`, plain values."""
        write_json(plan, self._plan_path(number))

    def keep(self, number: int, report: BuildReport) -> None:
        """Mark block `number`, whose shard is written, as finished."""
        write_json(report.to_json(), self._report_path(number))

    def finish(self, description: Mapping[str, Any]) -> None:
        """Write `errors.jsonl` (if there are any) and `dataset.json`, and remove what was only for building."""
        self.keep_errors(description["report"]["errors"])
        write_description(self.folder, description)
        shutil.rmtree(self._building)

    def give_up(self, errors: Sequence[Mapping[str, Any]]) -> None:
        """Leave nothing but `errors.jsonl`, which does not stand in the way of another try."""
        shutil.rmtree(self._building)
        self.keep_errors(errors)

    def keep_errors(self, errors: Sequence[Mapping[str, Any]]) -> None:
        """Write `errors.jsonl` if there are any."""
        if errors:
            lines = "".join(json.dumps(error) + "\n" for error in errors)
            write_bytes(lines.encode(), self.folder / ERRORS_FILE)

    def _plan_path(self, number: int) -> Path:
        return self._building / f"plan-{number:05d}.json"

    def _report_path(self, number: int) -> Path:
        return self._building / f"block-{number:05d}.json"

    def _resume(self, identity: Mapping[str, Any]) -> dict[str, Any] | None:
        whole, plan = self.folder / "dataset.json", self._building / "plan.json"
        if not whole.is_file() and not plan.is_file():
            raise InputError(f"{self.folder} holds no build to resume; pass --overwrite or another folder")
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

    def _is_own_building(self, name: str) -> bool:
        """Whether it is what a build keeps its plans in, and no folder of the user's that is called so."""
        if name != BUILDING or not self._building.is_dir():
            return False
        return all(path.name.startswith(("plan", "block-", "view-")) for path in self._building.iterdir())

    def _clear(self, found: list[str]) -> None:
        foreign = [name for name in found if not (is_own_name(name) or self._is_own_building(name))]
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


def _differences(earlier: Mapping[str, Any], identity: Mapping[str, Any]) -> str:
    before, now = earlier.get("config", {}), identity["config"]
    changed = [f"{key} {before.get(key)!r}, now {now[key]!r}" for key in now if before.get(key) != now[key]]
    return "; ".join(changed) or "the annotation file has changed"


def _read_json(path: Path) -> dict[str, Any]:
    try:
        return json.loads(path.read_text())
    except ValueError as error:
        raise DataError(f"{path} is damaged ({error}); make the data set again with --overwrite") from error
