"""What a trained variant is worth on held-out scenes: figures by row, a row for each way of composing with it."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from diffusers.schedulers.scheduling_flow_match_euler_discrete import FlowMatchEulerDiscreteScheduler

from situate.data.sample import validation_sample
from situate.evaluation.fused import synthesis_losses
from situate.evaluation.metrics import psnr_db
from situate.evaluation.perceptual import PerceptualDistance
from situate.evaluation.placement import letterbox_of, score_placement
from situate.evaluation.synthesis import compose_at_truth, judged_region, score_synthesis
from situate.flow.sampling import SHIFT
from situate.geometry.canvas import BoxCxcywh
from situate.geometry.paste import paste
from situate.nn.joint import JointModel
from situate.nn.placement import PlacementPrediction
from situate.pipeline.compose import ComposePipeline
from situate.records.batch import Batch, PlacementInput
from situate.records.placement import Composite
from situate.records.triple import Triple
from situate.seeds import seed_for
from situate.training.config import RunConfig
from synthesis.appearance import appearance, occluded_iou
from synthesis.held_out import SEED, HeldOut
from synthesis.variants import Variant, View

Figures = dict[str, float | None]
LOSS_TERMS = ("colour", "visible_alpha", "effect")
NUM_DECIMALS = 6


@dataclass(frozen=True)
class _Asked:
    """One held-out triple and what the placement network answered."""

    triple: Triple
    sample: Batch
    inputs: PlacementInput
    prediction: PlacementPrediction
    likeliest_cxcywh: BoxCxcywh


def judged(
    variant: Variant, recipe: RunConfig, model: JointModel, scenes: HeldOut, perceptual: PerceptualDistance
) -> dict[str, Figures]:
    """Measure a variant; the key is the view's name, figures are means over the scenes, None where none has one.

    Placement figures stand with the plain view only.
    """
    pipeline = ComposePipeline(model.placement, model.synthesis, FlowMatchEulerDiscreteScheduler(shift=SHIFT))
    config = variant.config(recipe)
    asked = [_asked(pipeline, triple, config) for triple in scenes.triples]
    losses = _validation_losses(pipeline, asked, scenes, config)
    rows = {}
    for view in variant.views:
        scores = [_composed_scores(pipeline, asked, number, view, scenes, perceptual) for number in range(len(asked))]
        rows[view.name] = _means(scores)
        if view.num_steps == variant.views[0].num_steps:
            rows[view.name] |= losses[view.has_own_tokens]
    rows[variant.views[0].name] |= _placement_figures(pipeline, asked, scenes)
    return rows


def _asked(pipeline: ComposePipeline, triple: Triple, config: RunConfig) -> _Asked:
    inputs, prediction = pipeline.predict(triple.background, triple.foreground)
    (first,) = pipeline.ranked(pipeline.lattice(inputs, prediction, letterbox_of(triple)), 1)
    return _Asked(triple, validation_sample(triple, config.sample), inputs, prediction, first.box_cxcywh)


def _placement_figures(pipeline: ComposePipeline, asked: Sequence[_Asked], scenes: HeldOut) -> Figures:
    prior = scenes.prior(pipeline.placement.grid_side)
    rows = []
    for number, one in enumerate(asked):
        generator = np.random.default_rng(seed_for(SEED, "boxes", number))
        scores = score_placement(pipeline, one.triple, one.inputs, one.prediction, prior, generator)
        density = one.prediction.distribution.log_prob_terms(one.sample.positions).total
        row = {
            "nats_over_prior": scores.model_nats - scores.prior_nats,
            "log_density": float(density.mean()),
            "size_error": scores.size_error,
        }
        if scenes.oracles is not None:
            row["plausible_at_1"] = float(scenes.oracles[number].plausible(one.likeliest_cxcywh).is_plausible)
        rows.append(row)
    return _means(rows)


def _composed_scores(
    pipeline: ComposePipeline,
    asked: Sequence[_Asked],
    number: int,
    view: View,
    scenes: HeldOut,
    perceptual: PerceptualDistance,
) -> dict[str, float]:
    one = asked[number]
    prediction = one.prediction
    if not view.has_own_tokens:
        prediction = prediction._replace(fused_tokens=asked[scenes.others[number]].prediction.fused_tokens)
    seed = seed_for(SEED, "template", number)
    composite = compose_at_truth(pipeline, one.triple, prediction, num_steps=view.num_steps, seed=seed)
    scores = _picture_scores(one.triple, composite, perceptual)
    if pipeline.conditioning == "literal":
        scores |= appearance(composite, one.triple, one.likeliest_cxcywh)
    return scores


def _picture_scores(triple: Triple, composite: Composite, perceptual: PerceptualDistance) -> dict[str, float]:
    """Scores of one composite.

    `gain_db` is over the paste in the region of true and generated effect. `picture_gain_db` is over the whole picture,
    the same pixels for every variant: a paste is also blamed for what it shows of a hidden object.
    """
    picture, truth = composite.picture.rgb_u8, triple.composite
    pasted = paste(triple.background, triple.foreground, triple.box_cxcywh)
    everywhere = np.ones(triple.effect.shape, bool)
    scores = score_synthesis(triple, composite)
    return {
        "psnr_db": scores.model_db,
        "gain_db": scores.model_db - scores.paste_db,
        "picture_gain_db": psnr_db(picture, truth, everywhere) - psnr_db(pasted, truth, everywhere),
        "perceptual": perceptual(picture, truth, judged_region(triple, composite.effect)),
        "shadow_iou": scores.shadow_iou,
        "occluded_iou": occluded_iou(composite.visible_alpha, triple),
    }


def _validation_losses(
    pipeline: ComposePipeline, asked: Sequence[_Asked], scenes: HeldOut, config: RunConfig
) -> dict[bool, Figures]:
    """Terms of the recipe's own loss, whatever the variant was trained with, with own (True) and other tokens."""
    loss = config.loss.build()
    samples, predictions = [one.sample for one in asked], [one.prediction for one in asked]
    found: dict[bool, Figures] = {True: {}, False: {}}
    for term in LOSS_TERMS:
        pairs = synthesis_losses(
            pipeline,
            samples,
            predictions,
            scenes.others,
            lambda prediction, batch, sigma, term=term: getattr(loss(prediction, batch, sigma), term),
            seed=SEED,
        )
        for index, has_own_tokens in enumerate((True, False)):
            found[has_own_tokens][f"loss_{term}"] = _mean([pair[index] for pair in pairs])
    return found


def _means(rows: Sequence[Mapping[str, float]]) -> Figures:
    return {name: _mean([row[name] for row in rows]) for name in rows[0]}


def _mean(values: Sequence[float]) -> float | None:
    known: list[Any] = [value for value in values if math.isfinite(value)]
    return round(float(np.mean(known)), NUM_DECIMALS) if known else None
