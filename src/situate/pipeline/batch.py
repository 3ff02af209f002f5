"""Pairs of background and foreground: the networks see several at once, everything else is done one by one."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice

import torch

from situate.errors import SituateError
from situate.geometry.canvas import Letterbox
from situate.nn.placement import PlacementPrediction
from situate.pipeline.compose import ComposePipeline
from situate.pipeline.inputs import fitted_placement
from situate.pipeline.options import Synthesis
from situate.pipeline.order import Order, foreground_u8
from situate.pipeline.places import RankedPlaces
from situate.records.batch import PlacementInput
from situate.records.constraints import PlacementConstraints
from situate.records.picture import Picture
from situate.records.placement import BoxXywhPx, Composite, Placement


@dataclass(frozen=True)
class Pair:
    """What goes where.

    Attributes:
        background: Where to.
        foreground: What; RGB and alpha, trimmed.
        seed: Of the noise template.
        box_xywh_px: A place given by hand, or None.
        constraints: What is demanded of places that are not given.
    """

    background: Picture
    foreground: Picture
    seed: int = 0
    box_xywh_px: BoxXywhPx | None = None
    constraints: PlacementConstraints | None = None


def composed(
    pipeline: ComposePipeline, pairs: Sequence[Pair], synthesis: Synthesis, top_k: int, model_fingerprint: str
) -> Iterator[list[Composite] | SituateError]:
    """Compose pairs, each by its own seed.

    Args:
        pipeline: The model.
        pairs: As many as the networks shall see at once.
        synthesis: How, but for the seed.
        top_k: How many places of each pair to use.
        model_fingerprint: Carried into the composites.

    Yields:
        For each pair, in order, its composites, or why it has none; they are assembled one by one when asked for.
    """
    predicted = predictions(pipeline, pairs)
    orders = [order_of(pipeline, pair, *one, top_k) for pair, one in zip(pairs, predicted, strict=True)]
    made = pipeline.compose_batch(
        [order for order in orders if isinstance(order, Order)],
        num_steps=synthesis.num_steps,
        model_fingerprint=model_fingerprint,
        correction=synthesis.correction,
    )
    for order in orders:
        yield next(made) if isinstance(order, Order) else order


def composed_or_raised(
    pipeline: ComposePipeline,
    pairs: Iterator[Pair],
    synthesis: Synthesis,
    top_k: int,
    model_fingerprint: str,
    batch_size: int = 1,
) -> Iterator[list[Composite]]:
    """Compose pairs as `composed` does, so many at once; they are taken from the iterator when their turn comes.

    Raises:
        SituateError: If one has none.
    """
    failure: SituateError | None = None
    while failure is None:
        batch: list[Pair] = []
        try:
            batch.extend(islice(pairs, batch_size))
        except SituateError as error:
            failure = error  # those before it come first
        if not batch:
            break
        for made in composed(pipeline, batch, synthesis, top_k, model_fingerprint):
            if isinstance(made, SituateError):
                raise made
            yield made
    if failure is not None:
        raise failure


def predictions(pipeline: ComposePipeline, pairs: Sequence[Pair]) -> list[tuple[PlacementInput, PlacementPrediction]]:
    """Run the placement network on several pairs at once; give what it saw and says of each."""
    inputs, prediction = pipeline.predict_batch(
        [(pair.background.rgb_u8, foreground_u8(pair.foreground)) for pair in pairs]
    )
    places = torch.arange(len(pairs), device=pipeline.device).split(1)
    return [(inputs.part(place), prediction.part(place)) for place in places]


def ranked_places(
    pipeline: ComposePipeline, pair: Pair, inputs: PlacementInput, prediction: PlacementPrediction, top_k: int
) -> RankedPlaces:
    """Rank the best places of a pair under its constraints.

    Raises:
        PlacementError: If the constraints leave none.
    """
    letterbox = Letterbox(pair.background.width_px, pair.background.height_px)
    lattice = pipeline.lattice(inputs, prediction, letterbox, pair.constraints)
    return RankedPlaces(pair.background, foreground_u8(pair.foreground), pipeline.ranked(lattice, top_k), lattice)


def order_of(
    pipeline: ComposePipeline, pair: Pair, inputs: PlacementInput, prediction: PlacementPrediction, top_k: int
) -> Order | SituateError:
    """Return what is to be composed of a pair, at its best places or its own; or why nothing is."""
    try:
        if pair.box_xywh_px is not None:
            placements: Sequence[Placement] = [_by_hand(pipeline, pair, pair.box_xywh_px, inputs, prediction)]
        else:
            placements = ranked_places(pipeline, pair, inputs, prediction, top_k).placements
    except SituateError as error:
        return error
    return Order(pair.background, pair.foreground, placements, prediction, pair.seed)


def _by_hand(
    pipeline: ComposePipeline,
    pair: Pair,
    box_xywh_px: BoxXywhPx,
    inputs: PlacementInput,
    prediction: PlacementPrediction,
) -> Placement:
    """The place that a box gives, with the score that the network gives it."""
    placement = fitted_placement(box_xywh_px, pair.background, pair.foreground)
    if pipeline.score_map is None:
        return placement
    letterbox = Letterbox(pair.background.width_px, pair.background.height_px)
    lattice = pipeline.lattice(inputs, prediction, letterbox, PlacementConstraints(min_inside=0.0))
    return replace(placement, score=pipeline.score(lattice, letterbox.box_to_canvas(placement.box_cxcywh)))
