"""A larger data set becomes a zip file for the client, with the client's own names of pictures."""

import json
import zipfile
from collections.abc import Mapping
from pathlib import Path

from situate.augment.folder import CUTOUTS, ERRORS_FILE

ANNOTATIONS = "annotations.json"
_COMPRESSED = (".json", ".jsonl", ".html")


def pack(folder: Path, names: Mapping[str, str], target: Path) -> None:
    """Pack the data set in `folder`; `names` are the client's, by those that pictures have here."""
    partial = target.with_suffix(".partial")
    with zipfile.ZipFile(partial, "w") as archive:
        for path in sorted(folder.rglob("*")):
            place = path.relative_to(folder)
            if not path.is_file() or place.parts[0] == CUTOUTS or path.name.startswith("."):
                continue
            compression = zipfile.ZIP_DEFLATED if path.suffix in _COMPRESSED else zipfile.ZIP_STORED
            if place.as_posix() == ANNOTATIONS:
                archive.writestr(ANNOTATIONS, _annotations(path, names), compression)
            elif place.as_posix() == ERRORS_FILE:
                archive.writestr(ERRORS_FILE, _errors(path, names), compression)
            else:
                own = names.get(path.name)
                name = place.as_posix() if own is None else (place.parent / own).as_posix()
                archive.write(path, name, compression)
    partial.replace(target)


def _annotations(path: Path, names: Mapping[str, str]) -> str:
    content = json.loads(path.read_bytes())
    for image in content["images"]:
        image["file_name"] = names.get(image["file_name"], image["file_name"])
    return json.dumps(content)


def _errors(path: Path, names: Mapping[str, str]) -> str:
    entries = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    named = [entry | {"file": names.get(entry["file"], entry["file"])} for entry in entries]
    return "".join(json.dumps(entry) + "\n" for entry in named)
