"""`ATTRIBUTION.md`: every usable model with its creator and licence, as CC-BY asks for."""

from collections.abc import Sequence
from itertools import groupby
from pathlib import Path

from situate.data.assets.files import opened
from situate.data.assets.model import AssetModel

LICENCE_PAGES = {
    "CC0-1.0": "https://creativecommons.org/publicdomain/zero/1.0/",
    "CC-BY-3.0": "https://creativecommons.org/licenses/by/3.0/",
}
NOT_NAMED = "not named"
NOTICE = "LICENSE.TXT"
_HEAD = """# Models and their creators

Pictures rendered from these models must keep these names where the licence asks for attribution. All models are
scaled to the size in their catalogue, their textures are reduced to 512 px, and they may be lit, coloured and placed
in scenes: they are changed from the originals.
"""


def attribution(models: Sequence[AssetModel]) -> str:
    """Return a Markdown document that lists `models` by archive, with the notice that lies in the archive.

    Raises:
        DataError: If an archive is gone, or its notice is damaged.
    """
    lines = [_HEAD]
    for archive, of_archive in groupby(sorted(models, key=_order), key=lambda model: model.archive):
        listed = list(of_archive)
        lines += [f"\n## {archive.name} ({len(listed)} models)\n", *_notice(archive)]
        lines += ["| model | key | creator | licence |", "|---|---|---|---|"]
        lines += [_row(model) for model in listed]
    return "\n".join(lines) + "\n"


def _notice(archive: Path) -> list[str]:
    """Return the archive's own words as an indented block, which Markdown leaves as it is."""
    with opened(archive) as files:
        text = files.read(NOTICE).decode("utf-8", "replace") if files.has(NOTICE) else ""
    lines = [f"    {line.strip()}" for line in text.splitlines() if line.strip()]
    return [*lines, ""] if lines else []


def _order(model: AssetModel) -> tuple[str, str, str]:
    return str(model.archive), model.name.lower(), model.key


def _row(model: AssetModel) -> str:
    page = LICENCE_PAGES.get(model.licence)
    licence = f"[{model.licence}]({page})" if page else _cell(model.licence)
    return f"| {_cell(model.name)} | {_cell(model.key)} | {_cell(model.creator)} | {licence} |"


def _cell(text: str) -> str:
    """Keep a name from ending its cell or its line, and from being read as Markdown or HTML."""
    plain = " ".join(text.split()) or NOT_NAMED
    return "".join(f"\\{sign}" if sign in "\\|<>[]`*_" else sign for sign in plain)
