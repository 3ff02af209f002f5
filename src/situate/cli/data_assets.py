"""`situate data assets`: models for rendered scenes, with their creators' names."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from situate.data.assets.model import AssetModel
    from situate.data.assets.survey import Survey


def assets(
    folder: Path,
    *,
    deb: Path | None = None,
    sheet: Path | None = None,
    num: int = 64,
    category: tuple[str, ...] = (),
    seed: int = 0,
    cache: Path | None = None,
    num_workers: int = 2,
) -> None:
    """Get 3D models for rendered scenes into FOLDER, check them all, and write who made them.

    The models are 820 pieces of furniture, plants, people and vehicles of the Debian package sweethome3d-furniture
    (120 MB), which apt fetches. A FOLDER that already holds .sh3f archives, or OBJ and GLB files with a table
    models.csv, is only checked. FOLDER/ATTRIBUTION.md lists every usable model with its creator and licence,
    FOLDER/assets.json what cannot be used and why.

    Args:
        folder: Where the models are, or go.
        deb: The package, if it is already here.
        sheet: Draw models, each beside a measuring rod, into this picture.
        num: How many models are drawn at random.
        category: Draw only models of this category; may be given several times.
        seed: Which models are drawn.
        cache: Folder for prepared models; without it, the user's cache folder.
        num_workers: Processes that check; does not change the result.
    """
    from situate.data.assets.attribution import attribution
    from situate.data.assets.catalogue import scan_catalogue
    from situate.data.assets.survey import survey
    from situate.imageio.write import check_output, write_bytes, write_json

    if sheet is not None:
        check_output(sheet)
    _provide(folder, deb)
    catalogue = scan_catalogue(folder)
    with _progress("checking", len(catalogue.models)) as progress:
        made = survey(catalogue, cache=cache, num_workers=num_workers, progress=progress)
    models = [entry.model for entry in made.usable]
    write_bytes(attribution(models).encode(), folder / "ATTRIBUTION.md")
    write_json(made.to_json(), folder / "assets.json")
    _print(made, folder)
    if sheet is not None:
        _draw(models, sheet, num=num, categories=category, seed=seed, cache=cache)


def _provide(folder: Path, deb: Path | None) -> None:
    """Put the package's archives into `folder`, unless there are models."""
    import tempfile

    from situate.data.assets.catalogue import catalogue_files
    from situate.data.assets.debian import fetched_package, unpack_archives
    from situate.errors import InputError

    if folder.exists() and not folder.is_dir():
        raise InputError(f"{folder} is a file; pass a folder")
    if deb is None and catalogue_files(folder):
        return
    with tempfile.TemporaryDirectory(prefix="situate-") as place:
        archives = unpack_archives(deb or fetched_package(Path(place)), folder)
    print(f"unpacked        {len(archives)} archives into {folder}")


def _print(made: "Survey", folder: Path) -> None:
    for title, counts in (("categories", made.num_by_category), ("licences", made.num_by_licence)):
        print(f"{title:<16}" + ", ".join(f"{name or 'not named'} {count}" for name, count in counts.items()))
    remarked = sum(1 for entry in made.usable if entry.remarks)
    print(f"usable          {len(made.usable)}, {remarked} of them with a plain colour for a missing texture")
    print(f"unusable        {len(made.unusable)}")
    for entry in made.unusable:
        print(f"  {entry.key}: {entry.reason}")
    print(f"written         {folder / 'ATTRIBUTION.md'}, {folder / 'assets.json'}")


def _draw(
    models: Sequence["AssetModel"],
    sheet: Path,
    *,
    num: int,
    categories: Sequence[str],
    seed: int,
    cache: Path | None,
) -> None:
    import numpy as np

    from situate.data.assets.sheet import model_sheet
    from situate.errors import InputError
    from situate.imageio.write import write_picture
    from situate.records.picture import Picture
    from situate.seeds import seed_for

    known = Counter(model.category for model in models)
    if wrong := [name for name in categories if name not in known]:
        raise InputError(f"no usable model has the category {wrong[0]!r}; choose from {', '.join(sorted(known))}")
    offered = [model for model in models if not categories or model.category in categories]
    generator = np.random.default_rng(seed_for(seed, "assets"))
    drawn = [offered[index] for index in sorted(generator.permutation(len(offered))[: max(1, num)].tolist())]
    with _progress("drawing", len(drawn)) as progress:
        pixels = model_sheet(drawn, cache=cache, progress=progress)
    write_picture(Picture(pixels, name=str(sheet)), sheet)
    print(f"{sheet}: {len(drawn)} models")


@contextmanager
def _progress(title: str, total: int) -> Iterator[Callable[[int], None]]:
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = TextColumn(title), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn()
    with Progress(*columns, console=Console(stderr=True)) as bar:
        task = bar.add_task(title, total=total)
        yield lambda num_done: bar.update(task, completed=num_done)
