"""One scene of the benchmark: every method's places, and every method's pictures."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch

from situate.data.scenes.render import Renderer
from situate.evaluation.baselines import PriorPlacement
from situate.evaluation.benchmark.made import Made
from situate.evaluation.benchmark.mean_shadow import MeanShadow
from situate.evaluation.benchmark.model_under_test import MODEL, ModelUnderTest
from situate.evaluation.benchmark.place_pictures import (
    Place,
    PlacePictures,
    ScenePictureScores,
    baselines_at,
    scored_pictures,
)
from situate.evaluation.benchmark.place_scores import place_scores
from situate.evaluation.benchmark.proposals import (
    Proposal,
    letterbox_of,
    model_proposal,
    prior_proposal,
    random_proposal,
    true_proposal,
)
from situate.evaluation.benchmark.scene_scores import SceneScores
from situate.evaluation.benchmark.scene_set import SceneSet
from situate.evaluation.benchmark.score import ScoredPlace, scored_place
from situate.evaluation.benchmark.subject import Subject
from situate.evaluation.oracle.judge import Verdict
from situate.evaluation.oracle.oracle import Oracle
from situate.evaluation.perceptual import PerceptualDistance
from situate.geometry.canvas import BoxCxcywh
from situate.nn.placement import PlacementPrediction
from situate.records.triple import Triple
from situate.seeds import seed_for

TripleSource = Callable[[int, Oracle], Triple | None]
"""Returns the true triple of a scene, given its number and oracle; None if it has none."""


@dataclass(frozen=True)
class ScenePictures:
    """What there is to look at in one scene.

    Attributes:
        triple: The truth.
        truth: Probability of each cell.
        cell_prob: The same by the model, if there is one.
        places: Pictures of the true place, and of the model's, if there is one and a render there.
    """

    triple: Triple
    truth: np.ndarray
    cell_prob: np.ndarray | None
    places: Sequence[PlacePictures]


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
        mean_shadow: MeanShadow | None,
    ) -> None:
        """Set up.

        Args:
            scenes: What is judged.
            prior: Where things stand in other scenes.
            seed: Of the methods' draws.
            triples: Pictures of the scenes; needed by a model and for picture scores.
            renderer: Renders what a model proposes; without it there are no picture scores.
            model: The model to judge; None judges the baselines only.
            mean_shadow: Of other triples; None leaves out the baseline that needs it.
        """
        assert model is None or triples is not None, "a model needs pictures"
        self.scenes, self._prior, self._seed = scenes, prior, seed
        self._triples, self._renderer, self._model = triples, renderer, model
        self._mean_shadow = mean_shadow
        self._perceptual = None if renderer is None else PerceptualDistance()

    def score(self, number: int) -> SceneScores:
        """Judge all methods on scene `number`."""
        oracle = self.scenes.oracle(number)
        triple = None if self._triples is None else self._triples(number, oracle)
        proposals = self._baseline_places(number, oracle)
        answer = None
        if triple is not None and self._model is not None:
            answer = self._model_places(number, oracle, triple)
            proposals[MODEL] = answer[0]
        verdicts = {name: oracle.judged(proposal.boxes_cxcywh) for name, proposal in proposals.items()}
        made = ScenePictureScores({}, {}, {})
        if triple is not None and self._perceptual is not None:
            pictures = self._pictures(number, oracle, triple, answer, is_shown=False)
            made = scored_pictures(pictures, self._perceptual)
        return SceneScores(
            group=self.scenes.groups[number],
            subject=Subject.of(oracle),
            is_as_published=self.scenes.is_as_published(number, oracle.world),
            places={name: place_scores(oracle, one, verdicts[name]) for name, one in proposals.items()},
            scored=self._scored(proposals, verdicts),
            made=made,
            has_pictures=triple is not None,
        )

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

    def show(self, number: int) -> ScenePictures:
        """Make the pictures of scene `number` once more, to be looked at; it must have been scored with pictures."""
        oracle = self.scenes.oracle(number)
        triple = None if self._triples is None else self._triples(number, oracle)
        assert triple is not None, f"{self.scenes.groups[number]} has no pictures"
        answer = None if self._model is None else self._model_places(number, oracle, triple)
        cell_prob = None if answer is None else np.exp(answer[0].cell_log_prob)
        pictures = self._pictures(number, oracle, triple, answer, is_shown=True)
        return ScenePictures(triple, oracle.truth.cell_prob, cell_prob, pictures)

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

    def _model_places(self, number: int, oracle: Oracle, triple: Triple) -> tuple[Proposal, PlacementPrediction]:
        assert self._model is not None
        pipeline = self._model.pipeline
        inputs, prediction = pipeline.predict(triple.background, triple.foreground)
        generator = torch.Generator().manual_seed(seed_for(self._seed, MODEL, self.scenes.groups[number]))
        return model_proposal(pipeline, inputs, prediction, letterbox_of(oracle), generator), prediction

    def _pictures(
        self,
        number: int,
        oracle: Oracle,
        triple: Triple,
        answer: tuple[Proposal, PlacementPrediction] | None,
        *,
        is_shown: bool,
    ) -> list[PlacePictures]:
        """All methods' pictures at the true place and, where the object can be rendered there, at the model's.

        Those that are only shown are made with the first number of steps alone.
        """
        assert self._renderer is not None, "pictures need a renderer"
        group = self.scenes.groups[number]
        places: dict[Place, tuple[BoxCxcywh, Triple]] = {"truth": (triple.box_cxcywh, triple)}
        composed: list[dict[int, Made]] = [{}]
        if answer is not None and self._model is not None:
            proposal, prediction = answer
            reference = oracle.render_at(self._renderer, proposal.boxes_cxcywh[0], group)
            if reference is not None:
                places["model"] = proposal.boxes_cxcywh[0], reference
            model = replace(self._model, steps=self._model.steps[:1]) if is_shown else self._model
            seed = seed_for(self._seed, "template", group) % 2**31
            composed = model.made(triple, [box_cxcywh for box_cxcywh, _ in places.values()], prediction, seed)
        return [
            PlacePictures(
                place,
                triple.background,
                reference,
                baselines_at(place, triple, box_cxcywh, reference, self._mean_shadow),
                by_steps,
            )
            for (place, (box_cxcywh, reference)), by_steps in zip(places.items(), composed, strict=True)
        ]
