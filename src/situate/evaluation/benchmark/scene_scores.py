"""All scores of one scene: of every method's places, and of every method's pictures."""

from collections.abc import Mapping
from dataclasses import dataclass

from situate.evaluation.benchmark.picture_scores import PictureScores
from situate.evaluation.benchmark.place_pictures import ScenePictureScores
from situate.evaluation.benchmark.place_scores import PlaceScores
from situate.evaluation.benchmark.score import ScoredPlace
from situate.evaluation.benchmark.subject import Subject


@dataclass(frozen=True)
class SceneScores:
    """All scores of one scene.

    Attributes:
        group: Name of the scene.
        subject: What is placed in it.
        is_as_published: Whether its world is the published one.
        places: Scores of places by method.
        scored: What the model thinks of places, if there is one.
        made: Scores of pictures; methods that made none are left out.
        has_pictures: Whether there was a triple to compose with.
    """

    group: str
    subject: Subject
    is_as_published: bool
    places: Mapping[str, PlaceScores]
    scored: tuple[ScoredPlace, ...]
    made: ScenePictureScores
    has_pictures: bool

    @property
    def pictures(self) -> Mapping[str, PictureScores]:
        """Scores of pictures by method."""
        return self.made.by_method
