"""Splitting a data set into parts by group, so that adding data later moves nothing from part to part."""

import re
from bisect import bisect_right
from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import accumulate
from pathlib import Path
from typing import Any

from situate.data.sets.attribution import attribute
from situate.data.sets.copy import raw_copier
from situate.data.sets.output import Progress, check_replaceable, new_data_set
from situate.data.store import TripleStore
from situate.errors import DataError, InputError
from situate.seeds import SEED_BITS, seed_for

PART_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]*")
ROUNDING = 1e-9


def parsed_parts(words: Sequence[str]) -> dict[str, float]:
    """Read `train=0.8` and the like.

    Raises:
        InputError: If a word is no such thing, a name occurs twice, or the fractions are more than the whole.
    """
    parts: dict[str, float] = {}
    for word in words:
        name, _, text = word.partition("=")
        fraction = _fraction(text)
        if not PART_NAME.fullmatch(name) or fraction is None:
            raise InputError(f"part {word!r} is not a name and a fraction in (0, 1]; pass for example train=0.8")
        if name in parts:
            raise InputError(f"part {name!r} is named twice; give every part its own name")
        parts[name] = fraction
    if not parts:
        raise InputError("there are 0 parts; pass for example --parts train=0.8 val=0.2")
    if sum(parts.values()) > 1 + ROUNDING:
        raise InputError(f"the parts sum to {sum(parts.values()):g}, more than 1; pass smaller fractions")
    return parts


def part_of(group: str, parts: Mapping[str, float], seed: int) -> str | None:
    """Return the part that a group belongs to; None if the parts leave it out.

    It depends on the group, the seed and the fractions only. Fractions that sum to 1 leave no group out.
    """
    position = seed_for(seed, "split", group) / 2**SEED_BITS
    ends = list(accumulate(parts.values()))
    if ends[-1] > 1 - ROUNDING:
        ends[-1] = 1.0
    place = bisect_right(ends, position)
    return list(parts)[place] if place < len(parts) else None


def split(
    folder: Path,
    output: Path,
    parts: Mapping[str, float],
    *,
    seed: int = 0,
    overwrite: bool = False,
    progress: Progress | None = None,
) -> dict[str, int]:
    """Write every part as a data set of its own, in a folder of `output` named after it; pictures are not re-encoded.

    Returns:
        How many triples each part has.

    Raises:
        DataError: If `folder` is no data set, or a part would be empty.
        InputError: If the folder of a part may not be replaced.
        OutputError: If it cannot be written.
    """
    store = TripleStore(folder)
    indices: dict[str, list[int]] = {name: [] for name in parts}
    for index, label in enumerate(store.labels):
        name = part_of(label["group"], parts, seed)
        if name is not None:
            indices[name].append(index)
    _check_not_empty(store, indices)
    _check_output(folder, output, parts)
    for name in parts:
        check_replaceable(output / name, [folder], overwrite=overwrite)
    num_done, num_triples = 0, sum(map(len, indices.values()))
    for name, chosen in indices.items():
        with (
            new_data_set(output / name, [folder], overwrite=overwrite),
            raw_copier(output / name, store.layout) as copier,
        ):
            for index in chosen:
                copier.copy(store, index)
                num_done += 1
                if progress is not None:
                    progress(num_done, num_triples)
            attribute([folder], output / name)
            copier.finish(_description(store, chosen, {"name": name, "fraction": parts[name], "seed": seed}))
    return {name: len(chosen) for name, chosen in indices.items()}


def _check_output(folder: Path, output: Path, parts: Mapping[str, float]) -> None:
    if output.resolve() == folder.resolve():
        raise InputError(f"{output} is the data set that is split; choose another folder to write")
    found = sorted(path.parent.name for path in output.glob("*/dataset.json"))
    stale = [name for name in found if name not in parts]
    if stale:
        raise InputError(
            f"{output} holds another part, {stale[0]}, whose groups may be in the new ones too; remove it, or choose "
            "another folder"
        )


def _description(store: TripleStore, chosen: Sequence[int], part: Mapping[str, Any]) -> dict[str, Any]:
    kinds = Counter(store.labels[index]["kind"] for index in chosen)
    return {
        "source": store.description.get("source"),
        "num_triples": len(chosen),
        "kinds": dict(sorted(kinds.items())),
        "part": part,
        "parent": store.description,
    }


def _check_not_empty(store: TripleStore, indices: Mapping[str, Sequence[int]]) -> None:
    empty = [name for name, chosen in indices.items() if not chosen]
    if empty:
        num_groups = len({label["group"] for label in store.labels})
        raise DataError(
            f"{store.folder}: no group falls into {', '.join(empty)} ({num_groups} groups in all); "
            "make more data, choose larger fractions, or try another --seed"
        )


def _fraction(text: str) -> float | None:
    try:
        value = float(text)
    except ValueError:
        return None
    return value if 0 < value <= 1 else None
