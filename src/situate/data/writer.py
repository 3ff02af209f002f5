"""Writing triples into tar shards of a folder; `situate.data.store` tells the layout.

Where background and composite agree outside the effect, as in rendered scenes, of the composite only what the effect
shows is stored.
"""

import json
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any, Literal

import numpy as np
from jaxtyping import Bool, UInt8

from situate.data.description import write_description
from situate.data.png import encode_png
from situate.data.shard_writer import TRIPLES_PER_SHARD, ShardWriter
from situate.data.triple_files import ABSENT, PICTURE_FIELDS, PLACES_FIELDS
from situate.data.triple_label import label_of
from situate.data.webp import encode_webp
from situate.records.triple import Triple

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
        pictures: Collection[str] | None = None,
    ) -> None:
        """Start writing into `folder` (made if missing) at shard number `first_shard`.

        Args:
            folder: Where to.
            first_shard: Number of the first shard.
            triples_per_shard: At most so many triples lie in one.
            encoding: `png` keeps every pixel; `webp` takes less space: backgrounds of scenes are lossy then.
            pictures: Suffixes of the pictures that every triple has here: of an optional one that a triple lacks,
                one black pixel is written, and with `composite` composites are whole. None lets each triple have its
                own, which is the same set for all triples of one source.
        """
        self.folder = folder
        self._shards = ShardWriter(folder, first_shard=first_shard, triples_per_shard=triples_per_shard)
        self._encoding: Encoding = encoding
        self._pictures = pictures

    def __enter__(self) -> "TripleWriter":
        """Return the writer itself."""
        return self

    def __exit__(self, kind: object, error: object, trace: object) -> None:
        """Close the open shard; on an error the half-written shard is removed."""
        self._shards.__exit__(kind, error, trace)

    @property
    def num_written(self) -> int:
        """Triples written so far."""
        return self._shards.num_written

    def write(self, triple: Triple) -> None:
        """Append one triple.

        Raises:
            OutputError: If the shard cannot be written.
        """
        label, pictures = label_of(triple), pictures_of(triple)
        if is_patched(triple) and "composite" not in (self._pictures or ()):
            pictures["patch"], label["patch_xy"] = patch_of(pictures.pop("composite"), triple.effect)
        for suffix in self._pictures or ():
            pictures.setdefault(suffix, triple.hole if suffix == "hole" else ABSENT)
        files = {"json": json.dumps(label).encode()}
        for suffix, pixels in pictures.items():
            is_lossy = suffix == "background" and ("patch" in pictures or triple.source == "places")
            quality = BACKGROUND_QUALITY if is_lossy else None
            files[f"{suffix}.{self._encoding}"] = encoded(pixels, self._encoding, quality)
        self._shards.add(triple.key, files)

    def finish(self, description: Mapping[str, Any]) -> None:
        """Close the last shard and write `dataset.json` with `description` (source, config, seed, skipped ...)."""
        self._shards.close()
        write_description(self.folder, description)


def encoded(pixels: np.ndarray, encoding: Encoding, quality: int | None) -> bytes:
    """Encode a picture; with a `quality` it may lose something, if the encoding can."""
    return encode_webp(pixels, quality) if encoding == "webp" else encode_png(pixels)


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


def pictures_of(triple: Triple) -> dict[str, np.ndarray]:
    """Return all pictures of a triple by the suffix of their files; of scenes, an empty hole is no picture.

    Of photographs every triple has the hole, so that all have the same files; of places none has more than background
    and foreground.
    """
    if triple.source == "places":
        return {PICTURE_FIELDS[field]: getattr(triple, field) for field in PLACES_FIELDS}
    pictures = {suffix: getattr(triple, field) for field, suffix in PICTURE_FIELDS.items()}
    if triple.source == "scenes" and not triple.hole.any():
        del pictures["hole"]
    return {suffix: pixels for suffix, pixels in pictures.items() if pixels is not None}
