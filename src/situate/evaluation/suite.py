"""The suite `triples`: everything measured on a list of triples, as estimates with intervals."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from situate.data.sample import SampleConfig, is_rendered, validation_sample
from situate.data.transforms import with_foreground_light
from situate.errors import InputError
from situate.evaluation.baselines import PriorPlacement, prior_from
from situate.evaluation.figures import placement_figures, synthesis_figures
from situate.evaluation.fused import SynthesisLoss, synthesis_losses, tokens_of_another_scene
from situate.evaluation.intervals import Estimate, mean_of
from situate.evaluation.placement import PlacementScores, letterbox_of, score_placement
from situate.evaluation.synthesis import SynthesisScores, compose_at_truth, score_synthesis
from situate.geometry.canvas import BoxCxcywh
from situate.nn.placement import PlacementPrediction
from situate.pipeline.compose import ComposePipeline
from situate.records.batch import Batch
from situate.records.triple import Triple
from situate.seeds import seed_for

MAX_FUSED_SAMPLES = 256
"""So many samples are kept in memory, to be given each other's tokens."""
Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class SuiteConfig:
    """What to measure.

    Attributes:
        steps: Numbers of synthesis steps; the first is the one that is reported in full.
        seed: Of noise, of the baselines' boxes and of the bootstrap.
    """

    steps: tuple[int, ...] = (4,)
    seed: int = 0


@dataclass(frozen=True)
class _Scored:
    """One triple's scores."""

    placement: PlacementScores
    synthesis: dict[int, SynthesisScores]


def evaluate_scenes(
    pipeline: ComposePipeline,
    triples: Sequence[Triple],
    config: SuiteConfig,
    *,
    loss: SynthesisLoss,
    prior_boxes: Sequence[BoxCxcywh] | None = None,
    progress: Progress | None = None,
) -> dict[str, Any]:
    """Measure a model.

    Args:
        pipeline: The model.
        triples: Held-out triples; decoded one at a time.
        config: What to measure.
        loss: Synthesis loss for the test of the fused tokens.
        prior_boxes: True boxes of the training set on its canvas, for the prior; without them the prior of a triple is
            counted on the other half of the groups.
        progress: Called with triples done and all, after each.

    Returns:
        Figures by name, ready for JSON.

    Raises:
        InputError: If there are too few triples to count a prior, or some have no composite.
    """
    if len(triples) == 0 or not config.steps:
        raise InputError(
            f"{len(triples)} triples at {len(config.steps)} numbers of steps; at least 1 of each is needed"
        )
    labels = [_label(_composed(triple)) for triple in triples]
    priors = _priors(labels, prior_boxes, pipeline.placement.grid_side)
    scored: list[_Scored] = []
    fused: list[tuple[Batch, PlacementPrediction]] = []
    for number, triple in enumerate(triples):
        one, prediction = _score(pipeline, triple, priors[number], config, number)
        scored.append(one)
        if number < MAX_FUSED_SAMPLES:
            fused.append((validation_sample(triple, sample_config(pipeline)), prediction))
        if progress is not None:
            progress(number + 1, len(triples))
    groups = [label.group for label in labels]
    return {
        "num_triples": len(triples),
        "num_groups": len(set(groups)),
        "num_anchors_outside": sum(one.placement.is_outside for one in scored),
        "seed": config.seed,
        "conditioning": pipeline.conditioning,
        "placement": placement_figures([one.placement for one in scored], groups, config.seed),
        "synthesis": {
            str(steps): synthesis_figures([one.synthesis[steps] for one in scored], groups, config.seed)
            for steps in config.steps
        },
        "fused_tokens": _fused_figures(pipeline, fused, groups, loss, config.seed),
    }


def _score(
    pipeline: ComposePipeline, triple: Triple, prior: PriorPlacement, config: SuiteConfig, number: int
) -> tuple[_Scored, PlacementPrediction]:
    generator = np.random.default_rng(seed_for(config.seed, "evaluate", number))
    if not is_rendered(triple):
        # Their cut-outs come from the composite itself: without another light there would be nothing to match.
        triple = with_foreground_light(triple, generator)
    inputs, prediction = pipeline.predict(triple.background, triple.foreground)
    seed = seed_for(config.seed, "template", number)
    composites = {
        steps: compose_at_truth(pipeline, triple, prediction, num_steps=steps, seed=seed) for steps in config.steps
    }
    scores = _Scored(
        placement=score_placement(pipeline, triple, inputs, prediction, prior, generator),
        synthesis={steps: score_synthesis(triple, composite) for steps, composite in composites.items()},
    )
    return scores, prediction


def sample_config(pipeline: ComposePipeline) -> SampleConfig:
    """How triples become samples for this model."""
    return SampleConfig(
        background_size=pipeline.placement.config["background_size"],
        foreground_size=pipeline.placement.config["foreground_size"],
        window_size=pipeline.size,
        conditioning=pipeline.conditioning,
    )


def _fused_figures(
    pipeline: ComposePipeline,
    fused: Sequence[tuple[Batch, PlacementPrediction]],
    groups: Sequence[str],
    loss: SynthesisLoss,
    seed: int,
) -> dict[str, Any]:
    samples, predictions = zip(*fused, strict=True)
    groups = groups[: len(samples)]
    losses = synthesis_losses(
        pipeline,
        samples,
        predictions,
        tokens_of_another_scene(groups),
        loss,
        seed=seed,
    )
    own, foreign = (mean_of([pair[part] for pair in losses], groups, seed=seed) for part in (0, 1))
    rise = mean_of([(b - a) / own.value for a, b in losses], groups, seed=seed)
    named: dict[str, Estimate] = {"loss_own_tokens": own, "loss_other_tokens": foreign, "relative_rise": rise}
    return {name: estimate.as_dict() for name, estimate in named.items()}


@dataclass(frozen=True)
class _Label:
    group: str
    box_on_canvas: BoxCxcywh


def _composed(triple: Triple) -> Triple:
    if triple.source == "places":
        raise InputError(
            f"{triple.key} is of source 'places' and has no composite to measure a synthesis on; pass the rendered "
            "scenes that it was made from"
        )
    return triple


def _label(triple: Triple) -> _Label:
    return _Label(triple.group, letterbox_of(triple).box_to_canvas(triple.box_cxcywh))


def boxes_on_canvas(triples: Sequence[Triple]) -> list[BoxCxcywh]:
    """True boxes of triples on their letter-boxed canvases."""
    return [_label(triple).box_on_canvas for triple in triples]


def _priors(labels: Sequence[_Label], prior_boxes: Sequence[BoxCxcywh] | None, grid_side: int) -> list[PriorPlacement]:
    """One prior a triple: counted on `prior_boxes`, or on the half of the groups that the triple is not in."""
    if prior_boxes is not None:
        return [prior_from(prior_boxes, grid_side)] * len(labels)
    names = list(dict.fromkeys(label.group for label in labels))
    if len(names) < 2:
        raise InputError(
            f"{len(names)} scene is too few to count a prior on the others; pass --prior-data, or raise --num"
        )
    half_of = {name: position % 2 for position, name in enumerate(names)}
    halves = [
        prior_from([label.box_on_canvas for label in labels if half_of[label.group] != half], grid_side)
        for half in (0, 1)
    ]
    return [halves[half_of[label.group]] for label in labels]
