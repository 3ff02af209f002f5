"""`situate data inspect`: counts and a contact sheet of a data set of triples."""

from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

if TYPE_CHECKING:
    from situate.data.store import TripleStore


def inspect(
    folder: Path,
    *,
    output: Annotated[Path | None, Parameter(alias="-o")] = None,
    num: int = 24,
    columns: int = 2,
    cell: int = 160,
    seed: int = 0,
) -> None:
    """Print what a data set of triples holds, and draw some of them.

    Each triple is shown as foreground, background (the hole outlined), composite (the box drawn), visible alpha and
    effect.

    Args:
        folder: The data set, or the word starter: the package's triples for training.
        output: Where the contact sheet is written (PNG); without it, only counts are printed.
        num: How many triples are drawn at random.
        columns: Triples beside each other.
        cell: Side of one picture on the sheet, in pixels.
        seed: Which triples are drawn.
    """
    from situate.data.starter import data_folder
    from situate.data.store import TripleStore
    from situate.imageio.write import check_output

    folder = data_folder(folder, "train")
    if output is not None:
        check_output(output)
    store = TripleStore(folder)
    print(f"{folder}: {len(store)} triples in {len({label['group'] for label in store.labels})} groups")
    for field in ("source", "kind"):
        _print_counts(field, Counter(label[field] for label in store.labels))
    skipped = store.description.get("report", {}).get("skipped")
    if skipped:
        _print_counts("skipped", Counter(skipped))
    if output is not None:
        num_drawn = _draw(store, output, num=num, columns=columns, cell_px=cell, seed=seed)
        print(f"{output}: {num_drawn} triples")


def _print_counts(title: str, counts: Counter[str]) -> None:
    print(f"{title:<8}" + ", ".join(f"{name} {count}" for name, count in counts.most_common()))


def _draw(store: "TripleStore", output: Path, *, num: int, columns: int, cell_px: int, seed: int) -> int:
    import numpy as np

    from situate.data.contact_sheet import contact_sheet
    from situate.imageio.write import write_picture
    from situate.records.picture import Picture
    from situate.seeds import seed_for

    generator = np.random.default_rng(seed_for(seed, "inspect"))
    drawn = sorted(generator.permutation(len(store))[: max(1, num)].tolist())
    sheet = contact_sheet([store[index] for index in drawn], columns=columns, cell_px=cell_px)
    write_picture(Picture(sheet, name=str(output)), output)
    return len(drawn)
