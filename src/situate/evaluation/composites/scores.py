"""What composites of one triple are worth: object and shadow ring apart, and whether the object is still the same."""

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from jaxtyping import UInt8

from situate.evaluation.composites.identity import Identity
from situate.evaluation.composites.subjects import Subject
from situate.evaluation.metrics import psnr_db
from situate.evaluation.perceptual import PerceptualDistance
from situate.geometry.paste import paste


@dataclass(frozen=True)
class CompositeScores:
    """One composite's scores; NaN where there is nothing to score.

    Attributes:
        object_psnr_db: Against the truth where the object is solid, in dB.
        object_perceptual: Likewise, see `PerceptualDistance`.
        ring_psnr_db: Against the truth in the ring round the object that holds its shadow, in dB.
        ring_perceptual: Likewise.
        identity: Of the object as it was given and as it is in the composite, see `Identity`.
    """

    object_psnr_db: float = math.nan
    object_perceptual: float = math.nan
    ring_psnr_db: float = math.nan
    ring_perceptual: float = math.nan
    identity: float = math.nan


@dataclass(frozen=True)
class ScoredSubject:
    """All methods' scores for one triple.

    Attributes:
        part: Which triples it is put together with.
        unit: What is drawn again as a whole for intervals.
        why_no_ring: Empty if there is a ring.
        scores: By the method's name.
    """

    part: str
    unit: str
    why_no_ring: str
    scores: Mapping[str, CompositeScores]


class Judge:
    """Scores composites; loads its networks once."""

    def __init__(self) -> None:
        """Load the networks.

        Raises:
            MissingExtraError: If their packages are not installed.
        """
        self._perceptual, self._identity = PerceptualDistance(), Identity()

    def composite(self, subject: Subject, composite: UInt8[np.ndarray, "h w 3"] | None) -> CompositeScores:
        """Score one composite; None, where a method could not make any, has no score."""
        if composite is None:
            return CompositeScores()
        truth, regions = subject.truth.composite, subject.regions
        ring = np.zeros_like(regions.object) if regions.ring is None else regions.ring
        return CompositeScores(
            object_psnr_db=psnr_db(composite, truth, regions.object),
            object_perceptual=self._perceptual(composite, truth, regions.object),
            ring_psnr_db=psnr_db(composite, truth, ring),
            ring_perceptual=self._perceptual(composite, truth, ring),
            identity=self._identity(_as_given(subject), composite, subject.seen_share),
        )

    def another_object(self, subject: Subject) -> CompositeScores:
        """Score the identity of a cut-out of another triple in place of the given one: what different objects get."""
        if subject.other_foreground is None:
            return CompositeScores()
        pasted = paste(_grey(subject), subject.other_foreground, subject.given.box_cxcywh)
        return CompositeScores(identity=self._identity(_as_given(subject), pasted, subject.seen_share))


def _as_given(subject: Subject) -> UInt8[np.ndarray, "h w 3"]:
    return paste(_grey(subject), subject.given.foreground, subject.given.box_cxcywh)


def _grey(subject: Subject) -> UInt8[np.ndarray, "h w 3"]:
    return np.full_like(subject.truth.background, 128)
