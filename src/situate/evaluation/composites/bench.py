"""Composites of one triple by all methods, at the true place."""

import numpy as np
from jaxtyping import UInt8

from situate.evaluation.benchmark.composites import COMPOSERS
from situate.evaluation.composites.scores import Judge, ScoredSubject
from situate.evaluation.composites.subjects import Subject
from situate.evaluation.synthesis import compose_at_truth
from situate.pipeline.compose import ComposePipeline
from situate.seeds import seed_for

TRUTH, UNTOUCHED, MODEL, ANOTHER_OBJECT = "truth", "untouched", "model", "another object"
PASTE, POISSON = "copy-paste", "poisson"

Composites = dict[str, UInt8[np.ndarray, "h w 3"] | None]
"""By the method's name; None where a method cannot make one."""


class CompositeBench:
    """Asks a model and the baselines."""

    def __init__(self, pipeline: ComposePipeline, *, steps: tuple[int, ...], seed: int) -> None:
        """Ask for composites in so many steps, the first of them as `model`, with noise by the seed."""
        self.pipeline, self.steps, self.seed = pipeline, steps, seed
        self._judge = Judge()

    def composites(self, subject: Subject) -> Composites:
        """Return the composites of all methods, which depend on the triple and the seed alone."""
        given = subject.given
        made: Composites = {TRUTH: subject.truth.composite}
        _, prediction = self.pipeline.predict(given.background, given.foreground)
        seed = seed_for(self.seed, "composites", given.key)
        for steps in self.steps:
            composite = compose_at_truth(self.pipeline, given, prediction, num_steps=steps, seed=seed)
            made[self.name_of(steps)] = composite.picture.rgb_u8
        for name, compose in COMPOSERS.items():
            made[name] = compose(given.background, given.foreground, given.box_cxcywh)
        made[UNTOUCHED] = given.background
        return made

    def name_of(self, steps: int) -> str:
        """Return what the model is called at this number of steps."""
        return MODEL if steps == self.steps[0] else f"{MODEL}, {steps} steps"

    def scored(self, subject: Subject) -> ScoredSubject:
        """Return the scores of all methods, and what another object's identity would be."""
        scores = {name: self._judge.composite(subject, made) for name, made in self.composites(subject).items()}
        scores[ANOTHER_OBJECT] = self._judge.another_object(subject)
        return ScoredSubject(subject.part, subject.unit, subject.regions.why_no_ring, scores)
