"""Writing triples into tar shards of a folder, each whole or not there; `situate.data.store` tells the layout.

Where background and composite agree outside the effect, as in rendered scenes, of the composite only what the effect
shows is stored.
"""

import io
import json
import os
import tarfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Literal

import numpy as np
from jaxtyping import Bool, UInt8

from situate.data.png import encode_png
from situate.data.store import FORMAT, PICTURE_FIELDS
from situate.data.triple_label import label_of
from situate.data.webp import encode_webp
from situate.errors import OutputError, SituateError
from situate.imageio.write import write_bytes
from situate.records.triple import Triple

TRIPLES_PER_SHARD = 256
BACKGROUND_QUALITY = 92
"""Of a background as WebP. It is the whole picture that is lossy, so nothing in it tells where the object was; all
else is lossless, so a patched composite still equals it outside the effect."""

Encoding = Literal["png", "webp"]


class TripleWriter:
    """Writes triples into shards of one folder; use as a context manager, `finish` to make the data set readable."""

    def __init__(
        self,
        folder: Path,
        *,
        first_shard: int = 0,
        triples_per_shard: int = TRIPLES_PER_SHARD,
        encoding: Encoding = "png",
    ) -> None:
        """Start writing into `folder` (made if missing) at shard number `first_shard`.

        Args:
            folder: Where to.
            first_shard: Number of the first shard.
            triples_per_shard: At most so many triples lie in one.
            encoding: `png` keeps every pixel; `webp` takes less space: backgrounds of scenes are lossy then.
        """
        self.folder = folder
        self.num_written = 0
        self._shard = first_shard
        self._triples_per_shard = triples_per_shard
        self._tar: tarfile.TarFile | None = None
        self._num_in_shard = 0
        self._encoding: Encoding = encoding
        with writing(folder):
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
        with writing(self._partial_path):
            self._append(triple)

    def _append(self, triple: Triple) -> None:
        if self._tar is None:
            self._tar = tarfile.open(self._partial_path, "w")  # noqa: SIM115 - closed by _close_shard
        label, pictures = label_of(triple), _pictures_of(triple)
        if is_patched(triple):
            pictures["patch"], label["patch_xy"] = patch_of(pictures.pop("composite"), triple.effect)
        self._add(f"{triple.key}.json", json.dumps(label).encode())
        for suffix, pixels in pictures.items():
            is_lossy = suffix == "background" and "patch" in pictures
            self._add_picture(f"{triple.key}.{suffix}", pixels, BACKGROUND_QUALITY if is_lossy else None)
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

    def _add_picture(self, name: str, pixels: np.ndarray, quality: int | None = None) -> None:
        is_small = self._encoding == "webp"
        self._add(f"{name}.{self._encoding}", encode_webp(pixels, quality) if is_small else encode_png(pixels))

    def _close_shard(self) -> None:
        if self._tar is None:
            return
        with writing(self._partial_path):
            self._tar.close()
            os.replace(self._partial_path, self._partial_path.with_suffix(""))
        self._tar = None
        self._num_in_shard = 0
        self._shard += 1


def write_description(folder: Path, description: Mapping[str, Any]) -> None:
    """Write `dataset.json`, which makes the shards in `folder` a readable data set."""
    write_bytes((json.dumps({"format": FORMAT, **description}, indent=2) + "\n").encode(), folder / "dataset.json")


def is_patched(triple: Triple) -> bool:
    """Whether the composite of a rendered triple is its background but for what the effect shows."""
    unhidden = triple.effect == 0
    return triple.source == "scenes" and np.array_equal(triple.background[unhidden], triple.composite[unhidden])


def patch_of(
    composite: UInt8[np.ndarray, "h w 3"], effect: UInt8[np.ndarray, "h w"]
) -> tuple[UInt8[np.ndarray, "ph pw 3"], tuple[int, int]]:
    """Cut out of the composite what the effect shows, black elsewhere; return it and its left and top pixel."""
    is_shown: Bool[np.ndarray, "h w"] = effect > 0
    rows, columns = np.flatnonzero(is_shown.any(axis=1)), np.flatnonzero(is_shown.any(axis=0))
    if len(rows) == 0:
        return np.zeros((1, 1, 3), np.uint8), (0, 0)
    top, left = int(rows[0]), int(columns[0])
    place = slice(top, int(rows[-1]) + 1), slice(left, int(columns[-1]) + 1)
    return np.where(is_shown[place][..., None], composite[place], 0), (left, top)


def _pictures_of(triple: Triple) -> dict[str, np.ndarray]:
    """All pictures of a triple by the suffix of their files; an empty hole is no picture."""
    pictures = {suffix: getattr(triple, field) for field, suffix in PICTURE_FIELDS.items()}
    if not triple.hole.any():
        del pictures["hole"]
    return {suffix: pixels for suffix, pixels in pictures.items() if pixels is not None}


@contextmanager
def writing(path: Path) -> Iterator[None]:
    """Turn what the disk refuses into an `OutputError` that names `path`."""
    try:
        yield
    except SituateError:
        raise
    except OSError as error:
        raise OutputError(
            f"{path} cannot be written ({error.strerror or error}); free some space or choose another folder"
        ) from error
