"""Composites of held-out photographs with objects of other photographs, at the photographs' full size, to be looked at.

Nothing is measured: somebody opens every picture and writes down whether it is good, passable or bad.
"""

import random
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from cyclopts import run
from jaxtyping import UInt8

from situate.data.store import TripleStore
from situate.errors import InputError
from situate.imageio.read import read_picture
from situate.imageio.write import write_bytes, write_picture
from situate.labels.read import read_labels
from situate.pipeline.composer import Composer
from situate.pipeline.options import DEFAULT_STEPS
from situate.records.picture import Picture

MAX_PER_KIND = 4
MIN_SIDE_PX = 96
"""A smaller cut-out has nothing to show at the size of a photograph."""
CORNER_PX, CORNER_COLOUR = 12, (255, 0, 0)


@dataclass(frozen=True)
class Pair:
    """A cut-out, and a photograph in which another object of its kind stood.

    Attributes:
        number: Of the cut-out's triple.
        foreground_key: Of the same.
        background_key: Of the triple whose photograph is the background.
        kind: Of both.
    """

    number: int
    foreground_key: str
    background_key: str
    kind: str


def main(
    out: Path,
    held_out: Path,
    annotations: Path,
    images: Path,
    *,
    model: Path | None = None,
    num: int = 25,
    max_per_kind: int = MAX_PER_KIND,
    min_side_px: int = MIN_SIDE_PX,
    seed: int = 0,
) -> None:
    """Draw pairs, compose each once, and write the pictures with a table whose last column is to be filled in.

    Args:
        out: Folder of the pictures, each with the corners of its box marked in red in a second one, and of pairs.md.
        held_out: Triples of photographs that no training has seen (situate data photos, split).
        annotations: What they were made from.
        images: Folder of the photographs.
        model: Model folder; the shipped weights by default.
        num: How many pairs.
        max_per_kind: Of one kind of object at most so many.
        min_side_px: Least longest side of a cut-out.
        seed: Of the pairs; that of a composite's noise is its number.
    """
    store = TripleStore(held_out)
    file_of = {image.id: images / image.file_name for image in read_labels(annotations, images, "auto").images}
    if any(label["source"] != "photos" for label in store.labels):
        raise InputError(f"{held_out} holds other triples than those of photographs; pass a set of situate data photos")
    strange = [key for key in store.keys if image_id_of(key) not in file_of]
    if strange:
        raise InputError(f"{annotations} has no photograph of triple {strange[0]}; pass what {held_out} was made from")
    composer = Composer.from_pretrained(model, device="cpu")
    out.mkdir(parents=True, exist_ok=True)
    lines = [f"{composer.model_fingerprint}, {DEFAULT_STEPS} steps, seed {seed}", ""]
    lines += ["| number | kind | object | photograph | box (x, y, w, h) | verdict |", "|---|---|---|---|---|---|"]
    for place, pair in enumerate(drawn_pairs(store, num, max_per_kind, min_side_px, seed)):
        background = read_picture(file_of[image_id_of(pair.background_key)])
        (composite,) = composer(background, store[pair.number].foreground, seed=place)
        write_picture(composite.picture, out / f"{place:02d}.jpg")
        box_xywh_px = composite.box_xywh_px
        write_picture(Picture(marked(composite.picture.rgb_u8, box_xywh_px)), out / f"{place:02d}-box.jpg")
        box = ", ".join(f"{value:.0f}" for value in box_xywh_px)
        lines.append(f"| {place} | {pair.kind} | {pair.foreground_key} | {pair.background_key} | {box} | |")
    write_bytes(("\n".join(lines) + "\n").encode(), out / "pairs.md")


def drawn_pairs(store: TripleStore, num: int, max_per_kind: int, min_side_px: int, seed: int) -> list[Pair]:
    """Draw cut-outs, and to each a photograph of another group that no pair has yet.

    Raises:
        InputError: If there are not enough.
    """
    generator = random.Random(seed)
    labels, keys = store.labels, store.keys
    order = list(range(len(keys)))
    generator.shuffle(order)
    pairs: list[Pair] = []
    taken: set[int] = set()
    kinds: Counter[str] = Counter()
    for number in order:
        if max(store[number].foreground.shape[:2]) < min_side_px:
            continue
        kind, group = labels[number]["kind"], labels[number]["group"]
        others = [
            key
            for key, label in zip(keys, labels, strict=True)
            if label["kind"] == kind and label["group"] != group and image_id_of(key) not in taken
        ]
        if others and kinds[kind] < max_per_kind and len(pairs) < num:
            chosen = generator.choice(others)
            taken.add(image_id_of(chosen))
            kinds[kind] += 1
            pairs.append(Pair(number, keys[number], chosen, kind))
    if len(pairs) < num:
        raise InputError(f"{len(pairs)} of {num} pairs can be drawn; pass more triples or a smaller --num")
    return pairs


def image_id_of(key: str) -> int:
    """The photograph's number in the annotations: triples of photographs are called image7-object12."""
    return int(key.split("-", maxsplit=1)[0].removeprefix("image"))


def marked(pixels: UInt8[np.ndarray, "h w 3"], box_xywh_px: Sequence[float]) -> UInt8[np.ndarray, "h w 3"]:
    """Return a copy with the four corners of a box drawn into it."""
    pixels = pixels.copy()
    left, top, width, height = (round(value) for value in box_xywh_px)
    for x, to_x in ((left, 1), (left + width, -1)):
        for y, to_y in ((top, 1), (top + height, -1)):
            for end in ((x + to_x * CORNER_PX, y), (x, y + to_y * CORNER_PX)):
                cv2.line(pixels, (x, y), end, CORNER_COLOUR, 1)
    return pixels


if __name__ == "__main__":
    run(main)
