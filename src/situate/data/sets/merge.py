"""Merging data sets into one, and converting one between its layouts."""

from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from situate.data.sets.attribution import attribute
from situate.data.sets.copy import Copier, Recoder, raw_copier
from situate.data.sets.output import Progress, new_data_set
from situate.data.sets.prefixes import prefixes_for
from situate.data.store import Layout, TripleStore
from situate.errors import InputError

MIXED = "mixed"
_NO_PICTURE = "json"


def merge(
    folders: Sequence[Path],
    output: Path,
    *,
    layout: Layout = "shards",
    overwrite: bool = False,
    progress: Progress | None = None,
) -> list[str]:
    """Write the triples of all `folders` into one data set; with one folder this converts its layout.

    Files are copied as they lie where that gives every triple the same ones, and pictures stored anew, as PNG, where it
    does not.

    Returns:
        What was put before the keys and groups of every folder, so that none clash; empty where nothing was.

    Raises:
        DataError: If one of `folders` is no data set.
        InputError: If there is none, one is named twice, or `output` may not be replaced.
        OutputError: If it cannot be written.
    """
    _check_inputs(folders)
    stores = [TripleStore(folder) for folder in folders]
    prefixes = prefixes_for(stores)
    num_done, num_triples = 0, sum(map(len, stores))
    with new_data_set(output, folders, overwrite=overwrite), _copier(stores, output, layout) as copier:
        for store, prefix in zip(stores, prefixes, strict=True):
            for index in range(len(store)):
                copier.copy(store, index, prefix)
                num_done += 1
                if progress is not None:
                    progress(num_done, num_triples)
        attribute(folders, output)
        copier.finish(_description(stores, prefixes))
    return prefixes


def _check_inputs(folders: Sequence[Path]) -> None:
    if not folders:
        raise InputError("there are 0 data sets to merge; pass at least 1")
    counts = Counter(folder.resolve() for folder in folders)
    twice = [str(folder) for folder in folders if counts[folder.resolve()] > 1]
    if twice:
        raise InputError(f"{twice[0]} is named twice; pass every data set once")


def _copier(stores: Sequence[TripleStore], output: Path, layout: Layout) -> Copier:
    names = {frozenset(store.files(index)) for store in stores for index in range(len(store))}
    is_as_asked = all(store.layout == layout for store in stores)
    if is_as_asked and (layout == "folder" or len(names) == 1):
        return raw_copier(output, layout)
    suffixes = {name.partition(".")[0] for of_one in names for name in of_one} - {_NO_PICTURE}
    return Recoder(output, layout, sorted(_pictures(stores, suffixes)))


def _pictures(stores: Sequence[TripleStore], suffixes: set[str]) -> set[str]:
    """Either patches or composites: patches where all triples lie so, or are rendered and come as files.

    Triples of source `places` have neither.
    """
    with_composite = [
        "patch_xy" in label or (store.layout == "folder" and label["source"] == "scenes")
        for store in stores
        for label in store.labels
        if label["source"] != "places"
    ]
    if not with_composite:
        return suffixes
    return (suffixes - {"composite"}) | {"patch"} if all(with_composite) else suffixes - {"patch"}


def _description(stores: Sequence[TripleStore], prefixes: Sequence[str]) -> dict[str, Any]:
    if len(stores) == 1:
        return stores[0].description
    sources = {store.description.get("source") for store in stores}
    return {
        "source": sources.pop() if len(sources) == 1 else MIXED,
        "num_triples": sum(map(len, stores)),
        "kinds": _counted(label["kind"] for store in stores for label in store.labels),
        "parents": [
            {"name": store.folder.resolve().name, "prefix": prefix, **store.description}
            for store, prefix in zip(stores, prefixes, strict=True)
        ],
    }


def _counted(words: Iterable[str]) -> dict[str, int]:
    return dict(sorted(Counter(words).items()))
