"""A data set of triples on disk: WebDataset-style tar shards with lossless pictures, and a `dataset.json` beside them.

    OUT/dataset.json         format, source, config, seed, counts, what was skipped and why
    OUT/shard-00000.tar      <key>.json, <key>.background.png, <key>.composite.png, <key>.foreground.png,
                             <key>.visible.png, <key>.effect.png; for repaired backgrounds <key>.hole.png,
                             for rendered scenes <key>.amodal.png and <key>.support.png

A shard appears under its name only when it is whole; a data set is readable only when `dataset.json` is there.
"""

import io
import json
import os
import tarfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from situate.data.png import decode_png, encode_png
from situate.data.triple_label import label_of, label_problem
from situate.errors import DataError, OutputError
from situate.imageio.write import write_bytes
from situate.records.triple import Triple

FORMAT = "situate-triples-1"
TRIPLES_PER_SHARD = 256
PICTURE_FIELDS = {
    "background": "background",
    "composite": "composite",
    "foreground": "foreground",
    "visible_alpha": "visible",
    "effect": "effect",
    "hole": "hole",
    "amodal_alpha": "amodal",
    "support": "support",
}
OPTIONAL_FIELDS = ("hole", "amodal_alpha", "support")


class TripleWriter:
    """Writes triples into shards of one folder; use as a context manager, `finish` to make the data set readable."""

    def __init__(self, folder: Path, *, first_shard: int = 0, triples_per_shard: int = TRIPLES_PER_SHARD) -> None:
        """Start writing into `folder` (made if missing) at shard number `first_shard`."""
        self.folder = folder
        self.num_written = 0
        self._shard = first_shard
        self._triples_per_shard = triples_per_shard
        self._tar: tarfile.TarFile | None = None
        self._num_in_shard = 0
        with _naming(folder):
            folder.mkdir(parents=True, exist_ok=True)

    def __enter__(self) -> "TripleWriter":
        """Return the writer itself."""
        return self

    def __exit__(self, kind: object, error: object, trace: object) -> None:
        """Close the open shard; on an error the half-written shard is removed."""
        if kind is None:
            self._close_shard()
        elif self._tar is not None:
            # On a full disk the archive cannot be closed either; the error that brought us here says so.
            with suppress(OSError):
                self._tar.close()
            with suppress(OSError):
                self._partial_path.unlink(missing_ok=True)

    def write(self, triple: Triple) -> None:
        """Append one triple.

        Raises:
            OutputError: If the shard cannot be written.
        """
        with _naming(self._partial_path):
            self._append(triple)

    def _append(self, triple: Triple) -> None:
        if self._tar is None:
            self._tar = tarfile.open(self._partial_path, "w")  # noqa: SIM115 - closed by _close_shard
        self._add(f"{triple.key}.json", json.dumps(label_of(triple)).encode())
        for field, suffix in PICTURE_FIELDS.items():
            pixels = getattr(triple, field)
            if pixels is not None and (field != "hole" or pixels.any()):
                self._add(f"{triple.key}.{suffix}.png", encode_png(pixels))
        self._num_in_shard += 1
        self.num_written += 1
        if self._num_in_shard == self._triples_per_shard:
            self._close_shard()

    def finish(self, description: Mapping[str, Any]) -> None:
        """Close the last shard and write `dataset.json` with `description` (source, config, seed, skipped ...)."""
        self._close_shard()
        write_description(self.folder, description)

    @property
    def _partial_path(self) -> Path:
        return self.folder / f"shard-{self._shard:05d}.tar.partial"

    def _add(self, name: str, content: bytes) -> None:
        assert self._tar is not None
        entry = tarfile.TarInfo(name)
        entry.size = len(content)
        self._tar.addfile(entry, io.BytesIO(content))

    def _close_shard(self) -> None:
        if self._tar is None:
            return
        with _naming(self._partial_path):
            self._tar.close()
            os.replace(self._partial_path, self._partial_path.with_suffix(""))
        self._tar = None
        self._num_in_shard = 0
        self._shard += 1


