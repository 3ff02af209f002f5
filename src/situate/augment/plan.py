"""What will be made: which objects go into which pictures, all drawn before any work, and kept as a file."""

import json
from collections import Counter, deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from situate.augment.balance import check_classes, drawn_kinds
from situate.augment.config import AugmentConfig
from situate.augment.cutouts import Cutout, CutoutFolder, check_kinds
from situate.augment.parts import pictures_to_augment
from situate.errors import DataError, InputError
from situate.labels.coco import CocoCategory, CocoDataset, CocoImage, category_of
from situate.labels.coco_entries import category_entry
from situate.seeds import seed_for

FORMAT = "situate-augment-1"
PLAN_FILE = "plan.json"


@dataclass(frozen=True)
class PlannedPicture:
    """One new picture.

    Attributes:
        number: From 0; its name begins with it.
        image_id: The picture that it is made from.
        seed: Its draws follow from it.
        cutouts: Names of the cut-outs that are tried first, one for each new object.
    """

    number: int
    image_id: int
    seed: int
    cutouts: tuple[str, ...]


@dataclass(frozen=True)
class AugmentPlan:
    """All that the result follows from, together with the pictures and the model.

    Attributes:
        config: What was asked.
        folder: The cut-outs.
        categories: Of the data set, and those that cut-outs add.
        before: Objects of each class before.
        pictures: What is to be made.
        num_without_place: Objects that were asked for and have no picture they may go into.
        identity: Fingerprints of the annotations, the cut-outs and the model.
    """

    config: AugmentConfig
    folder: CutoutFolder
    categories: tuple[CocoCategory, ...]
    before: Mapping[str, int]
    pictures: tuple[PlannedPicture, ...]
    num_without_place: int = 0
    identity: Mapping[str, str] | None = None

    @property
    def blocks(self) -> list[tuple[PlannedPicture, ...]]:
        """The pictures that go through the networks together."""
        size = self.config.batch_size
        return [self.pictures[start : start + size] for start in range(0, len(self.pictures), size)]

    @property
    def added(self) -> dict[str, int]:
        """New objects of each class."""
        kinds = {cutout.name: cutout.kind for cutout in self.folder.cutouts}
        return dict(sorted(Counter(kinds[name] for picture in self.pictures for name in picture.cutouts).items()))

    def to_json(self, home: Path) -> dict[str, Any]:
        """Plain values.

        Args:
            home: Folder that the plan is written to; cut-outs in it are named from there.
        """
        root = self.folder.root.absolute()
        inside = root.is_relative_to(home.absolute())
        return {
            "format": FORMAT,
            "identity": dict(self.identity or {}),
            "config": self.config.to_json(),
            "categories": [category_entry(category) for category in self.categories],
            "before": dict(self.before),
            "cutout_root": (root.relative_to(home.absolute()) if inside else root).as_posix(),
            "cutouts": [cutout.to_json() for cutout in self.folder.cutouts],
            "num_without_place": self.num_without_place,
            "pictures": [[one.number, one.image_id, one.seed, list(one.cutouts)] for one in self.pictures],
        }


def read_plan(path: Path) -> AugmentPlan:
    """Read a plan's file.

    Raises:
        DataError: If it is none.
    """
    try:
        content = json.loads(path.read_bytes())
    except (OSError, ValueError) as error:
        raise DataError(f"{path} cannot be read as a plan ({error}); pass the plan.json of situate augment") from error
    if not isinstance(content, dict) or content.get("format") != FORMAT:
        raise DataError(f"{path} is no plan of the format {FORMAT}; pass the plan.json of situate augment")
    return AugmentPlan(
        config=AugmentConfig.checked(**content["config"]),
        folder=CutoutFolder(
            path.parent / content["cutout_root"], tuple(Cutout(**cutout) for cutout in content["cutouts"])
        ),
        categories=tuple(category_of(entry) for entry in content["categories"]),
        before=content["before"],
        pictures=tuple(
            PlannedPicture(number, image_id, seed, tuple(names))
            for number, image_id, seed, names in content["pictures"]
        ),
        num_without_place=content["num_without_place"],
        identity=content["identity"],
    )


