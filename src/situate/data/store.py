"""A data set of triples on disk: WebDataset-style tar shards with pictures, and a `dataset.json` beside them.

    OUT/dataset.json         format, source, config, seed, counts, what was skipped and why
    OUT/shard-00000.tar      <key>.json, <key>.background.png, <key>.composite.png, <key>.foreground.png,
                             <key>.visible.png, <key>.effect.png; for repaired backgrounds <key>.hole.png,
                             for rendered scenes <key>.amodal.png and <key>.support.png

A composite that is its background but for the effect lies as `<key>.patch.png`: what the effect shows of it.
The suffix of a picture may be `webp` as well.

A shard appears under its name only when it is whole; a data set is readable only when `dataset.json` is there.
"""

import json
import tarfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import UInt8

from situate.data.png import decode_png
from situate.data.triple_label import label_problem, light_of
from situate.errors import DataError
from situate.records.triple import Triple

FORMAT = "situate-triples-1"
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
GREY_FIELDS = ("visible_alpha", "effect", "hole", "amodal_alpha", "support")
ENCODINGS = ("png", "webp")


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
        self.keys = list(self._members)
        if not self.keys:
            raise DataError(f"{folder} holds no triples; make some with: situate data scenes {folder}")
        self.labels = [self._label(key) for key in self.keys]

    def __len__(self) -> int:
        """Number of triples."""
        return len(self.keys)

    def __getitem__(self, index: int) -> Triple:  # type: ignore[override]
        """Decode triple number `index`."""
        key, label = self.keys[index], self.labels[index]
        fields = [field for field in PICTURE_FIELDS if field not in OPTIONAL_FIELDS or self._has(key, field)]
        is_patched = "patch_xy" in label
        pictures = {field: self._picture_of(key, field) for field in fields if field != "composite" or not is_patched}
        if is_patched:
            pictures["composite"] = self._patched(key, label["patch_xy"], pictures["background"], pictures["effect"])
        pictures.setdefault("hole", np.zeros_like(pictures["effect"]))
        return Triple(
            key=key,
            group=label["group"],
            source=label["source"],
            kind=label["kind"],
            box_cxcywh=tuple(label["box_cxcywh"]),
            light=light_of(label),
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

    def _has(self, key: str, field: str) -> bool:
        return any(f"{PICTURE_FIELDS[field]}.{encoding}" in self._members[key] for encoding in ENCODINGS)

    def _picture_of(self, key: str, field: str) -> np.ndarray:
        pixels = self._picture(key, PICTURE_FIELDS[field])
        # WebP knows neither grey nor an alpha that is opaque everywhere.
        if field in GREY_FIELDS and pixels.ndim == 3:
            return np.ascontiguousarray(pixels[..., 0])
        if field == "foreground" and pixels.ndim == 3 and pixels.shape[2] == 3:
            return np.dstack([pixels, np.full(pixels.shape[:2], 255, np.uint8)])
        return pixels

    def _patched(
        self,
        key: str,
        patch_xy: Sequence[int],
        background: UInt8[np.ndarray, "h w 3"],
        effect: UInt8[np.ndarray, "h w"],
    ) -> UInt8[np.ndarray, "h w 3"]:
        """The composite: the background with a patch where the effect is."""
        patch, (left, top) = self._picture(key, "patch"), patch_xy
        place = slice(top, top + patch.shape[0]), slice(left, left + patch.shape[1])
        if background.shape[:2] != effect.shape or background[place].shape != patch.shape:
            raise DataError(f"{self.folder}: the pictures of {key} do not fit together; make the data set again")
        composite = background.copy()
        composite[place] = np.where(effect[place][..., None] > 0, patch, background[place])
        return composite

    def _picture(self, key: str, suffix: str) -> np.ndarray:
        """Decode a picture in whichever encoding it has."""
        members = self._members[key]
        names = [f"{suffix}.{encoding}" for encoding in ENCODINGS]
        name = next((name for name in names if name in members), names[0])
        pixels = decode_png(self._bytes(key, name))
        if pixels is None:
            raise DataError(f"{self.folder}: {key}.{name} cannot be decoded; make the data set again")
        return pixels


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
