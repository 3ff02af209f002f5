"""Augmenting while a detector trains: a picture and its labels in, both with new objects out."""

from collections.abc import Mapping, Sequence
from numbers import Integral
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from situate.augment.compose import Studio, fill
from situate.augment.draw import PlannedPicture, draw_cutout
from situate.augment.labelled import Labelled
from situate.augment.plan import AugmentPlan, read_plan
from situate.augment.scene import open_scene
from situate.errors import InputError
from situate.imageio.convert import as_picture
from situate.labels.coco import CocoImage, annotation_of
from situate.labels.coco_check import CocoCheck
from situate.labels.coco_entries import annotation_entry
from situate.pipeline.runtime import Backend, Runtime, folder_of, kept_composer, one_thread
from situate.records.picture import Picture
from situate.seeds import seed_for


class Augmenter:
    """Puts a plan's cut-outs into pictures on the fly, as `situate augment` does; works in a PyTorch `Dataset`.

    It may be sent to other processes; each loads the model when it augments its first picture.

    >>> augmenter = Augmenter("augmented/plan.json")   # doctest: +SKIP
    >>> image, labels = augmenter(image, labels, seed=epoch * len(dataset) + index)   # doctest: +SKIP
    """

    def __init__(
        self,
        plan: AugmentPlan | Path | str,
        *,
        model: Path | str | None = None,
        device: str = "cpu",
        backend: Backend = "torch",
    ) -> None:
        """Take a plan: its options, classes and cut-outs; its list of pictures is not asked.

        Args:
            plan: Or its file.
            model: Model folder; by default the shipped weights.
            device: Where the model runs; processes that load data have no GPU to share.
            backend: Who runs it.

        Raises:
            DataError: If the file is no plan.
            InputError: If there is no cut-out.
        """
        self.plan = plan if isinstance(plan, AugmentPlan) else read_plan(Path(plan))
        self._model = folder_of(None if model is None else Path(model))
        self._runtime = Runtime(device, backend)
        config = self.plan.config
        by_kind = self.plan.folder.by_kind()
        self._usable = {kind: by_kind[kind] for kind in (config.per_class or config.kinds or by_kind)}
        if not self._usable:
            raise InputError("the plan has no cut-outs; make one with some")

    def __call__(
        self, image: Any, labels: Sequence[Mapping[str, Any]], *, seed: int
    ) -> tuple[Any, list[dict[str, Any]]]:
        """Put objects into a picture; where the gate lets nothing pass, both come back as they were.

        Args:
            image: Path, Pillow picture, `h w 3` uint8 array, or `Picture`; upright.
            labels: COCO annotations of it: `bbox`, `category_id`, and `segmentation` where there is one; with
                `image_id`, objects that were cut from this picture do not come back.
            seed: The same seed gives the same result: pass one that differs from sample to sample and epoch to epoch.

        Returns:
            The picture, of the kind that was passed (Pillow for a path), and its labels: new objects behind the
            others, which keep all their keys; those that are hardly seen any more are left out.

        Raises:
            InputError: If the picture or the labels cannot be used.
        """
        picture = as_picture(image)
        entry = CocoImage(_image_id(labels), picture.name, picture.width_px, picture.height_px)
        entries = self._checked(labels, entry)
        names = self._drawn(entry, seed)
        with one_thread():
            composer = kept_composer(self._model, self._runtime)
            ids = {category.name: category.id for category in self.plan.categories}
            studio = Studio(
                self.plan.config, self.plan.folder, ids, composer, self.plan.size_factors, self.plan.heights
            )
            planned = PlannedPicture(0, entry.id, seed_for(seed, "picture"), names)
            scene = open_scene(planned, entry, picture, [annotation_of(one) for one in entries])
            fill([scene], studio)
        if scene.errors:
            raise InputError("; ".join(error["error"] for error in scene.errors))
        if not scene.num_new:
            return _like(picture, image), [dict(one) for one in labels]
        return _like(scene.picture, image), _labels(scene.kept(self.plan.config), entry, entries)

    def _checked(self, labels: Sequence[Mapping[str, Any]], image: CocoImage) -> list[dict[str, Any]]:
        entries = [{"id": number, **one, "image_id": image.id} for number, one in enumerate(labels, start=1)]
        categories = [{"id": one.id, "name": one.name} for one in self.plan.categories]
        picture = {"id": image.id, "file_name": "picture", "width": image.width, "height": image.height}
        check = CocoCheck({"images": [picture], "annotations": entries, "categories": categories})
        if check.problems:
            raise InputError(f"the labels cannot be used: {check.summary()}; pass COCO annotations")
        return entries

    def _drawn(self, image: CocoImage, seed: int) -> tuple[str, ...]:
        """Draw cut-outs: with `balance` rare classes more often, else each cut-out as likely as any other."""
        config, usable = self.plan.config, self._usable
        generator = np.random.default_rng(seed_for(seed, "cutouts"))
        kinds = sorted(usable)
        weights = np.array([len(usable[kind]) for kind in kinds], np.float64)
        if config.balance:
            weights = np.array([1 / (1 + self.plan.before.get(kind, 0)) for kind in kinds])
        elif config.per_class:
            weights = np.array([config.per_class[kind] for kind in kinds], np.float64)
        least, most = config.objects
        count = int(generator.integers(least, most + 1))
        places = generator.choice(len(kinds), count, p=weights / weights.sum())
        drawn = [draw_cutout(usable[kinds[place]], image, config, generator) for place in places]
        return tuple(cutout.name for cutout in drawn if cutout is not None)


def _labels(
    objects: Sequence[Labelled], image: CocoImage, entries: Sequence[Mapping[str, Any]]
) -> list[dict[str, Any]]:
    old = {one["id"]: one for one in entries}
    next_id = max(old, default=0) + 1
    labels = []
    for one in objects:
        entry = annotation_entry(one.current(image))
        if one.is_new:
            entry["id"], next_id = next_id, next_id + 1
        labels.append(entry if one.is_new else {**old[one.annotation.id], **entry})
    return labels


def _image_id(labels: Sequence[Mapping[str, Any]]) -> int:
    """Of the picture as the labels name it; -1 is no picture's."""
    found = labels[0].get("image_id") if labels else None
    return int(found) if isinstance(found, Integral) else -1


def _like(picture: Picture, image: Any) -> Any:
    if isinstance(image, Picture):
        return picture
    return picture.pixels if isinstance(image, np.ndarray) else Image.fromarray(picture.rgb_u8)
