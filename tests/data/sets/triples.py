"""Sound triples for tests: rendered ones, photographs, and data sets of them."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from tests.data.test_store import make_triple

from situate.data.store import TripleStore
from situate.data.writer import TripleWriter
from situate.records.triple import Triple

LIGHT = np.linspace(-2, 2, 30, dtype=np.float32).reshape(2, 5, 3)
PICTURES = (
    "background",
    "composite",
    "foreground",
    "visible_alpha",
    "effect",
    "hole",
    "decoys",
    "amodal_alpha",
    "support",
    "light",
)


def scene(number: int, *, group: str | None = None) -> Triple:
    """A triple that changes within its effect only."""
    noise = make_triple(f"scene-{number}", seed=number)
    effect = np.zeros_like(noise.effect)
    effect[2:7, 3:9] = 255
    return replace(
        noise,
        group=group or f"world-{number}",
        composite=np.where(effect[..., None] > 0, noise.composite, noise.background),
        effect=effect,
        visible_alpha=effect,
        amodal_alpha=effect,
        support=255 - effect,
        light=LIGHT.round(4),
        truth={"world": "street", "seed": number, "props": [] if number % 2 else [{"kind": "tree", "height_m": 3.5}]},
    )


def photo(number: int, *, quality: float | None = 0.5, has_hole: bool = True, kind: str = "car") -> Triple:
    """A triple whose background was repaired where the object stood, and at a decoy."""
    noise = make_triple(f"photo-{number}", seed=100 + number)
    hole, decoys = np.zeros_like(noise.hole), np.zeros_like(noise.foreground, shape=(*noise.hole.shape, 4))
    hole[3:9, 4:10], decoys[0:2, 12:15] = 255 * has_hole, (number, 90, 120, 255)
    return replace(
        noise,
        group=f"image-{number}",
        source="photos",
        kind=kind,
        composite=np.where(hole[..., None] > 0, noise.composite, noise.background),
        effect=hole,
        visible_alpha=hole,
        hole=hole,
        decoys=decoys,
        quality=quality,
    )


def written(
    folder: Path, triples: Sequence[Triple], *, source: str = "scenes", per_shard: int = 4, encoding: str = "png"
) -> TripleStore:
    """Write a data set and open it."""
    with TripleWriter(folder, triples_per_shard=per_shard, encoding=encoding) as writer:
        for triple in triples:
            writer.write(triple)
        writer.finish({"source": source, "config": {"size_px": 16}, "seed": 3})
    return TripleStore(folder)


def assert_identical(left: Triple, right: Triple) -> None:
    """Everything in both triples is the same."""
    for field in PICTURES:
        np.testing.assert_array_equal(getattr(left, field), getattr(right, field), err_msg=field)
    for field in ("key", "group", "source", "kind", "quality", "truth", "box_cxcywh"):
        assert getattr(left, field) == getattr(right, field), field
