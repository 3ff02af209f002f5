"""Which photographs train, choose the recipe and test: parts that share no series, and nested training subsets.

    OUT/test.json, OUT/development.json, OUT/pool.json      COCO files of the parts, pictures without objects included
    OUT/train-N-SEED.json                                   N pictures of the pool that show an object
    OUT/split.json                                          options, and the series of every part

File names begin with their series, before `__`: neighbours show the same street.
"""

import json
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from situate.errors import InputError
from situate.imageio.write import write_json
from situate.seeds import seed_for

SERIES_END = "__"
PARTS = ("test", "development", "pool")
Coco = dict[str, Any]


@dataclass(frozen=True)
class PartSizes:
    """Pictures of the parts that are filled first; the pool is what is left."""

    test: int = 250
    development: int = 100


def series_of(file_name: str) -> str:
    """The series a picture belongs to."""
    return file_name.split(SERIES_END, maxsplit=1)[0]


def split_by_series(file_names: Sequence[str], sizes: PartSizes, seed: int) -> dict[str, list[str]]:
    """Return the series of every part: in drawn order each goes into the first part that has room for it."""
    num_of = Counter(map(series_of, file_names))
    room, parts = asdict(sizes), {part: list[str]() for part in PARTS}
    names = sorted(num_of)
    for index in np.random.default_rng(seed_for(seed, "series")).permutation(len(names)):
        series = names[index]
        part = next((part for part, left in room.items() if num_of[series] <= left), PARTS[-1])
        parts[part].append(series)
        if part in room:
            room[part] -= num_of[series]
    return {part: sorted(found) for part, found in parts.items()}


def with_images(dataset: Coco, image_ids: Collection[int]) -> Coco:
    """Keep some pictures, in the file's order, and what is annotated in them."""
    kept = {
        "images": [entry for entry in dataset["images"] if entry["id"] in image_ids],
        "annotations": [entry for entry in dataset["annotations"] if entry["image_id"] in image_ids],
    }
    return dataset | kept


def part_of(dataset: Coco, series: Collection[str]) -> Coco:
    """Keep the pictures of some series."""
    return with_images(
        dataset, {entry["id"] for entry in dataset["images"] if series_of(entry["file_name"]) in set(series)}
    )


def training_subset(pool: Coco, num_images: int, seed: int) -> Coco:
    """Draw pictures that show an object; with the same seed the smaller subset is part of the larger.

    Raises:
        InputError: If the pool does not have so many.
    """
    shown = sorted({entry["image_id"] for entry in pool["annotations"]})
    if num_images > len(shown):
        raise InputError(f"{num_images} training pictures wanted, the pool has {len(shown)}; pass smaller --sizes")
    order = np.random.default_rng(seed_for(seed, "training pictures")).permutation(len(shown))
    return with_images(pool, {shown[index] for index in order[:num_images]})


FREE = "free.json"


def without_objects(pool: Coco) -> Coco:
    """Keep the pictures that show no object."""
    shown = {entry["image_id"] for entry in pool["annotations"]}
    return with_images(pool, {entry["id"] for entry in pool["images"]} - shown)


def backgrounds_name(num_images: int, seed: int) -> str:
    """File name of a training subset together with the pictures that show no object."""
    return f"backgrounds-{num_images}-{seed}.json"


def training_name(num_images: int, seed: int) -> str:
    """File name of a training subset."""
    return f"train-{num_images}-{seed}.json"


def write_split(annotations: Path, folder: Path, sizes: Sequence[int], seeds: Sequence[int], seed: int = 0) -> None:
    """Write the COCO files of all parts and training subsets.

    Args:
        annotations: COCO file of the whole.
        folder: Where they go.
        sizes: Numbers of training pictures.
        seeds: Of the training subsets.
        seed: Of the split.
    """
    dataset, part_sizes = json.loads(annotations.read_bytes()), PartSizes()
    series = split_by_series([entry["file_name"] for entry in dataset["images"]], part_sizes, seed)
    folder.mkdir(parents=True, exist_ok=True)
    parts = {part: part_of(dataset, found) for part, found in series.items()}
    for part, content in parts.items():
        write_json(content, folder / f"{part}.json")
    free = without_objects(parts["pool"])
    write_json(free, folder / FREE)
    for num_images in sizes:
        for training_seed in seeds:
            subset = training_subset(parts["pool"], num_images, training_seed)
            write_json(subset, folder / training_name(num_images, training_seed))
            ids = {entry["id"] for entry in (*subset["images"], *free["images"])}
            write_json(with_images(parts["pool"], ids), folder / backgrounds_name(num_images, training_seed))
    counts = {part: counts_of(content) for part, content in parts.items()}
    write_json({"seed": seed, "counts": counts, "series": series}, folder / "split.json")


def counts_of(dataset: Mapping[str, Any]) -> dict[str, int]:
    """Count pictures, those that show an object, and objects."""
    return {
        "pictures": len(dataset["images"]),
        "with_object": len({entry["image_id"] for entry in dataset["annotations"]}),
        "objects": len(dataset["annotations"]),
    }
