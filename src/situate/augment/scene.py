"""A picture on its way to a new one: what was put into it, what its labels are now, what is next."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from situate.augment.config import AugmentConfig
from situate.augment.draw import PlannedPicture
from situate.augment.labelled import Labelled, labelled
from situate.augment.made import Rejected
from situate.labels.coco import CocoAnnotation, CocoImage
from situate.pipeline.inputs import scene_from
from situate.records.picture import Picture


@dataclass
class Scene:
    """A picture into which objects are being put.

    Attributes:
        planned: What was planned.
        image: The picture's entry.
        picture: With what was put into it so far.
        objects: Its labels, what is covered of them taken away.
        turn: Which of the planned objects is next.
        attempt: How often that one was tried.
        rejected: What came to nothing.
        errors: Cut-outs that cannot be read.
    """

    planned: PlannedPicture
    image: CocoImage
    picture: Picture
    objects: list[Labelled]
    turn: int = 0
    attempt: int = 0
    rejected: list[Rejected] = field(default_factory=list)
    errors: list[dict[str, str]] = field(default_factory=list)

    @property
    def is_done(self) -> bool:
        """Whether nothing is left to be put into it."""
        return self.turn >= len(self.planned.cutouts)

    @property
    def num_new(self) -> int:
        """Objects that were put into it."""
        return sum(one.is_new for one in self.objects)

    def kept(self, config: AugmentConfig) -> list[Labelled]:
        """Its objects, new ones last; what is hardly seen any more is left out."""
        return [one for one in self.objects if not one.is_covered or one.seen_share >= config.min_visible]


def open_scene(
    planned: PlannedPicture, image: CocoImage, picture: Picture, annotations: Sequence[CocoAnnotation]
) -> Scene:
    """Begin a new picture.

    Raises:
        ImageError: If the picture is too small.
    """
    return Scene(planned, image, scene_from(picture), [labelled(one, image) for one in annotations])
