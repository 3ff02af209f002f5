"""A plain folder of OBJ and GLB files with the table `models.csv` beside them."""

import csv
import io
from pathlib import Path

from situate.data.assets.entry import checked_model
from situate.data.assets.files import FolderFiles
from situate.data.assets.model import AssetModel, UnusableModel
from situate.errors import DataError

TABLE = "models.csv"
NEEDED_COLUMNS = ("file", "name", "kind", "width_m", "depth_m", "height_m")
OPTIONAL_COLUMNS = ("top_m", "creator", "licence")


def read_table(folder: Path) -> tuple[list[AssetModel], list[UnusableModel]]:
    """Return the models of a folder with `models.csv`, and those whose row is wrong.

    Raises:
        DataError: If the table cannot be read or lacks a column.
    """
    path = folder / TABLE
    models, unusable = [], []
    rows = _rows(path)
    files = FolderFiles(folder)
    for number, row in enumerate(rows, start=2):
        if None in row or None in row.values():
            reason = f"line {number} has not as many fields as the first line; correct it"
            unusable.append(UnusableModel(key=row.get("file") or f"line {number}", place=str(path), reason=reason))
            continue
        fields = {name: row.get(name, "").strip() for name in (*NEEDED_COLUMNS, *OPTIONAL_COLUMNS)}
        entry = checked_model(fields, folder, files)
        (models if isinstance(entry, AssetModel) else unusable).append(entry)
    return models, unusable


def _rows(path: Path) -> list[dict[str, str]]:
    try:
        reader = csv.DictReader(io.StringIO(path.read_text(encoding="utf-8-sig"), newline=""))
        rows, names = list(reader), reader.fieldnames or ()
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise DataError(f"{path} cannot be read as a table ({error}); save it as CSV in UTF-8") from error
    if missing := [name for name in NEEDED_COLUMNS if name not in names]:
        raise DataError(f"{path} has no column {', '.join(missing)}; its first line must be {','.join(NEEDED_COLUMNS)}")
    return rows
