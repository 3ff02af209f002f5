"""Catalogues of Sweet Home 3D: a zip archive with models and a properties file in centimetres."""

import re
from collections.abc import Mapping
from pathlib import Path

from situate.data.assets.entry import Fields, checked_model
from situate.data.assets.files import opened
from situate.data.assets.model import AssetModel, UnusableModel
from situate.data.assets.properties import parsed_properties

CATALOGUE = "PluginFurnitureCatalog.properties"
_CM = 0.01
_ITEM = re.compile(r"(?:id|name|model)#(\d+)")
# The words of the catalogues, and the short names under which licences are known.
_LICENCES = (("public domain", "CC0-1.0"), ("creative commons attribution 3.0", "CC-BY-3.0"))


def read_sh3f(archive: Path) -> tuple[list[AssetModel], list[UnusableModel]]:
    """Return the models of a `.sh3f` file, and those whose entry is wrong.

    Raises:
        DataError: If the archive is missing, damaged or without a catalogue.
    """
    models, unusable = [], []
    with opened(archive) as files:
        values = parsed_properties(files.read(CATALOGUE))
        for number in sorted({int(match[1]) for key in values if (match := _ITEM.fullmatch(key))}):
            entry = checked_model(_fields(values, number), archive, files)
            (models if isinstance(entry, AssetModel) else unusable).append(entry)
    return models, unusable


def _fields(values: Mapping[str, str], number: int) -> Fields:
    """Return the entry `number` in the words of `models.csv`."""
    item = {key: values.get(f"{key}#{number}", "") for key in _SAME}
    metres = {field: _metres(values.get(f"{key}#{number}", "")) for key, field in _LENGTHS.items()}
    return {
        "key": item["id"],
        "name": item["name"] or (item["id"] or item["model"]).rpartition("#")[2],
        "kind": item["category"],
        "creator": item["creator"],
        "licence": item["license"] or _short_licence(values.get("license", "")),
        "is_movable": item["movable"],
        "rotation": item["modelRotation"],
        "file": item["model"],
        **metres,
    }


_SAME = ("id", "name", "category", "creator", "license", "movable", "modelRotation", "model")
_LENGTHS = {
    "width": "width_m",
    "depth": "depth_m",
    "height": "height_m",
    "dropOnTopElevation": "top_m",
    "elevation": "elevation_m",
}


def _metres(centimetres: str) -> str:
    try:
        return repr(round(float(centimetres) * _CM, 6))
    except ValueError:
        return centimetres


def _short_licence(text: str) -> str:
    lowered = text.lower()
    return next((short for words, short in _LICENCES if words in lowered), text)
