"""What all methods make at one place of a scene, with the render that it is compared with, and its scores."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from jaxtyping import UInt8

from situate.evaluation.benchmark.composites import CEILING, COMPOSERS, made_by, made_ceiling, made_true
from situate.evaluation.benchmark.made import Made
from situate.evaluation.benchmark.mean_shadow import MeanShadow
from situate.evaluation.benchmark.model_under_test import MODEL
from situate.evaluation.benchmark.picture_scores import PictureScores, picture_scores, psnr_gain_db
from situate.evaluation.perceptual import PerceptualDistance
from situate.geometry.canvas import BoxCxcywh
from situate.records.triple import Triple

Place = Literal["truth", "model"]
"""Whose place it is."""
TRUTH, MEAN_SHADOW = "truth", "mean-shadow"
RIVALS = (*COMPOSERS, MEAN_SHADOW)
"""Whom a model must beat."""


@dataclass(frozen=True)
class PlacePictures:
    """The pictures of one place.

    Attributes:
        place: Whose place it is.
        background: What everything was made on.
        reference: The render of the object there.
        baselines: What was made without a network, by method; methods that made none are left out.
        model: What the model made, by number of steps; empty without a model.
    """

    place: Place
    background: UInt8[np.ndarray, "h w 3"]
    reference: Triple
    baselines: Mapping[str, Made]
    model: Mapping[int, Made]


@dataclass(frozen=True)
class ScenePictureScores:
    """Scores of all pictures of one scene.

    Attributes:
        by_method: Of the baselines, and of the model with its first number of steps; named by `name_at`.
        by_steps: Of the model, by number of steps, then by `name_at`.
        gains_db: By how much PSNR the model with its first number of steps is above each rival at the same place, on
            the same pixels; by the names of both.
    """

    by_method: Mapping[str, PictureScores]
    by_steps: Mapping[int, Mapping[str, PictureScores]]
    gains_db: Mapping[str, Mapping[str, float]]


def name_at(method: str, place: Place) -> str:
    """Return how a method at a place is called: a model at its own and all others at the true place by their names."""
    home = MODEL if method == MODEL else TRUTH
    return method if place == home else f"{method}@{place}"


def baselines_at(
    place: Place, triple: Triple, box_cxcywh: BoxCxcywh, reference: Triple, mean_shadow: MeanShadow | None
) -> dict[str, Made]:
    """Make what needs no network at a box; the truth itself at the true place only."""
    made = {TRUTH: made_true(triple)} if place == TRUTH else {}
    made[CEILING] = made_ceiling(triple.foreground, box_cxcywh, reference, triple.background)
    for name in COMPOSERS:
        one = made_by(name, triple, box_cxcywh)
        made |= {} if one is None else {name: one}
    return made if mean_shadow is None else {**made, MEAN_SHADOW: mean_shadow.made(triple, box_cxcywh)}


def scored_pictures(places: Sequence[PlacePictures], perceptual: PerceptualDistance) -> ScenePictureScores:
    """Score all pictures of one scene."""
    baselines: dict[str, PictureScores] = {}
    by_steps: dict[int, dict[str, PictureScores]] = {}
    gains_db: dict[str, dict[str, float]] = {}
    for one in places:
        name = name_at(MODEL, one.place)
        for num_steps, made in one.model.items():
            by_steps.setdefault(num_steps, {})[name] = picture_scores(made, one.reference, one.background, perceptual)
        for method, made in one.baselines.items():
            baselines[name_at(method, one.place)] = picture_scores(made, one.reference, one.background, perceptual)
        if one.model:
            gains_db[name] = _gains_db(one)
    return ScenePictureScores({**next(iter(by_steps.values()), {}), **baselines}, by_steps, gains_db)


def _gains_db(place: PlacePictures) -> dict[str, float]:
    first = next(iter(place.model.values()))
    return {
        name_at(rival, place.place): psnr_gain_db(first, place.baselines[rival], place.reference, place.background)
        for rival in RIVALS
        if rival in place.baselines
    }
