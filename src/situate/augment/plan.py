"""What will be made: which objects go into which pictures, all drawn before any work, and kept as a file."""

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from situate.augment.balance import check_classes
from situate.augment.config import AugmentConfig
from situate.augment.cutouts import Cutout, CutoutFolder, check_kinds
from situate.augment.draw import ANY_KIND, Heights, PlannedPicture, drawn_pictures
from situate.augment.parts import pictures_to_augment
from situate.errors import DataError, InputError
from situate.imageio.foreground import MIN_BACKGROUND_SIDE_PX
from situate.labels.coco import CocoCategory, CocoDataset, CocoImage, category_of
from situate.labels.coco_entries import category_entry

FORMAT = "situate-augment-2"
PLAN_FILE = "plan.json"
_MIN_HEIGHTS, _HEIGHT_PERCENTILES = 10, (5, 95)
_LEAST_HEIGHT = 1e-4


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
        size_factors: What the heights of some classes are multiplied with, so that they are as tall as annotated ones.
        heights: Between which heights are drawn, as shares of the picture's height: for classes with enough annotated
            objects, and for `ANY_KIND` together.
    """

    config: AugmentConfig
    folder: CutoutFolder
    categories: tuple[CocoCategory, ...]
    before: Mapping[str, int]
    pictures: tuple[PlannedPicture, ...]
    num_without_place: int = 0
    identity: Mapping[str, str] | None = None
    size_factors: Mapping[str, float] = field(default_factory=dict)
    heights: Heights = field(default_factory=dict)

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
            "size_factors": dict(self.size_factors),
            "heights": {kind: list(pair) for kind, pair in self.heights.items()},
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
        size_factors=content["size_factors"],
        heights={kind: (low, high) for kind, (low, high) in content["heights"].items()},
    )


def plan_augmentation(
    config: AugmentConfig, dataset: CocoDataset, folder: CutoutFolder, identity: Mapping[str, str] | None = None
) -> AugmentPlan:
    """Draw what will be made.

    Raises:
        InputError: If classes do not exist or have no cut-outs, or there is nothing to do.
    """
    known = [category.name for category in dataset.categories]
    if wanted := {*config.per_class, *config.kinds}:
        folder = replace(folder, cutouts=tuple(cutout for cutout in folder.cutouts if cutout.kind in wanted))
    added = check_kinds(folder.cutouts, known, add_classes=config.add_classes)
    by_kind = folder.by_kind()
    check_classes(config, {kind: len(several) for kind, several in by_kind.items()}, [*known, *added])
    images = [image for image in pictures_to_augment(dataset.images) if _can_be_used(image)]
    if not images:
        raise InputError(f"{dataset.path} has no picture that can be used; annotate some, or check the folder")
    usable = {kind: by_kind[kind] for kind in (config.per_class or config.kinds or by_kind)}
    before = _counts(dataset)
    pictures, num_left = drawn_pictures(config, images, usable, before)
    next_id = max((category.id for category in dataset.categories), default=-1) + 1
    new = [CocoCategory(next_id + place, kind) for place, kind in enumerate(added)]
    categories = (*dataset.categories, *new)
    heights = _heights(dataset, config.like_annotated)
    return AugmentPlan(config, folder, categories, before, tuple(pictures), num_left, identity, heights=heights)


def _can_be_used(image: CocoImage) -> bool:
    return image.problem is None and min(image.width, image.height) >= MIN_BACKGROUND_SIDE_PX


def _heights(dataset: CocoDataset, like_annotated: int) -> Heights:
    """Of all but the smallest and the largest twentieth of the annotated objects, where there are enough."""
    of_picture, names = {image.id: image.height for image in dataset.images if image.height}, dataset.category_names()
    shares: dict[str, list[float]] = {ANY_KIND: []}
    for one in dataset.annotations:
        if one.box_xywh_px is None or one.has_empty_box or one.is_crowd or one.image_id not in of_picture:
            continue
        share = one.box_xywh_px[3] / of_picture[one.image_id]
        shares[ANY_KIND].append(share)
        shares.setdefault(names[one.category_id], []).append(share)
    # Without a number no class counts.
    enough = {kind: like_annotated or len(several) + 1 for kind, several in shares.items()} | {ANY_KIND: _MIN_HEIGHTS}
    return {kind: _between(several) for kind, several in sorted(shares.items()) if len(several) >= enough[kind]}


def _between(shares: Sequence[float]) -> tuple[float, float]:
    low, high = (max(round(share, 4), _LEAST_HEIGHT) for share in np.percentile(shares, _HEIGHT_PERCENTILES).tolist())
    return low, high


def _counts(dataset: CocoDataset) -> dict[str, int]:
    names = dataset.category_names()
    found = Counter(names[one.category_id] for one in dataset.annotations if not one.is_crowd)
    return {name: found[name] for name in names.values()}
