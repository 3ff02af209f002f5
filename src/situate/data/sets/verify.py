"""Checking a data set on disk: checksums, every picture, every label; and that parts of one share no group."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from situate.data.checksums import INDEX_FILE, listed_files, num_triples_in, read_index, sha256_of
from situate.data.description import DESCRIPTION_FILE, read_description
from situate.data.sets.checks import problems_of
from situate.data.sets.output import Progress
from situate.data.sets.problem import Problem, problem_of
from situate.data.sets.readable import Found, found_triples
from situate.data.triple_files import read_triple
from situate.errors import DataError


@dataclass(frozen=True)
class Verification:
    """What `verify` looked at and found.

    Attributes:
        num_files: Shards, or files of the folder layout.
        num_triples: Triples that were found, damaged ones too.
        groups: Of the triples whose labels can be read.
        has_checksums: Whether there is an `index.json`.
        parent: The data set that this one is a part of, as text; None if it is no part.
        problems: In the order of files, then of triples.
    """

    num_files: int
    num_triples: int
    groups: frozenset[str]
    has_checksums: bool
    parent: str | None
    problems: tuple[Problem, ...]


def verify(folder: Path, *, progress: Progress | None = None) -> Verification:
    """Read everything in a data set and say what is wrong.

    Raises:
        DataError: If `folder` is no data set at all.
    """
    description = read_description(folder)
    problems = list(_checksum_problems(folder))
    found = found_triples(folder)
    problems += found.problems
    for number, key in enumerate(found.files, start=1):
        problems += _triple_problems(found, key, f"{folder}: {key}")
        if progress is not None:
            progress(number, len(found.files))
    if not found.files and not problems:
        problems.append(Problem(str(folder), "there are no triples"))
    return Verification(
        num_files=len(listed_files(folder)),
        num_triples=len(found.files),
        groups=frozenset(label["group"] for label in found.labels.values()),
        has_checksums=(folder / INDEX_FILE).is_file(),
        parent=json.dumps(description["parent"], sort_keys=True) if "part" in description else None,
        problems=tuple(problems),
    )


def parts_in(folder: Path) -> list[Path]:
    """Return the data sets that make up `folder`: itself, or those in it.

    Raises:
        DataError: If there is none.
    """
    parts = sorted(path.parent for path in folder.glob(f"*/{DESCRIPTION_FILE}"))
    if parts and not (folder / DESCRIPTION_FILE).is_file():
        return parts
    read_description(folder)
    return [folder]


def shared_groups(verifications: Mapping[str, Verification]) -> list[Problem]:
    """Return a problem for every group that is in several parts, by their names, of one data set.

    In data sets that are not parts of one, groups of one name have nothing to do with each other.
    """
    holders: dict[tuple[str, str], list[str]] = {}
    for name, verification in verifications.items():
        if verification.parent is not None:
            for group in verification.groups:
                holders.setdefault((verification.parent, group), []).append(name)
    return [
        Problem(f"group {group}", f"is in {', '.join(names)}", "split again with: situate data split --overwrite")
        for (_, group), names in sorted(holders.items())
        if len(names) > 1
    ]


def _checksum_problems(folder: Path) -> Iterator[Problem]:
    try:
        index = read_index(folder)
    except DataError as error:
        yield problem_of(error, str(folder / INDEX_FILE))
        return
    if index is None:
        return
    paths = {path.relative_to(folder).as_posix(): path for path in listed_files(folder)}
    for name in sorted(index.keys() | paths.keys()):
        if name not in paths:
            yield Problem(str(folder / name), f"is missing, though {INDEX_FILE} lists it")
        elif name not in index:
            yield Problem(str(folder / name), f"is not listed in {INDEX_FILE}", "remove it if it does not belong here")
        elif what := _difference(paths[name], index[name]):
            yield Problem(str(paths[name]), what)


def _difference(path: Path, entry: Mapping[str, Any]) -> str | None:
    size = path.stat().st_size
    if size != entry["filesize"]:
        return f"has {size} bytes, not {entry['filesize']}"
    if "sha256" in entry and entry["sha256"] != (found := sha256_of(path)):
        return f"has the SHA-256 {found[:12]}..., not {str(entry['sha256'])[:12]}..."
    return _miscount(path, entry["nsamples"]) if "nsamples" in entry else None


def _miscount(shard: Path, expected: int) -> str | None:
    try:
        num_triples = num_triples_in(shard)
    except DataError:
        # Reported where triples are looked for.
        return None
    return None if num_triples == expected else f"holds {num_triples} triples, not {expected}"


def _triple_problems(found: Found, key: str, where: str) -> list[Problem]:
    if key not in found.labels:
        return []
    try:
        return [
            Problem(where, what) for what in problems_of(read_triple(key, found.labels[key], found.files[key], where))
        ]
    except DataError as error:
        return [problem_of(error, where)]
