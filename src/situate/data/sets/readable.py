"""What can still be read of a data set that may be damaged: triples by key, and a problem for all else."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from situate.data.checksums import METADATA_FILE
from situate.data.folder_layout import numbered_lines, triple_in_line
from situate.data.members import Member, shard_members, shards_of
from situate.data.sets.problem import Problem, problem_of
from situate.data.store import layout_of
from situate.data.triple_files import read_label
from situate.errors import DataError


@dataclass
class Found:
    """The triples of a data set.

    Attributes:
        files: Where the files of every triple lie, by key.
        labels: Of the triples whose label can be read.
        problems: Damaged shards and labels, and keys that occur twice.
    """

    files: dict[str, dict[str, Member]] = field(default_factory=dict)
    labels: dict[str, dict[str, Any]] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)


def found_triples(folder: Path) -> Found:
    """Find all triples of a data set in either layout."""
    return _in_lines(folder) if layout_of(folder) == "folder" else _in_shards(folder)


def _in_shards(folder: Path) -> Found:
    found = Found()
    for shard in shards_of(folder):
        own: dict[str, dict[str, Member]] = {}
        try:
            for key, suffix, member in shard_members(shard):
                if suffix in own.setdefault(key, {}):
                    found.problems.append(Problem(str(shard), f"{key}.{suffix} occurs twice"))
                own[key][suffix] = member
        except DataError as error:
            found.problems.append(problem_of(error, str(shard)))
        repeated = own.keys() & found.files.keys()
        found.problems += [Problem(str(shard), f"key {key} is in an earlier shard too") for key in sorted(repeated)]
        found.files |= {key: files for key, files in own.items() if key not in repeated}
    for key, files in found.files.items():
        where = f"{folder}: {key}"
        try:
            found.labels[key] = read_label(files, where)
        except DataError as error:
            found.problems.append(problem_of(error, where))
    return found


def _in_lines(folder: Path) -> Found:
    found = Found()
    for number, line in _lines(folder, found):
        where = f"{folder / METADATA_FILE}:{number}"
        try:
            key, files, label = triple_in_line(folder, number, line)
        except DataError as error:
            found.problems.append(problem_of(error, where))
            continue
        if key in found.files:
            found.problems.append(Problem(where, f"key {key} is in an earlier line too"))
        else:
            found.files[key], found.labels[key] = files, label
    return found


def _lines(folder: Path, found: Found) -> Iterator[tuple[int, str]]:
    try:
        yield from numbered_lines(folder)
    except DataError as error:
        found.problems.append(problem_of(error, str(folder / METADATA_FILE)))
