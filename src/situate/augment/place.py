"""Where new objects stand: one of the model's best places, drawn by their probabilities, or a random place."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from situate.augment.config import AugmentConfig
from situate.augment.gate import judged_place
from situate.errors import PlacementError, SituateError
from situate.geometry.boxes import xywh_px_to_cxcywh
from situate.geometry.canvas import Letterbox
from situate.geometry.correction import NO_CORRECTION, correction_of
from situate.nn.placement import PlacementPrediction
from situate.pipeline.batch import Pair, predictions
from situate.pipeline.compose import ComposePipeline
from situate.pipeline.demands import extent_of, mask_for
from situate.pipeline.order import Order
from situate.records.batch import PlacementInput
from situate.records.constraints import Extent, PlacementConstraints
from situate.records.picture import Picture
from situate.records.placement import BoxXywhPx, Placement
from situate.seeds import seed_for

_JITTER = 1.25
"""A randomly placed object is up to so many times larger or smaller than its cut-out, where nothing else is known."""
_ABOUT = 1.15
"""The model may choose a height up to so many times above or below one that was drawn."""
_LARGEST_SHARE = 0.9
"""Of the picture, on either side."""


@dataclass(frozen=True)
class Candidate:
    """An object that shall go into a picture.

    Attributes:
        background: The picture, with what was put into it before.
        foreground: The cut-out.
        kind: Its class.
        seed: Its draws and its noise follow from it.
        clear_of: Boxes to keep clear of, in pixels.
        heights: Between which a height is drawn, as shares of the picture's; None leaves it to the model, and for a
            random place keeps the cut-out's own, give or take a quarter.
    """

    background: Picture
    foreground: Picture
    kind: str
    seed: int
    clear_of: tuple[BoxXywhPx, ...] = ()
    heights: tuple[float, float] | None = None


def orders_for(
    pipeline: ComposePipeline,
    candidates: Sequence[Candidate],
    config: AugmentConfig,
    size_factors: Mapping[str, float],
) -> list[Order | SituateError]:
    """Find a place for each; the network sees all of them at once.

    Args:
        pipeline: The model.
        candidates: What shall go where.
        config: The limits.
        size_factors: What the heights of some classes are multiplied with.

    Returns:
        For each, what is to be composed, or why there is no place.
    """
    readings = [_reading(candidate, config) for candidate in candidates]
    sound = [one for one in readings if not isinstance(one, SituateError)]
    # Plain copy-paste asks no network.
    is_predicted = config.place == "model" or correction_of(config.strength, config.match) != NO_CORRECTION
    predicted = iter(
        predictions(pipeline, [pair for pair, _ in sound]) if sound and is_predicted else [None] * len(sound)
    )
    orders: list[Order | SituateError] = []
    for candidate, reading in zip(candidates, readings, strict=True):
        if isinstance(reading, SituateError):
            orders.append(reading)
            continue
        try:
            orders.append(_order(pipeline, *reading, next(predicted), config, size_factors.get(candidate.kind, 1.0)))
        except SituateError as error:
            orders.append(error)
    return orders


def _order(
    pipeline: ComposePipeline,
    pair: Pair,
    placement: Placement | None,
    predicted: tuple[PlacementInput, PlacementPrediction] | None,
    config: AugmentConfig,
    size_factor: float,
) -> Order:
    if placement is None:
        assert predicted is not None
        placement = _drawn(_ranked(pipeline, pair, *predicted, config.places, size_factor), pair.seed, config)
    prediction = None if predicted is None else predicted[1]
    return Order(pair.background, pair.foreground, [placement], prediction, pair.seed)


def _ranked(
    pipeline: ComposePipeline,
    pair: Pair,
    inputs: PlacementInput,
    prediction: PlacementPrediction,
    count: int,
    size_factor: float,
) -> Sequence[Placement]:
    """The best places."""
    letterbox = Letterbox(pair.background.width_px, pair.background.height_px)
    resized = prediction._replace(distribution=prediction.distribution.resized(size_factor))
    return pipeline.ranked(pipeline.lattice(inputs, resized, letterbox, pair.constraints), count)


def demands_of(
    kind: str, background: Picture, foreground: Picture, clear_of: tuple[BoxXywhPx, ...], config: AugmentConfig
) -> PlacementConstraints:
    """Return what is demanded of the place of an object.

    Raises:
        InputError: If a mask cannot be read.
        PlacementError: If it must be both larger and smaller than something.
    """
    sizes = config.sizes_of(kind)
    height_px = background.height_px
    least, most = extent_of(sizes.min_size, "min_size"), extent_of(sizes.max_size, "max_size")
    largest_px = config.max_enlarge * foreground.height_px
    if most is not None:
        largest_px = min(largest_px, most.in_px(height_px))
    if least is not None and least.in_px(height_px) > largest_px:
        raise PlacementError(
            f"the object must be at least {least} tall, and at most {largest_px:.0f} px "
            f"(its cut-out has {foreground.height_px}); pass larger cut-outs, or raise max_enlarge or max_size"
        )
    return PlacementConstraints(
        allow=mask_for(config.allow, "allow", background),
        avoid=mask_for(config.avoid, "avoid", background),
        min_height=least,
        max_height=Extent(largest_px, "px"),
        away_from_xywh_px=clear_of,
        min_inside=config.inside,
    )


def _reading(candidate: Candidate, config: AugmentConfig) -> tuple[Pair, Placement | None] | SituateError:
    """What the networks are shown, and the place if they are not asked for it; or why there can be none."""
    background, foreground = candidate.background, candidate.foreground
    try:
        demanded = demands_of(candidate.kind, background, foreground, candidate.clear_of, config)
        placement = _random_place(candidate, demanded) if config.place == "random" else None
        if config.place == "model" and candidate.heights is not None:
            demanded = _about_as_tall(candidate, demanded)
    except SituateError as error:
        return error
    return Pair(background, foreground, candidate.seed, constraints=demanded), placement


def _about_as_tall(candidate: Candidate, demanded: PlacementConstraints) -> PlacementConstraints:
    """Draw a height among those of annotated objects, and let the model say where an object so tall stands."""
    assert candidate.heights is not None
    assert demanded.max_height is not None
    height_px, generator = candidate.background.height_px, np.random.default_rng(seed_for(candidate.seed, "height"))
    low, high = (share * height_px for share in candidate.heights)
    least = 1.0 if demanded.min_height is None else demanded.min_height.in_px(height_px)
    most = demanded.max_height.in_px(height_px)
    wanted = min(max(_between(low, high, generator), least), most)
    return replace(
        demanded,
        min_height=Extent(max(wanted / _ABOUT, least), "px"),
        max_height=Extent(min(wanted * _ABOUT, most), "px"),
    )


def _between(low: float, high: float, generator: np.random.Generator) -> float:
    """Draw a length, each ratio as likely as any."""
    return math.exp(generator.uniform(math.log(low), math.log(high)))


def _drawn(ranked: Sequence[Placement], seed: int, config: AugmentConfig) -> Placement:
    """Draw one of the places that the gate lets pass; if it lets none pass, return the best for it to refuse."""
    placements = [placement for placement in ranked if judged_place(placement, config) is None]
    if not placements:
        return max(ranked, key=lambda placement: placement.score or 0.0)
    weights = np.array([placement.probability or 0.0 for placement in placements])
    weights = weights if weights.sum() > 0 else np.ones_like(weights)
    generator = np.random.default_rng(seed_for(seed, "place"))
    return placements[generator.choice(len(placements), p=weights / weights.sum())]


def _random_place(candidate: Candidate, demanded: PlacementConstraints) -> Placement:
    background, foreground = candidate.background, candidate.foreground
    generator = np.random.default_rng(seed_for(candidate.seed, "place"))
    aspect = foreground.width_px / foreground.height_px
    least = 1.0 if demanded.min_height is None else demanded.min_height.in_px(background.height_px)
    most = math.inf if demanded.max_height is None else demanded.max_height.in_px(background.height_px)
    most = min(most, _LARGEST_SHARE * background.height_px, _LARGEST_SHARE * background.width_px / aspect)
    if least > most:
        raise PlacementError(f"an object at least {least:.0f} px tall does not fit; lower min_size")
    low, high = foreground.height_px / _JITTER, foreground.height_px * _JITTER
    if candidate.heights is not None:
        low, high = (share * background.height_px for share in candidate.heights)
    height = min(max(_between(low, high, generator), least), most)
    width = height * aspect
    left = generator.uniform(0, background.width_px - width)
    top = generator.uniform(0, background.height_px - height)
    return Placement(xywh_px_to_cxcywh((left, top, width, height), (background.width_px, background.height_px)))
