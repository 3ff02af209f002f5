"""What all methods answer for one triple, and what that is worth."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, UInt8

from situate.data.sample import is_rendered
from situate.data.transforms import with_foreground_light
from situate.evaluation.photos.priors import KindPriors
from situate.evaluation.photos.proposals import (
    Proposal,
    model_proposal,
    prior_proposal,
    random_proposal,
    true_proposal,
)
from situate.evaluation.photos.scores import PlaceScores, place_scores
from situate.evaluation.target import Target, target_of
from situate.pipeline.compose import ComposePipeline
from situate.pipeline.places import heatmap_in_picture
from situate.records.triple import Triple
from situate.seeds import seed_for

TRUTH, RANDOM, PRIOR, CLASS_PRIOR, MODEL = "truth", "random", "prior", "class-prior", "model"


@dataclass(frozen=True)
class Answers:
    """All methods' answers for one triple.

    Attributes:
        target: The true place.
        proposals: By the method's name.
        scores: By the method's name.
        has_own_prior: Whether the kind had a prior of its own.
        foreground: What the model was shown, its light changed.
        heatmap: The model's probability of the anchor at each pixel; sums to 1.
    """

    target: Target
    proposals: Mapping[str, Proposal]
    scores: Mapping[str, PlaceScores]
    has_own_prior: bool
    foreground: UInt8[np.ndarray, "fh fw 4"]
    heatmap: Float[np.ndarray, "h w"]


@dataclass(frozen=True)
class PhotoBench:
    """Asks all methods for the place of one object at a time.

    Attributes:
        pipeline: The model.
        priors: For each group those that were counted without it.
        seed: Of the change of light, of random boxes and of the order of equally likely cells.
    """

    pipeline: ComposePipeline
    priors: Mapping[str, KindPriors]
    seed: int

    def answers(self, triple: Triple, group: str) -> Answers:
        """Ask all methods; a triple's answers depend on no other triple that is evaluated."""
        generator = np.random.default_rng(seed_for(self.seed, "photos", group, triple.key))
        if not is_rendered(triple):
            # Their cut-outs come from the composite itself: the light of the place would give it away.
            triple = with_foreground_light(triple, generator)
        priors = self.priors[group]
        inputs, prediction = self.pipeline.predict(triple.background, triple.foreground)
        log_aspect = float(inputs.log_aspect[0])
        target = target_of(triple, prediction.distribution)
        proposals = {
            TRUTH: true_proposal(target),
            RANDOM: random_proposal(target, log_aspect, generator),
            PRIOR: prior_proposal(target, log_aspect, priors.every),
            CLASS_PRIOR: prior_proposal(target, log_aspect, priors.of(triple.kind)),
            MODEL: model_proposal(self.pipeline, target, inputs, prediction),
        }
        return Answers(
            target=target,
            proposals=proposals,
            scores={name: place_scores(target, proposal, generator) for name, proposal in proposals.items()},
            has_own_prior=triple.kind in priors.by_kind,
            foreground=triple.foreground,
            heatmap=heatmap_in_picture(prediction.distribution.heatmap[0], target.letterbox),
        )
