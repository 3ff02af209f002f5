"""One scene of the benchmark: every method's places, and every method's pictures."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch

from situate.data.scenes.render import Renderer
from situate.evaluation.baselines import PriorPlacement
from situate.evaluation.benchmark.composites import CEILING, COMPOSERS, made_by, made_ceiling, made_true
from situate.evaluation.benchmark.picture_scores import Made, PictureScores, picture_scores
from situate.evaluation.benchmark.place_scores import PlaceScores, place_scores
from situate.evaluation.benchmark.proposals import (
    Proposal,
    letterbox_of,
    model_proposal,
    prior_proposal,
    random_proposal,
    true_proposal,
)
from situate.evaluation.benchmark.scene_set import SceneSet
from situate.evaluation.benchmark.score import ScoredPlace, scored_place
from situate.evaluation.benchmark.subject import Subject
from situate.evaluation.oracle.judge import Verdict
from situate.evaluation.oracle.oracle import Oracle
from situate.evaluation.perceptual import PerceptualDistance
from situate.nn.placement import PlacementPrediction
from situate.pipeline.compose import ComposePipeline
from situate.records.picture import Picture
from situate.records.placement import Placement
from situate.records.triple import Triple
from situate.seeds import seed_for

MODEL = "model"


TripleSource = Callable[[int, Oracle], Triple | None]
"""Returns the true triple of a scene, given its number and oracle; None if it has none."""


@dataclass(frozen=True)
class ModelUnderTest:
    """A model and how it is run.

    Attributes:
        pipeline: Both networks.
        num_steps: Of the synthesis.
        fingerprint: Of its weights.
    """

    pipeline: ComposePipeline
    num_steps: int
    fingerprint: str


@dataclass(frozen=True)
class SceneScores:
    """All scores of one scene.

    Attributes:
        group: Name of the scene.
        subject: What is placed in it.
        is_as_published: Whether its world is the published one.
        places: Scores of places by method.
        scored: What the model thinks of places, if there is one.
        pictures: Scores of pictures by method; methods that made none are left out.
        has_pictures: Whether there was a triple to compose with.
    """

    group: str
    subject: Subject
    is_as_published: bool
    places: Mapping[str, PlaceScores]
    scored: tuple[ScoredPlace, ...]
    pictures: Mapping[str, PictureScores]
    has_pictures: bool


@dataclass(frozen=True)
class ScenePictures:
    """What there is to look at in one scene.

    Attributes:
        triple: The truth.
        truth: Probability of each cell.
        cell_prob: The same by the model, if there is one.
        made: The composite of the method that is shown.
        reference: The render at its place; None if it has none.
        method: Its name.
    """

    triple: Triple
    truth: np.ndarray
    cell_prob: np.ndarray | None
    made: Made
    reference: Triple | None
    method: str


class Bench:
    """Runs the methods on the scenes of a set; every scene has its own seeds, so order and number do not matter."""

    def __init__(
        self,
        scenes: SceneSet,
        prior: PriorPlacement,
        *,
        seed: int,
        triples: TripleSource | None,
        renderer: Renderer | None,
        model: ModelUnderTest | None,
    ) -> None:
        """Set up.

        Args:
            scenes: What is judged.
            prior: Where things stand in other scenes.
            seed: Of the methods' draws.
            triples: Pictures of the scenes; needed by a model and for picture scores.
            renderer: Renders what a model proposes; without it there are no picture scores.
            model: The model to judge; None judges the baselines only.
        """
        assert model is None or triples is not None, "a model needs pictures"
        self.scenes, self._prior, self._seed = scenes, prior, seed
        self._triples, self._renderer, self._model = triples, renderer, model
        self._perceptual = None if renderer is None else PerceptualDistance()

    def score(self, number: int) -> SceneScores:
        """Judge all methods on scene `number`."""
        oracle = self.scenes.oracle(number)
        triple = None if self._triples is None else self._triples(number, oracle)
        proposals = self._baseline_places(number, oracle)
        made: dict[str, tuple[Made, Triple]] = {}
        if triple is not None and self._renderer is not None:
            made |= self._baseline_pictures(triple)
        if triple is not None and self._model is not None:
            proposals[MODEL], prediction = self._model_places(number, oracle, triple)
            made |= self._model_pictures(number, oracle, triple, prediction, proposals[MODEL])
        verdicts = {name: oracle.judged(proposal.boxes_cxcywh) for name, proposal in proposals.items()}
        return SceneScores(
            group=self.scenes.groups[number],
            subject=Subject.of(oracle),
            is_as_published=self.scenes.is_as_published(number, oracle.world),
            places={name: place_scores(oracle, one, verdicts[name]) for name, one in proposals.items()},
            scored=self._scored(proposals, verdicts),
            pictures=self._picture_scores(made),
            has_pictures=triple is not None,
        )

    def _picture_scores(self, made: Mapping[str, tuple[Made, Triple]]) -> dict[str, PictureScores]:
        if self._perceptual is None:
            return {}
        return {name: picture_scores(one, truth, self._perceptual) for name, (one, truth) in made.items()}

    def _scored(
        self, proposals: Mapping[str, Proposal], verdicts: Mapping[str, Sequence[Verdict]]
    ) -> tuple[ScoredPlace, ...]:
        """What the model thinks of its own places, of the true ones and of random ones, and what the oracle thinks."""
        lattice = proposals[MODEL].lattice if MODEL in proposals else None
        if self._model is None or lattice is None:
            return ()
        return tuple(
            scored_place(self._model.pipeline, lattice, source, box_cxcywh, is_plausible=verdict.is_plausible)
            for source in (MODEL, "truth", "random")
            for box_cxcywh, verdict in zip(proposals[source].boxes_cxcywh, verdicts[source], strict=True)
        )

    def show(self, number: int, method: str) -> ScenePictures:
        """Make the pictures of scene `number` once more, to be looked at; it must have been scored with pictures."""
        oracle = self.scenes.oracle(number)
        triple = None if self._triples is None else self._triples(number, oracle)
        assert triple is not None, f"{self.scenes.groups[number]} has no pictures"
        if self._model is None or method != MODEL:
            made, reference = self._baseline_pictures(triple)[method]
            return ScenePictures(triple, oracle.truth.cell_prob, None, made, reference, method)
        proposal, prediction = self._model_places(number, oracle, triple)
        made, reference = self._model_pictures(number, oracle, triple, prediction, proposal)[MODEL]
        return ScenePictures(triple, oracle.truth.cell_prob, np.exp(proposal.cell_log_prob), made, reference, method)

    def _baseline_places(self, number: int, oracle: Oracle) -> dict[str, Proposal]:
        truth, chance, prior = (
            np.random.default_rng(seed_for(self._seed, name, self.scenes.groups[number]))
            for name in ("truth", "random", "prior")
        )
        return {
            "truth": true_proposal(oracle, truth),
            "random": random_proposal(oracle, chance),
            "prior": prior_proposal(oracle, self._prior, prior),
        }

    def _baseline_pictures(self, triple: Triple) -> dict[str, tuple[Made, Triple]]:
        """What is made at the true place, with the render that it is compared with."""
        made = {name: made_by(name, triple, triple.box_cxcywh) for name in COMPOSERS}
        ceiling = made_ceiling(triple.foreground, triple.box_cxcywh, triple)
        return {"truth": (made_true(triple), triple), CEILING: (ceiling, triple)} | {
            name: (one, triple) for name, one in made.items() if one is not None
        }

    def _model_places(self, number: int, oracle: Oracle, triple: Triple) -> tuple[Proposal, PlacementPrediction]:
        assert self._model is not None
        pipeline = self._model.pipeline
        inputs, prediction = pipeline.predict(triple.background, triple.foreground)
        generator = torch.Generator().manual_seed(seed_for(self._seed, MODEL, self.scenes.groups[number]))
        return model_proposal(pipeline, inputs, prediction, letterbox_of(oracle), generator), prediction

    def _model_pictures(
        self, number: int, oracle: Oracle, triple: Triple, prediction: PlacementPrediction, proposal: Proposal
    ) -> dict[str, tuple[Made, Triple]]:
        """What the model, and the composers without a network, make at the model's place."""
        assert self._model is not None
        if self._renderer is None:
            return {}
        box_cxcywh, group = proposal.boxes_cxcywh[0], self.scenes.groups[number]
        reference = oracle.render_at(self._renderer, box_cxcywh, group)
        if reference is None:
            return {}
        (composite,) = self._model.pipeline(
            Picture(triple.background),
            Picture(triple.foreground),
            [Placement(box_cxcywh)],
            prediction,
            seed=seed_for(self._seed, "template", group) % 2**31,
            num_steps=self._model.num_steps,
            model_fingerprint=self._model.fingerprint,
        )
        made = {
            MODEL: Made(composite.picture.rgb_u8, composite.effect, composite.visible_alpha),
            f"{CEILING}@{MODEL}": made_ceiling(triple.foreground, box_cxcywh, reference),
        }
        for name in COMPOSERS:
            one = made_by(name, triple, box_cxcywh)
            made |= {} if one is None else {f"{name}@{MODEL}": one}
        return {name: (one, reference) for name, one in made.items()}
