"""All runs of the comparison, each with the files it needs; a run that is done lies in a JSON file."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from typing import Any

import torch

from detector.arms import arm_of, augmented
from detector.features import Encoded
from detector.split import FREE, backgrounds_name, training_name, write_split
from detector.train import Pictures, Recipe, run_once
from situate.data.building.build import one_thread_a_process
from situate.errors import InputError
from situate.imageio.write import write_json

NUM_NEW = 100
"""New pictures of an arm, however many real ones there are."""
LABELS = "annotations.json"


@dataclass(frozen=True)
class Run:
    """One detector.

    Attributes:
        set_name: Data set.
        num_real: Real training pictures.
        arm: Where the new ones come from.
        seed: Which real ones, what is made of them, and how the detector begins.
        real: Real training pictures, labelled objects in each.
        free: Real pictures without an object, which all arms have: as they are, or as backgrounds, too.
        backgrounds: Both, which new pictures are made from.
        test: What it is tested on.
        cutouts: Of `situate augment`.
        recipe: Of the training.
        out: Folder of all runs.
    """

    set_name: str
    num_real: int
    arm: str
    seed: int
    real: Pictures
    free: Pictures | None
    backgrounds: Pictures
    test: Pictures
    cutouts: str
    recipe: Recipe
    out: Path

    @property
    def key(self) -> str:
        """Its name, unique in a comparison."""
        return f"{self.set_name}-{self.num_real}-{self.seed}-{self.arm}"

    @property
    def result_path(self) -> Path:
        """Where its result is written."""
        return self.out / "runs" / f"{self.key}.json"

    def settings(self) -> dict[str, Any]:
        """What its result depends on, beside the pictures."""
        options = arm_of(self.arm).options
        new = None if options is None else {"options": list(options), "num_new": NUM_NEW}
        about = {"set": self.set_name, "num_real": self.num_real, "arm": self.arm, "seed": self.seed}
        return about | {"test": self.test.annotations.name, "new": new, "recipe": asdict(self.recipe)}

    def finished(self) -> Mapping[str, Any] | None:
        """Return its result if there is one.

        Raises:
            InputError: If it was made with other settings.
        """
        if not self.result_path.is_file():
            return None
        result = json.loads(self.result_path.read_bytes())
        if result["settings"] != self.settings():
            raise InputError(f"{self.result_path} was made with other settings; pass another folder or remove it")
        return result


def street_runs(
    street: Path, out: Path, part: str, sizes: Sequence[int], seeds: Sequence[int], arms: Sequence[str], recipe: Recipe
) -> list[Run]:
    """Split the street photographs and return their runs; cars are those of the training pictures themselves."""
    folder, images = out / "split", street / "images"
    write_split(street / "instances.json", folder, sizes, seeds)
    test = Pictures(folder / f"{part}.json", images)
    return [
        Run("street", size, arm, seed, *_real(folder, images, size, seed), test, "self", recipe, out)
        for seed in seeds
        for size in sizes
        for arm in arms
    ]


def _real(folder: Path, images: Path, size: int, seed: int) -> tuple[Pictures, Pictures, Pictures]:
    """Labelled pictures, pictures without an object, and both."""
    names = training_name(size, seed), FREE, backgrounds_name(size, seed)
    labelled, free, both = (Pictures(folder / name, images) for name in names)
    return labelled, free, both


def rendered_runs(rendered: Path, out: Path, seeds: Sequence[int], arms: Sequence[str], recipe: Recipe) -> list[Run]:
    """Return the runs of a set that `scene_set.py` has made: all its real pictures, cut-outs of rare classes."""
    real, test = (Pictures(rendered / part / LABELS, rendered / part / "images") for part in ("train", "test"))
    num_real, cutouts = len(real.dataset().images), str(rendered / "cutouts")
    pictures = real, None, real, test
    return [Run("rendered", num_real, arm, seed, *pictures, cutouts, recipe, out) for seed in seeds for arm in arms]


def do(run: Run) -> None:
    """Make a run's new pictures, train, test, and write what came out."""
    encoded, new, options = _encoded(run.recipe.side_px, run.recipe.num_zooms), run.free, arm_of(run.arm).options
    if options is not None:
        folder = run.out / "augmented" / run.key
        folder.parent.mkdir(parents=True, exist_ok=True)
        new = augmented(options, run.backgrounds, run.cutouts, folder, NUM_NEW, run.seed)
    result = run_once(run.real, new, run.test, encoded, run.recipe, run.seed)
    run.result_path.parent.mkdir(parents=True, exist_ok=True)
    write_json({"settings": run.settings()} | asdict(result), run.result_path)


def one_thread() -> None:
    """Leave the parallelism to the processes."""
    one_thread_a_process()
    torch.set_num_threads(1)


_encoded = cache(Encoded)
