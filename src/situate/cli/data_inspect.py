"""`situate data inspect`: counts of a data set of triples, and some of them to look at."""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

if TYPE_CHECKING:
    from situate.data.store import TripleStore

PAGE_SUFFIX = ".html"


def inspect(
    folder: Path,
    *,
    output: Annotated[Path | None, Parameter(alias="-o")] = None,
    num: int = 24,
    columns: int = 2,
    cell: int = 160,
    seed: int = 0,
    kind: str | None = None,
    worst: bool = False,
) -> None:
    """Print what a data set of triples holds, and draw some of them.

    Each triple is shown as foreground, background (the hole outlined), composite (the box drawn), visible alpha and
    effect.

    Args:
        folder: The data set, or the word starter: the package's triples for training.
        output: Where they are drawn: a page (HTML) or a contact sheet (PNG); without it, only counts are printed.
        num: How many triples are drawn at random.
        columns: Triples beside each other on a sheet.
        cell: Side of one picture, in pixels.
        seed: Which triples are drawn.
        kind: Draw only objects of this class.
        worst: Draw those of the lowest quality, lowest first; those without a quality come last.
    """
    from situate.data.sets.selection import selected
    from situate.data.starter import data_folder
    from situate.data.store import TripleStore
    from situate.imageio.write import PICTURE_SUFFIXES, check_output

    folder = data_folder(folder, "train")
    if output is not None:
        check_output(output, suffixes=(*PICTURE_SUFFIXES, PAGE_SUFFIX))
    store = TripleStore(folder)
    print(f"{folder}: {len(store)} triples in {len({label['group'] for label in store.labels})} groups")
    for field in ("source", "kind"):
        _print_counts(field, Counter(label[field] for label in store.labels))
    skipped = store.description.get("report", {}).get("skipped")
    if skipped:
        _print_counts("skipped", Counter(skipped))
    if output is not None:
        drawn = selected(store.labels, num, seed=seed, kind=kind, is_worst=worst)
        if output.suffix.lower() == PAGE_SUFFIX:
            _write_page(store, drawn, output, cell_px=cell, is_worst=worst)
        else:
            _write_sheet(store, drawn, output, columns=columns, cell_px=cell)
        print(f"{output}: {len(drawn)} triples")


def _print_counts(title: str, counts: Counter[str]) -> None:
    print(f"{title:<8}" + ", ".join(f"{name} {count}" for name, count in counts.most_common()))


def _write_page(store: "TripleStore", drawn: Sequence[int], output: Path, *, cell_px: int, is_worst: bool) -> None:
    from situate.evaluation.data_set.strips_page import strips_page
    from situate.imageio.write import write_bytes

    order = "lowest quality first" if is_worst else "drawn at random"
    lines = [
        f"{len(drawn)} of {len(store)} triples, {order}. Red: the repaired hole. Blue: the object's box. "
        "Orange: where it could stand as well."
    ]
    page = strips_page(store.folder.resolve().name, [store[index] for index in drawn], lines, cell_px=cell_px)
    write_bytes(page.encode(), output)


def _write_sheet(store: "TripleStore", drawn: Sequence[int], output: Path, *, columns: int, cell_px: int) -> None:
    from situate.data.contact_sheet import contact_sheet
    from situate.imageio.write import write_picture
    from situate.records.picture import Picture

    sheet = contact_sheet([store[index] for index in drawn], columns=columns, cell_px=cell_px)
    write_picture(Picture(sheet, name=str(output)), output)
