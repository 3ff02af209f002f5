"""All models below a folder, from `.sh3f` archives and from tables."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from situate.data.assets.model import AssetModel, UnusableModel
from situate.data.assets.sh3f import read_sh3f
from situate.data.assets.table import TABLE, read_table
from situate.errors import DataError


@dataclass(frozen=True)
class Catalogue:
    """The models that a folder offers, and the entries that are wrong."""

    models: tuple[AssetModel, ...]
    unusable: tuple[UnusableModel, ...]


def read_catalogue(folder: Path) -> tuple[AssetModel, ...]:
    """Return the models below `folder`; raises as `scan_catalogue` does, which also tells what was left out."""
    return scan_catalogue(folder).models


def scan_catalogue(folder: Path) -> Catalogue:
    """Read all `.sh3f` archives below `folder`, and `models.csv` in it if there is one.

    Model files themselves are not opened. Models come in the order of their archives' names, then of the catalogue.

    Raises:
        DataError: If there is no catalogue, or one is damaged.
    """
    if not folder.is_dir():
        raise DataError(f"{folder} is no folder; get models with: situate data assets {folder}")
    archives = catalogue_files(folder)
    if not archives:
        remedy = f"get models with: situate data assets {folder}, or add the table {TABLE}"
        raise DataError(f"{folder} holds no .sh3f archive and no {TABLE}; {remedy}")
    models: list[AssetModel] = []
    unusable: list[UnusableModel] = []
    for archive in archives:
        found, wrong = read_table(archive.parent) if archive.name == TABLE else read_sh3f(archive)
        models += found
        unusable += wrong
    unique, repeated = _unique(models)
    return Catalogue(tuple(unique), (*unusable, *repeated))


def catalogue_files(folder: Path) -> list[Path]:
    """Return the `.sh3f` archives below `folder`, and `models.csv` in it."""
    archives = sorted(path for path in folder.rglob("*.sh3f") if path.is_file())
    return [*archives, folder / TABLE] if (folder / TABLE).is_file() else archives


def _unique(models: Iterable[AssetModel]) -> tuple[list[AssetModel], list[UnusableModel]]:
    first: dict[str, AssetModel] = {}
    repeated = []
    for model in models:
        earlier = first.setdefault(model.key, model)
        if earlier is not model:
            reason = f"the key {model.key!r} is already that of {earlier.place}; give it another"
            repeated.append(UnusableModel(model.key, model.place, reason))
    return list(first.values()), repeated
