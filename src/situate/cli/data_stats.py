"""`situate data stats`: what a data set holds, in numbers and charts."""

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from situate.cli.progress import progress_bar

PAGE_SUFFIXES = (".html",)
JSON_SUFFIXES = (".json",)


def stats(
    folder: Path,
    *,
    output: Annotated[Path | None, Parameter(alias="-o")] = None,
    json: Path | None = None,
) -> None:
    """Count triples, and measure their objects: sizes, places, aspect ratios, cut-outs, decoys.

    Args:
        folder: The data set, or the word starter: the package's triples for training.
        output: Where a page with charts is written (HTML); it needs nothing but itself.
        json: Where the numbers are written.
    """
    from situate.data.sets.statistics import statistics_of
    from situate.data.starter import data_folder
    from situate.data.store import TripleStore
    from situate.evaluation.data_set.statistics_page import statistics_page
    from situate.imageio.write import check_output, write_bytes, write_json

    for path, suffixes in ((output, PAGE_SUFFIXES), (json, JSON_SUFFIXES)):
        if path is not None:
            check_output(path, suffixes=suffixes)
    folder = data_folder(folder, "train")
    store = TripleStore(folder)
    with progress_bar("measuring") as progress:
        statistics = statistics_of(store, progress=progress)
    numbers = statistics.to_json()
    print(f"{folder}: {numbers['num_triples']} triples in {numbers['num_groups']} groups")
    for name, counts in numbers["counts"].items():
        print(f"{name:<10}" + ", ".join(f"{word} {count}" for word, count in counts.items()))
    for name, values in numbers["values"].items():
        print(f"{name:<10}" + ", ".join(f"{word} {values[word]:g}" for word in ("p05", "p50", "p95", "mean")))
    if output is not None:
        write_bytes(statistics_page(statistics).encode(), output)
    if json is not None:
        write_json(numbers, json)
