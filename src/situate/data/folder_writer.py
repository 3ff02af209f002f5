"""Writing a data set in the folder layout; `situate.data.folder_layout` tells what lies there.

From the first file on, `dataset.json.partial` says that the folder is a data set's, though not yet a whole one.
"""

from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from situate.data.checksums import INDEX_FILE, METADATA_FILE, PICTURE_FOLDER
from situate.data.description import UNFINISHED_FILE, mark_unfinished, write_description
from situate.data.folder_layout import metadata_lines, picture_path, row_of
from situate.data.png import encode_png
from situate.data.shard_writer import sync, writing
from situate.data.triple_label import label_of
from situate.data.writer import pictures_of
from situate.imageio.write import write_bytes
from situate.records.triple import Triple


class FolderWriter:
    """Writes triples as files into one folder; use as a context manager, `finish` to make the data set readable."""

    def __init__(self, folder: Path) -> None:
        """Start writing into `folder` (made if missing)."""
        self.folder = folder
        self._rows: list[dict[str, Any]] = []
        self._pictures: list[str] = []
        with writing(folder):
            folder.mkdir(parents=True, exist_ok=True)
            mark_unfinished(folder)
            (folder / PICTURE_FOLDER).mkdir(exist_ok=True)

    def __enter__(self) -> "FolderWriter":
        """Return the writer itself."""
        return self

    def __exit__(self, kind: object, error: object, trace: object) -> None:
        """On an error, remove what was written: without its metadata no picture is of use."""
        if kind is None:
            return
        # What cannot be removed stays; the error that brought us here says what is wrong.
        for name in (*self._pictures, METADATA_FILE, INDEX_FILE):
            with suppress(OSError):
                (self.folder / name).unlink(missing_ok=True)
        with suppress(OSError):
            (self.folder / PICTURE_FOLDER).rmdir()
            (self.folder / UNFINISHED_FILE).unlink(missing_ok=True)

    def write(self, triple: Triple) -> None:
        """Add one triple.

        Raises:
            OutputError: If a picture cannot be written.
        """
        files = {suffix: encode_png(pixels) for suffix, pixels in pictures_of(triple).items()}
        self.add(triple.key, label_of(triple), files)

    def add(self, key: str, label: Mapping[str, Any], files: Mapping[str, bytes]) -> None:
        """Add a triple whose pictures are encoded.

        Args:
            key: Of the triple.
            label: As `label_of` makes it.
            files: PNG of each picture by its suffix, such as `background`.
        """
        for suffix, content in files.items():
            self._pictures.append(picture_path(key, suffix))
            write_bytes(content, self.folder / self._pictures[-1])
        self._rows.append(row_of(key, label, list(files)))

    def finish(self, description: Mapping[str, Any]) -> None:
        """Write `metadata.jsonl`, `index.json` and, last, `dataset.json` with `description`."""
        metadata = self.folder / METADATA_FILE
        write_bytes("".join(metadata_lines(self._rows)).encode(), metadata)
        with writing(metadata):
            sync(metadata)
        write_description(self.folder, description)