def plan_augmentation(
    config: AugmentConfig, dataset: CocoDataset, folder: CutoutFolder, identity: Mapping[str, str] | None = None
) -> AugmentPlan:
    """Draw what will be made.

    Raises:
        InputError: If classes do not exist or have no cut-outs, or there is nothing to do.
    """
    known = [category.name for category in dataset.categories]
    added = check_kinds(folder.cutouts, known, add_classes=config.add_classes)
    by_kind = folder.by_kind()
    check_classes(config, {kind: len(several) for kind, several in by_kind.items()}, [*known, *added])
    images = [image for image in pictures_to_augment(dataset.images) if image.problem is None]
    if not images:
        raise InputError(f"{dataset.path} has no picture that can be used; annotate some, or check the folder")
    usable = {kind: by_kind[kind] for kind in (config.per_class or config.kinds or by_kind)}
    before = _counts(dataset)
    pictures, num_left = _pictures(config, images, usable, before)
    next_id = max((category.id for category in dataset.categories), default=-1) + 1
    new = [CocoCategory(next_id + place, kind) for place, kind in enumerate(added)]
    categories = (*dataset.categories, *new)
    return AugmentPlan(config, folder, categories, before, tuple(pictures), num_left, identity)


def draw_cutout(
    cutouts: Sequence[Cutout], image: CocoImage, config: AugmentConfig, generator: np.random.Generator
) -> Cutout | None:
    """Draw one that may go into a picture: nothing comes back into its own picture unless that is asked for.

    Args:
        cutouts: Of one class; not empty.
        image: The picture.
        config: Says whether objects may come back.
        generator: Source of randomness.

    Returns:
        A cut-out; None if none is allowed.
    """

    def is_allowed(cutout: Cutout) -> bool:
        return config.own_picture or cutout.image_id is None or cutout.image_id != image.id

    for _ in range(_NUM_QUICK_DRAWS):
        cutout = cutouts[int(generator.integers(len(cutouts)))]
        if is_allowed(cutout):
            return cutout
    allowed = [cutout for cutout in cutouts if is_allowed(cutout)]
    return allowed[int(generator.integers(len(allowed)))] if allowed else None


def _counts(dataset: CocoDataset) -> dict[str, int]:
    names = dataset.category_names()
    found = Counter(names[one.category_id] for one in dataset.annotations if not one.is_crowd)
    return {name: found[name] for name in names.values()}


def _pictures(
    config: AugmentConfig, images: Sequence[CocoImage], usable: Mapping[str, list[Cutout]], before: Mapping[str, int]
) -> tuple[list[PlannedPicture], int]:
    sizes = _sizes(config, len(images))
    counts = {kind: len(several) for kind, several in usable.items()}
    waiting = deque(drawn_kinds(config, before, counts, sum(sizes)))
    pictures: list[PlannedPicture] = []
    num_idle = 0
    backgrounds = _backgrounds(config, images)
    # After one idle turn round all pictures, those that still wait have no picture that they may go into.
    while waiting and num_idle <= len(images):
        image = next(backgrounds)
        number = len(pictures)
        size = sizes[number] if number < len(sizes) else 1
        names = _taken(config, image, usable, waiting, size, number)
        num_idle = 0 if names else num_idle + 1
        if names:
            pictures.append(PlannedPicture(number, image.id, seed_for(config.seed, "picture", number), names))
    return pictures, len(waiting)


def _taken(
    config: AugmentConfig,
    image: CocoImage,
    usable: Mapping[str, list[Cutout]],
    waiting: deque[str],
    size: int,
    number: int,
) -> tuple[str, ...]:
    """Take classes that wait and may go into a picture, in their order, and draw a cut-out of each."""
    generator = np.random.default_rng(seed_for(config.seed, "cutouts", number, image.id))
    names: list[str] = []
    passed: list[str] = []
    while waiting and len(names) < size and len(passed) < _LOOK_AHEAD:
        kind = waiting.popleft()
        cutout = draw_cutout(usable[kind], image, config, generator)
        if cutout is None:
            passed.append(kind)
        else:
            names.append(cutout.name)
    waiting.extendleft(reversed(passed))
    return tuple(names)


def _sizes(config: AugmentConfig, num_images: int) -> list[int]:
    """How many objects go into each picture."""
    least, most = config.objects
    generator = np.random.default_rng(seed_for(config.seed, "sizes"))
    if not config.per_class:
        count = config.total or (config.per_image or 1) * num_images
        return generator.integers(least, most + 1, count).tolist()
    sizes: list[int] = []
    left = sum(config.per_class.values())
    while left > 0:
        sizes.append(min(left, int(generator.integers(least, most + 1))))
        left -= sizes[-1]
    return sizes


def _backgrounds(config: AugmentConfig, images: Sequence[CocoImage]) -> Iterator[CocoImage]:
    """Every picture comes up once before any comes up twice."""
    turn = 0
    while True:
        order = np.random.default_rng(seed_for(config.seed, "backgrounds", turn)).permutation(len(images))
        yield from (images[place] for place in order)
        turn += 1


_NUM_QUICK_DRAWS = 8
_LOOK_AHEAD = 1000
"""So many waiting objects are looked through for one that may go into a picture."""
