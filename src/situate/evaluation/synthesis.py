"""How well a model makes the composite at the true place: per-sample scores, beside paste and Poisson cloning."""

import math
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, UInt8

from situate.data.supervision import supervision
from situate.evaluation.baselines import poisson
from situate.evaluation.metrics import changed_union, num_changed_outside, psnr_db, shadow_iou
from situate.geometry.paste import paste
from situate.nn.placement import PlacementPrediction
from situate.pipeline.compose import ComposePipeline
from situate.records.picture import Picture
from situate.records.placement import Composite, Placement
from situate.records.triple import Triple


@dataclass(frozen=True)
class SynthesisScores:
    """One sample's scores at one number of steps.

    PSNR is in dB, in the union of the true and the generated effect, at the data's own resolution, on the finished
    composite.

    Attributes:
        model_db: Of the model's composite.
        paste_db: Of the cut-out laid over as it is.
        poisson_db: Of OpenCV's seamless cloning; NaN where it failed.
        untouched_db: Of the background as it is.
        shadow_iou: Overlap of the effects outside the object; NaN where there is nothing.
        num_changed_outside: Pixels changed where the effect is 0.
    """

    model_db: float
    paste_db: float
    poisson_db: float
    untouched_db: float
    shadow_iou: float
    num_changed_outside: int


def compose_at_truth(
    pipeline: ComposePipeline, triple: Triple, prediction: PlacementPrediction, *, num_steps: int, seed: int
) -> Composite:
    """Compose a triple's foreground at its true box."""
    (composite,) = pipeline(
        Picture(triple.background),
        Picture(triple.foreground),
        [Placement(triple.box_cxcywh)],
        prediction,
        seed=seed,
        num_steps=num_steps,
        model_fingerprint="",
    )
    return composite


def score_synthesis(triple: Triple, composite: Composite) -> SynthesisScores:
    """Compare a composite at the true box, and the baselines, with the true composite."""
    mask = judged_region(triple, composite.effect)
    cloned = poisson(triple.background, triple.foreground, triple.box_cxcywh)
    pasted = paste(triple.background, triple.foreground, triple.box_cxcywh)
    return SynthesisScores(
        model_db=psnr_db(composite.picture.rgb_u8, triple.composite, mask),
        paste_db=psnr_db(pasted, triple.composite, mask),
        poisson_db=math.nan if cloned is None else psnr_db(cloned, triple.composite, mask),
        untouched_db=psnr_db(triple.background, triple.composite, mask),
        shadow_iou=_shadow_iou(triple, composite),
        num_changed_outside=num_changed_outside(composite.picture.rgb_u8, triple.background, composite.effect),
    )


def judged_region(triple: Triple, effect: UInt8[np.ndarray, "h w"]) -> Bool[np.ndarray, "h w"]:
    """The union of the true and a generated effect, where the source knows the true colours."""
    return changed_union(triple.effect, effect) & (supervision(triple).colour > 0)


def _shadow_iou(triple: Triple, composite: Composite) -> float:
    """Photographs do not say where the shadow is."""
    if triple.source == "photos":
        return math.nan
    return shadow_iou(composite.effect, composite.visible_alpha, triple.effect, triple.visible_alpha)
