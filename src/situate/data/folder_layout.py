"""The folder layout: pictures as files and a `metadata.jsonl`, as the Hugging Face *imagefolder* wants them.

A line is a triple. `file_name` is the composite, which is whole here, `background_file_name` and so on the others;
the rest is the label, `truth` as JSON text. A triple of source `places` has no composite: there `file_name` is the
background. Every line has the same columns, with null for what a triple lacks.
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path, PurePosixPath
from typing import Any

from situate.data.checksums import METADATA_FILE, PICTURE_FOLDER
from situate.data.members import Member
from situate.data.triple_files import PICTURE_FIELDS, has_picture
from situate.data.triple_label import label_problem
from situate.errors import DataError

LABEL_COLUMNS = ("key", "group", "source", "kind", "box_cxcywh", "light", "quality", "truth", "places")
COLUMN_OF_FIELD = {
    field: "file_name" if field == "composite" else f"{field}_file_name" for field in ("composite", *PICTURE_FIELDS)
}
COLUMNS = (*COLUMN_OF_FIELD.values(), *LABEL_COLUMNS)
# Words of a file's name that `datasets` takes for the name of a split (datasets.data_files.SPLIT_KEYWORDS).
_SPLIT_WORD = re.compile(
    "(?<![A-Za-z])(train|training|validation|valid|dev|val|test|testing|eval|evaluation)(q*)(?![A-Za-z])"
)


def picture_path(key: str, suffix: str) -> str:
    """Return the path of a picture in the data set's folder.

    A `q` is put behind words in the key, such as `train`, that would make `datasets` look for splits.
    """
    name = _SPLIT_WORD.sub(r"\1\2q", key)
    return f"{PICTURE_FOLDER}/{name}.{suffix}.png"


def row_of(key: str, label: Mapping[str, Any], suffixes: Sequence[str]) -> dict[str, Any]:
    """Return the metadata of a triple.

    Args:
        key: Of the triple.
        label: As `label_of` makes it.
        suffixes: Its pictures, without encoding.
    """
    files = {
        COLUMN_OF_FIELD[field]: picture_path(key, suffix)
        for field, suffix in PICTURE_FIELDS.items()
        if suffix in suffixes
    }
    if label.get("source") == "places":
        files[COLUMN_OF_FIELD["composite"]] = files[COLUMN_OF_FIELD["background"]]
    row = {"key": key, **label}
    if row.get("truth") is not None:
        row["truth"] = json.dumps(row["truth"])
    return {column: {**row, **files}.get(column) for column in COLUMNS}


def metadata_lines(rows: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """Yield the lines of `metadata.jsonl`; columns that no row has are left out.

    The first row that has a column leads, so that `datasets`, which reads in pieces, knows every column's type from
    the first piece.
    """
    first_rows = {column: _first_with(column, rows) for column in COLUMNS}
    columns = [column for column, first in first_rows.items() if first is not None]
    leading = sorted({first for first in first_rows.values() if first is not None})
    order = [*leading, *sorted(set(range(len(rows))) - set(leading))]
    for position in order:
        yield json.dumps({column: rows[position][column] for column in columns}) + "\n"


def read_metadata(folder: Path) -> tuple[dict[str, dict[str, Member]], list[dict[str, Any]]]:
    """Return the files and the labels of all triples of a folder.

    Raises:
        DataError: If a line is damaged.
    """
    members: dict[str, dict[str, Member]] = {}
    labels: list[dict[str, Any]] = []
    for number, line in numbered_lines(folder):
        key, files, label = triple_in_line(folder, number, line)
        if key in members:
            raise DataError(f"{folder / METADATA_FILE}:{number}: key {key} occurs twice; remove one of the lines")
        members[key] = files
        labels.append(label)
    return members, labels


def numbered_lines(folder: Path) -> Iterator[tuple[int, str]]:
    """Yield the lines of a folder's `metadata.jsonl` that are not empty, counted from 1.

    Raises:
        DataError: If it is not text.
    """
    try:
        text = (folder / METADATA_FILE).read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise DataError(f"{folder / METADATA_FILE} is damaged ({error}); make the data set again") from error
    return ((number, line) for number, line in enumerate(text.split("\n"), start=1) if line)


def triple_in_line(folder: Path, number: int, line: str) -> tuple[str, dict[str, Member], dict[str, Any]]:
    """Return key, files and label of the triple in a line of `metadata.jsonl`.

    Raises:
        DataError: If the line is damaged.
    """
    where = f"{folder / METADATA_FILE}:{number}"
    try:
        row = json.loads(line)
        label = {name: row[name] for name in LABEL_COLUMNS if name != "key" and row.get(name) is not None}
        if "truth" in label:
            label["truth"] = json.loads(label["truth"])
        key = str(row["key"])
        names = {
            suffix: row.get(COLUMN_OF_FIELD[field])
            for field, suffix in PICTURE_FIELDS.items()
            if has_picture(label, field)
        }
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise DataError(f"{where} is damaged ({error!r}); make the data set again") from error
    if problem := label_problem(label):
        raise DataError(f"{where} {problem}; make the data set again")
    files = {f"{suffix}.png": _member(folder, name, where) for suffix, name in names.items() if name is not None}
    return key, {name: member for name, member in files.items() if member is not None}, label


def _member(folder: Path, name: Any, where: str) -> Member | None:
    if not isinstance(name, str) or PurePosixPath(name).is_absolute() or ".." in PurePosixPath(name).parts:
        raise DataError(f"{where} names the file {name!r}, which is not inside the data set; make the data set again")
    path = folder / name
    return Member(path, 0, path.stat().st_size) if path.is_file() else None


def _first_with(column: str, rows: Sequence[Mapping[str, Any]]) -> int | None:
    return next((position for position, row in enumerate(rows) if row[column] is not None), None)
