"""Every model of a catalogue is loaded once, to know which can be used, and to fill the cache."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from situate.data.assets.body import load_body
from situate.data.assets.catalogue import Catalogue
from situate.data.assets.model import AssetModel, UnusableModel
from situate.errors import DataError
from situate.sharding.engine import run_items


@dataclass(frozen=True)
class UsableModel:
    """A model that can be used, how many triangles it has, and what could not be shown as meant."""

    model: AssetModel
    num_faces: int
    remarks: tuple[str, ...]


@dataclass(frozen=True)
class Survey:
    """What of a catalogue can be used, and what cannot and why."""

    usable: tuple[UsableModel, ...]
    unusable: tuple[UnusableModel, ...]

    @property
    def num_by_category(self) -> dict[str, int]:
        """Usable models per category, most first."""
        return dict(Counter(entry.model.category for entry in self.usable).most_common())

    @property
    def num_by_licence(self) -> dict[str, int]:
        """Usable models per licence, most first."""
        return dict(Counter(entry.model.licence for entry in self.usable).most_common())

    def to_json(self) -> dict[str, Any]:
        """Return what is kept beside the archives."""
        return {
            "num_usable": len(self.usable),
            "num_unusable": len(self.unusable),
            "usable_by_category": self.num_by_category,
            "usable_by_licence": self.num_by_licence,
            "unusable": [{"key": entry.key, "place": entry.place, "reason": entry.reason} for entry in self.unusable],
            "remarks": {entry.model.key: list(entry.remarks) for entry in self.usable if entry.remarks},
            "num_faces": {entry.model.key: entry.num_faces for entry in self.usable},
        }


def survey(
    catalogue: Catalogue,
    *,
    cache: Path | None = None,
    num_workers: int = 1,
    progress: Callable[[int], None] = lambda num_done: None,
) -> Survey:
    """Load every model of `catalogue`.

    Args:
        catalogue: What a folder offers.
        cache: As in `load_body`.
        num_workers: Processes; does not change the result.
        progress: Told after each model how many are done.

    Raises:
        ConfigError: If `num_workers` is less than 1.
    """
    entries: dict[int, UsableModel | UnusableModel] = {}
    for position, entry in run_items(partial(_entry, cache), catalogue.models, num_workers=num_workers):
        entries[position] = entry
        progress(len(entries))
    loaded = [entries[position] for position in range(len(entries))]
    usable = [entry for entry in loaded if isinstance(entry, UsableModel)]
    unusable = [entry for entry in loaded if isinstance(entry, UnusableModel)]
    return Survey(tuple(usable), (*catalogue.unusable, *unusable))


def _entry(cache: Path | None, model: AssetModel) -> UsableModel | UnusableModel:
    try:
        body = load_body(model, cache=cache)
    except DataError as error:
        return UnusableModel(model.key, model.place, str(error))
    return UsableModel(model, body.num_faces, body.remarks)
