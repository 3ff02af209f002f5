"""Names before keys and groups, so that those of several data sets stay apart."""

import re
from collections import Counter
from collections.abc import Sequence

from situate.data.store import TripleStore


def prefixes_for(stores: Sequence[TripleStore]) -> list[str]:
    """Return what to put before the keys and the groups of every store: nothing if no two of them share one."""
    if not _has_clash(stores, [""] * len(stores)):
        return [""] * len(stores)
    names = [re.sub(r"[^A-Za-z0-9_-]", "-", store.folder.resolve().name) for store in stores]
    for candidates in (names, _numbered(names)):
        prefixes = [f"{name}-" for name in candidates]
        if len(set(prefixes)) == len(prefixes) and not _has_clash(stores, prefixes):
            return prefixes
    # No two of these begin alike, so nothing that follows can make them equal.
    return [f"{number}-" for number in range(len(stores))]


def _numbered(names: Sequence[str]) -> list[str]:
    """Names that occur several times get a number each."""
    counts, seen = Counter(names), Counter()
    numbered = []
    for name in names:
        seen[name] += 1
        numbered.append(f"{name}-{seen[name]}" if counts[name] > 1 else name)
    return numbered


def _has_clash(stores: Sequence[TripleStore], prefixes: Sequence[str]) -> bool:
    return any(
        _occurs_twice([{f"{prefix}{name}" for name in names} for prefix, names in zip(prefixes, of_all, strict=True)])
        for of_all in (
            [store.keys for store in stores],
            [{label["group"] for label in store.labels} for store in stores],
        )
    )


def _occurs_twice(of_each: Sequence[set[str]]) -> bool:
    return len(set().union(*of_each)) < sum(map(len, of_each))
