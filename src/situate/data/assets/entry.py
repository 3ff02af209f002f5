"""One entry of a catalogue, as text, becomes a model or the reason why it cannot."""

import math
from collections.abc import Mapping
from pathlib import Path

from situate.data.assets.files import ModelFiles, inner_name
from situate.data.assets.model import NOT_TURNED, AssetModel, Rotation, UnusableModel
from situate.errors import DataError

Fields = Mapping[str, str]
MODEL_SUFFIXES = (".obj", ".glb")


def checked_model(fields: Fields, archive: Path, files: ModelFiles) -> AssetModel | UnusableModel:
    """Return the model that `fields` (in the words of `models.csv`) describe, or what is wrong with them."""
    try:
        return _model(fields, archive, files)
    except DataError as error:
        key = fields.get("key") or fields.get("file") or "?"
        return UnusableModel(key=key, place=f"{archive}: {fields.get('file', '')}", reason=str(error))


def _model(fields: Fields, archive: Path, files: ModelFiles) -> AssetModel:
    member = inner_name(fields["file"])
    if not member.lower().endswith(MODEL_SUFFIXES):
        raise DataError(f"{member} is no model that can be read; pass {' or '.join(MODEL_SUFFIXES)}")
    if not files.has(member):
        raise DataError(f"{member} is missing; add the file or correct its name")
    top_m = _number(fields, "top_m", -1.0)
    return AssetModel(
        key=fields.get("key") or member,
        name=fields["name"],
        category=fields["kind"],
        creator=fields.get("creator", ""),
        licence=fields.get("licence", ""),
        width_m=_size(fields, "width_m"),
        depth_m=_size(fields, "depth_m"),
        height_m=_size(fields, "height_m"),
        top_m=top_m if top_m > 0 else None,
        elevation_m=_number(fields, "elevation_m", 0.0),
        is_movable=fields.get("is_movable", "true").lower() != "false",
        rotation=_rotation(fields.get("rotation", "")),
        archive=archive,
        member=member,
    )


def _size(fields: Fields, name: str) -> float:
    size_m = _number(fields, name, 0.0)
    if size_m <= 0:
        raise DataError(f"{name} is {size_m:g}; give a size above 0 m")
    return size_m


def _number(fields: Fields, name: str, default: float) -> float:
    text = fields.get(name) or ""
    if not text.strip():
        return default
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if not math.isfinite(number):
        raise DataError(f"{name} is {text!r}; give a finite number")
    return number


def _rotation(text: str) -> Rotation:
    if not text.strip():
        return NOT_TURNED
    try:
        a, b, c, d, e, f, g, h, i = (float(part) for part in text.split())
    except ValueError as error:
        raise DataError(f"rotation is {text!r}; give nine numbers, row by row") from error
    volume = a * (e * i - f * h) - b * (d * i - f * g) + c * (d * h - e * g)
    # A rotation or a mirror: anything else would bend the model or make it flat.
    if not math.isclose(abs(volume), 1.0, abs_tol=0.05):
        raise DataError(f"rotation {text!r} has the determinant {volume:g}; give a matrix with 1 or -1")
    return a, b, c, d, e, f, g, h, i
