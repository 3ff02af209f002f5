"""`situate data split`: parts of a data set, by group."""

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from situate.cli.progress import progress_bar


def split(
    folder: Path,
    output: Path,
    *,
    parts: Annotated[list[str], Parameter(consume_multiple=True, negative=())],
    seed: int = 0,
    overwrite: bool = False,
) -> None:
    """Split a data set into parts, each a data set of its own in OUTPUT/NAME.

    Triples of one group stay together. Which part a group belongs to depends on its name and the seed only, so data
    that is added later moves nothing. Files are copied as they are.

    Args:
        folder: The data set.
        output: Folder that the parts are written into.
        parts: Name and fraction of each, such as train=0.8 val=0.1 test=0.1; what is missing to 1 is left out.
        seed: Another seed splits otherwise.
        overwrite: Replace the parts that are there.
    """
    from situate.data.sets.split import parsed_parts
    from situate.data.sets.split import split as split_data_set
    from situate.data.starter import data_folder
    from situate.data.store import TripleStore

    fractions = parsed_parts(parts)
    source = data_folder(folder, "train")
    with progress_bar("copying") as progress:
        counts = split_data_set(source, output, fractions, seed=seed, overwrite=overwrite, progress=progress)
    total = len(TripleStore(source))
    for name, num_triples in counts.items():
        print(f"{output / name}: {num_triples} triples, {num_triples / total:.1%} (asked for {fractions[name]:.1%})")
