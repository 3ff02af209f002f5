"""`situate data merge`: several data sets become one, or one takes the other layout."""

from pathlib import Path
from typing import Annotated, Literal

from cyclopts import Parameter

from situate.cli.progress import progress_bar


def merge(
    *folders: Path,
    output: Annotated[Path, Parameter(alias="-o")],
    layout: Literal["shards", "folder"] = "shards",
    overwrite: bool = False,
) -> None:
    """Merge data sets into one; with a single FOLDER, convert its layout.

    Where a key or a group occurs in two of them, all keys and groups get the name of their folder put before them.
    Pictures are copied as they are if all triples then have the same files, and stored as PNG otherwise.

    Args:
        folders: The data sets.
        output: Folder of the new data set.
        layout: Tar shards in the way of WebDataset, or a folder of pictures with metadata.jsonl (imagefolder).
        overwrite: Replace the data set in OUTPUT.
    """
    from situate.data.sets.merge import merge as merged
    from situate.data.starter import data_folder
    from situate.data.store import TripleStore

    named = [data_folder(folder, "train") for folder in folders]
    with progress_bar("copying") as progress:
        prefixes = merged(named, output, layout=layout, overwrite=overwrite, progress=progress)
    for folder, prefix in zip(named, prefixes, strict=True):
        if prefix:
            print(f"{folder}: keys and groups now begin with {prefix}")
    print(f"{output}: {len(TripleStore(output))} triples")
