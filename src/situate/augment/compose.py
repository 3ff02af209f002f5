"""One block of new pictures: object by object, the networks seeing all pictures of the block at once."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import numpy as np

from situate.augment.config import AugmentConfig
from situate.augment.cutouts import Cutout, CutoutFolder
from situate.augment.draw import ANY_KIND, Heights, draw_cutout
from situate.augment.gate import Reject, judged_object, judged_place
from situate.augment.labelled import PROVENANCE, new_object, visible_crop
from situate.augment.made import Rejected
from situate.augment.place import Candidate, orders_for
from situate.augment.scene import Scene
from situate.errors import InputError, PlacementError, SituateError
from situate.geometry.correction import correction_of
from situate.pipeline.composer import Composer
from situate.pipeline.order import Order
from situate.records.picture import Picture
from situate.records.placement import VISIBLE_THRESHOLD_U8, Composite
from situate.seeds import seed_for


@dataclass(frozen=True)
class Studio:
    """What all pictures are made with.

    Attributes:
        config: The limits.
        folder: The cut-outs.
        category_ids: Of the classes.
        composer: The model.
        size_factors: What the heights of some classes are multiplied with.
        heights: Between which heights are drawn, by class.
    """

    config: AugmentConfig
    folder: CutoutFolder
    category_ids: Mapping[str, int]
    composer: Composer
    size_factors: Mapping[str, float]
    heights: Heights = field(default_factory=dict)

    @cached_property
    def by_name(self) -> dict[str, Cutout]:
        """The cut-outs by their names."""
        return {cutout.name: cutout for cutout in self.folder.cutouts}

    @cached_property
    def by_kind(self) -> dict[str, list[Cutout]]:
        """The cut-outs of every class."""
        return self.folder.by_kind()

    def cutout_for(self, scene: Scene) -> Cutout:
        """Return the object that comes next: the planned one, then others of its class."""
        planned = self.by_name[scene.planned.cutouts[scene.turn]]
        if scene.attempt == 0:
            return planned
        generator = np.random.default_rng(seed_for(scene.planned.seed, "again", scene.turn, scene.attempt))
        return draw_cutout(self.by_kind[planned.kind], scene.image, self.config, generator) or planned


def fill(scenes: Sequence[Scene], studio: Studio) -> None:
    """Put the planned objects into all scenes; in each round every scene that is not done gets one try."""
    while waiting := [scene for scene in scenes if not scene.is_done]:
        asked: list[tuple[Scene, Cutout, Candidate]] = []
        for scene in waiting:
            cutout = studio.cutout_for(scene)
            try:
                asked.append((scene, cutout, _candidate(scene, cutout, studio)))
            except InputError as error:
                scene.errors.append({"file": str(studio.folder.root / cutout.name), "error": str(error)})
                _reject(scene, cutout, Reject.UNREADABLE, studio.config)
        if asked:
            _round(asked, studio)


def _candidate(scene: Scene, cutout: Cutout, studio: Studio) -> Candidate:
    config, image = studio.config, scene.image
    new = [one.annotation.extra[PROVENANCE]["box_xywh_px"] for one in scene.objects if one.is_new]
    old = [
        one.seen.box_xywh_px for one in scene.objects if not one.is_new and one.seen is not None and one.seen.area_px
    ]
    clear_of = [*new, *(old if config.keep_clear else [])]
    seed = seed_for(scene.planned.seed, "object", scene.turn, scene.attempt)
    foreground = studio.folder.read(cutout)
    # Masks of places are named like the picture's file.
    background = replace(scene.picture, name=image.file_name)
    boxes = tuple(tuple(box) for box in clear_of if min(box[2:]) > 0)
    heights = studio.heights.get(cutout.kind)
    if heights is None and config.place == "random":
        heights = studio.heights.get(ANY_KIND)
    return Candidate(background, foreground, cutout.kind, seed, boxes, heights)


def _round(asked: Sequence[tuple[Scene, Cutout, Candidate]], studio: Studio) -> None:
    """Try one object in each of several scenes."""
    config, composer = studio.config, studio.composer
    found = orders_for(composer.pipeline, [candidate for _, _, candidate in asked], config, studio.size_factors)
    taken: list[tuple[Scene, Cutout, Order]] = []
    for (scene, cutout, _), order in zip(asked, found, strict=True):
        if isinstance(order, PlacementError):
            _reject(scene, cutout, Reject.NO_PLACE, config)
        elif isinstance(order, SituateError):
            scene.errors.append({"file": scene.image.file_name, "error": str(order)})
            _reject(scene, cutout, Reject.UNREADABLE, config)
        elif reason := judged_place(order.placements[0], config):
            _reject(scene, cutout, reason, config, order)
        else:
            taken.append((scene, cutout, order))
    made = composer.pipeline.compose_batch(
        [order for _, _, order in taken],
        num_steps=config.num_steps,
        model_fingerprint=composer.model_fingerprint,
        correction=correction_of(config.strength, config.match),
    )
    for (scene, cutout, order), (composite,) in zip(taken, made, strict=True):
        _judge(scene, cutout, order, composite, studio)


def _judge(scene: Scene, cutout: Cutout, order: Order, composite: Composite, studio: Studio) -> None:
    """Take a composite into its scene, or reject it."""
    config, placement = studio.config, composite.placement
    seen = visible_crop(composite)
    whole_px = _whole_px(order.foreground, composite.box_xywh_px[3])
    if reason := judged_object(seen, whole_px, config):
        _reject(scene, cutout, reason, config, order)
        return
    provenance: dict[str, Any] = {
        "cutout": cutout.name,
        "cutout_image_id": cutout.image_id,
        "cutout_annotation_id": cutout.annotation_id,
        "seed": order.seed,
        "probability": _rounded(placement.probability),
        "score": _rounded(placement.score),
        "box_xywh_px": [round(value, 2) for value in composite.box_xywh_px],
        "model": composite.model_fingerprint,
    }
    known = {key: value for key, value in provenance.items() if value is not None}
    new = new_object(seen, scene.image, studio.category_ids[cutout.kind], whole_px, known)
    scene.picture = composite.picture
    scene.objects = [*(one.behind(seen) for one in scene.objects), new]
    scene.turn, scene.attempt = scene.turn + 1, 0


def _reject(scene: Scene, cutout: Cutout, reason: str, config: AugmentConfig, order: Order | None = None) -> None:
    box = None
    if order is not None:
        left, top, width, height = order.placements[0].box_xywh_px((scene.image.width, scene.image.height))
        box = (round(left, 2), round(top, 2), round(width, 2), round(height, 2))
    scene.rejected.append(Rejected(scene.planned.number, cutout.name, str(reason), box))
    scene.attempt += 1
    if scene.attempt >= config.tries:
        scene.turn, scene.attempt = scene.turn + 1, 0


def _whole_px(foreground: Picture, height_px: float) -> int:
    """Pixels that the whole cut-out has once it is so tall."""
    alpha = foreground.pixels[..., 3] >= VISIBLE_THRESHOLD_U8 / 255 * foreground.max_value
    return round(float(alpha.sum()) * (height_px / foreground.height_px) ** 2)


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 6)