def write_description(folder: Path, description: Mapping[str, Any]) -> None:
    """Write `dataset.json`, which makes the shards in `folder` a readable data set."""
    write_bytes((json.dumps({"format": FORMAT, **description}, indent=2) + "\n").encode(), folder / "dataset.json")


@dataclass(frozen=True)
class _Member:
    shard: Path
    offset: int
    size: int


class TripleStore(Sequence[Triple]):
    """Random access to the triples of one data set folder; pictures are decoded when asked for."""

    def __init__(self, folder: Path) -> None:
        """Open `folder` and index its shards.

        Raises:
            DataError: If it is not a data set, or a shard is damaged.
        """
        self.folder = folder
        self.description = _read_description(folder)
        self._members: dict[str, dict[str, _Member]] = {}
        for shard in sorted(folder.glob("shard-*.tar")):
            self._index(shard)
        if not self._members:
            raise DataError(f"{folder} holds no triples; make some with: situate data scenes {folder}")
        self.keys = list(self._members)
        self.labels = [self._label(key) for key in self.keys]

    def __len__(self) -> int:
        """Number of triples."""
        return len(self.keys)

    def __getitem__(self, index: int) -> Triple:  # type: ignore[override]
        """Decode triple number `index`."""
        key, label = self.keys[index], self.labels[index]
        members = self._members[key]
        pictures = {
            field: self._picture(key, suffix)
            for field, suffix in PICTURE_FIELDS.items()
            if field not in OPTIONAL_FIELDS or f"{suffix}.png" in members
        }
        pictures.setdefault("hole", np.zeros_like(pictures["effect"]))
        return Triple(
            key=key,
            group=label["group"],
            source=label["source"],
            kind=label["kind"],
            box_cxcywh=tuple(label["box_cxcywh"]),
            truth=label.get("truth"),
            **pictures,
        )

    def __iter__(self) -> Iterator[Triple]:
        """Decode all triples in order."""
        return (self[index] for index in range(len(self)))

    def _index(self, shard: Path) -> None:
        try:
            with tarfile.open(shard) as tar:
                for entry in tar:
                    key, _, suffix = entry.name.partition(".")
                    self._members.setdefault(key, {})[suffix] = _Member(shard, entry.offset_data, entry.size)
        except (tarfile.TarError, OSError) as error:
            raise DataError(f"{shard} is damaged ({error}); make the data set again, or remove this shard") from error

    def _bytes(self, key: str, suffix: str) -> bytes:
        member = self._members[key].get(suffix)
        if member is None:
            raise DataError(f"{self.folder}: triple {key} has no {suffix}; make the data set again")
        with member.shard.open("rb") as file:
            file.seek(member.offset)
            return file.read(member.size)

    def _label(self, key: str) -> dict[str, Any]:
        try:
            label = json.loads(self._bytes(key, "json"))
        except ValueError as error:
            raise DataError(f"{self.folder}: label {key}.json is damaged ({error}); make the data set again") from error
        if problem := label_problem(label):
            raise DataError(f"{self.folder}: label {key}.json {problem}; make the data set again")
        return label

    def _picture(self, key: str, suffix: str) -> np.ndarray:
        pixels = decode_png(self._bytes(key, f"{suffix}.png"))
        if pixels is None:
            raise DataError(f"{self.folder}: {key}.{suffix}.png cannot be decoded; make the data set again")
        return pixels


@contextmanager
def _naming(path: Path) -> Iterator[None]:
    """Turn what the disk refuses into an error that names `path`."""
    try:
        yield
    except OutputError:
        raise
    except OSError as error:
        raise OutputError(
            f"{path} cannot be written ({error.strerror or error}); free some space or choose another folder"
        ) from error


def _read_description(folder: Path) -> dict[str, Any]:
    path = folder / "dataset.json"
    if not path.is_file():
        raise DataError(f"{folder} is not a data set of triples (no dataset.json); make one with: situate data scenes")
    try:
        description = json.loads(path.read_text())
    except ValueError as error:
        raise DataError(f"{path} is not JSON ({error}); make the data set again") from error
    if description.get("format") != FORMAT:
        raise DataError(f"{path}: format is {description.get('format')!r}, this version reads {FORMAT!r}")
    return description
