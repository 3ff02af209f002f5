"""What lies in the folder of a data set, and `dataset.json`, which says what it is and makes it readable."""

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from situate.data.checksums import INDEX_FILE, METADATA_FILE, write_index
from situate.errors import DataError
from situate.imageio.write import write_bytes

FORMAT = "situate-triples-1"
DESCRIPTION_FILE = "dataset.json"
SCENES_FILE = "scenes.json"
"""The options from which rendered scenes can be drawn again."""
ERRORS_FILE = "errors.jsonl"
"""What could not be used of the pictures that a data set was made from."""
ATTRIBUTION_FILE = "ATTRIBUTION.md"
"""Who made what the pictures show; it must go wherever the pictures go."""
PARTIAL_SUFFIX = ".partial"
"""Of a file that is not whole yet; a run that was killed leaves it."""
UNFINISHED_FILE = f"{DESCRIPTION_FILE}{PARTIAL_SUFFIX}"
_OWN_FILES = (DESCRIPTION_FILE, INDEX_FILE, METADATA_FILE, SCENES_FILE, ERRORS_FILE, ATTRIBUTION_FILE)
_SHARD_OR_REPORT = re.compile(r"shard-\d{5,}\.(tar|json)")


def is_own_name(name: str) -> bool:
    """Say whether a file of a data set's folder is called so, whole or not; all else there is somebody else's.

    Folders (`images` of the folder layout, `building` of a build under way) are not among them.
    """
    whole = name.removesuffix(PARTIAL_SUFFIX)
    return whole in _OWN_FILES or _SHARD_OR_REPORT.fullmatch(whole) is not None


def write_description(folder: Path, description: Mapping[str, Any]) -> None:
    """Write `index.json` and then `dataset.json`, which makes the triples in `folder` a readable data set."""
    write_index(folder)
    write_bytes((json.dumps({"format": FORMAT, **description}, indent=2) + "\n").encode(), folder / DESCRIPTION_FILE)


def mark_unfinished(folder: Path) -> None:
    """Say in `folder` that a data set is being written or removed there; `write_description` ends that."""
    (folder / UNFINISHED_FILE).write_text(json.dumps({"format": FORMAT}) + "\n")


def is_marked(folder: Path) -> bool:
    """Say whether a file in `folder` tells that a data set of ours is there, whole or not."""
    return any(_format_in(folder / name) == FORMAT for name in (DESCRIPTION_FILE, UNFINISHED_FILE))


def read_description(folder: Path) -> dict[str, Any]:
    """Return what stands in a data set's `dataset.json`.

    Raises:
        DataError: If it is missing, damaged or of another format.
    """
    path = folder / DESCRIPTION_FILE
    if not path.is_file():
        if (folder / "building").is_dir():
            raise DataError(f"{folder} is not a data set of triples yet: its build was stopped; go on with --resume")
        raise DataError(f"{folder} is not a data set of triples (no dataset.json); make one with: situate data scenes")
    try:
        description = json.loads(path.read_text())
    except ValueError as error:
        raise DataError(f"{path} is not JSON ({error}); make the data set again") from error
    if not isinstance(description, dict) or description.get("format") != FORMAT:
        found = description.get("format") if isinstance(description, dict) else description
        raise DataError(f"{path}: format is {found!r}, this version reads {FORMAT!r}")
    return description


def _format_in(path: Path) -> Any:
    try:
        description = json.loads(path.read_bytes())
    except (OSError, ValueError):
        return None
    return description.get("format") if isinstance(description, dict) else None
