"""Which objects go into which pictures: every draw follows from the seed."""

from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from situate.augment.balance import drawn_kinds
from situate.augment.config import AugmentConfig
from situate.augment.cutouts import Cutout
from situate.augment.labelled import PROVENANCE
from situate.labels.coco import CocoImage
from situate.seeds import seed_for

Heights = dict[str, tuple[float, float]]
"""By class: between which heights are drawn, as shares of the picture's."""
ANY_KIND = "*"
"""All classes together, where heights of one are not known."""


@dataclass(frozen=True)
class PlannedPicture:
    """One new picture.

    Attributes:
        number: From 0; its name begins with it.
        image_id: The picture that it is made from.
        seed: Its draws follow from it.
        cutouts: Names of the cut-outs that are tried first, one for each new object.
    """

    number: int
    image_id: int
    seed: int
    cutouts: tuple[str, ...]


def origin_of(image: CocoImage) -> int:
    """Return the picture that a picture shows: itself, or what an augmented one was made from in the first place."""
    made_from = image.extra.get(PROVENANCE)
    found = made_from.get("background_image_id") if isinstance(made_from, dict) else None
    return found if isinstance(found, int) else image.id


def draw_cutout(
    cutouts: Sequence[Cutout], image: CocoImage, config: AugmentConfig, generator: np.random.Generator
) -> Cutout | None:
    """Draw one that may go into a picture: nothing comes back into its own picture unless that is asked for.

    Args:
        cutouts: Of one class; not empty.
        image: The picture.
        config: Says whether objects may come back.
        generator: Source of randomness.

    Returns:
        A cut-out; None if none is allowed.
    """
    origin = origin_of(image)

    def is_allowed(cutout: Cutout) -> bool:
        return config.own_picture or cutout.image_id is None or cutout.image_id not in (image.id, origin)

    for _ in range(_NUM_QUICK_DRAWS):
        cutout = cutouts[int(generator.integers(len(cutouts)))]
        if is_allowed(cutout):
            return cutout
    allowed = [cutout for cutout in cutouts if is_allowed(cutout)]
    return allowed[int(generator.integers(len(allowed)))] if allowed else None


def drawn_pictures(
    config: AugmentConfig, images: Sequence[CocoImage], usable: Mapping[str, list[Cutout]], before: Mapping[str, int]
) -> tuple[list[PlannedPicture], int]:
    """Draw all new pictures; return them, and how many objects have no picture that they may go into."""
    sizes = _sizes(config, len(images))
    counts = {kind: len(several) for kind, several in usable.items()}
    waiting = deque(drawn_kinds(config, before, counts, sum(sizes)))
    pictures: list[PlannedPicture] = []
    num_idle = 0
    backgrounds = _backgrounds(config, images)
    # After one idle turn round all pictures, those that still wait have no picture that they may go into.
    while waiting and num_idle <= len(images):
        image = next(backgrounds)
        number = len(pictures)
        size = sizes[number] if number < len(sizes) else 1
        names = _taken(config, image, usable, waiting, size, number)
        num_idle = 0 if names else num_idle + 1
        if names:
            pictures.append(PlannedPicture(number, image.id, seed_for(config.seed, "picture", number), names))
    return pictures, len(waiting)


def _taken(
    config: AugmentConfig,
    image: CocoImage,
    usable: Mapping[str, list[Cutout]],
    waiting: deque[str],
    size: int,
    number: int,
) -> tuple[str, ...]:
    """Take classes that wait and may go into a picture, in their order, and draw a cut-out of each."""
    generator = np.random.default_rng(seed_for(config.seed, "cutouts", number, image.id))
    names: list[str] = []
    passed: list[str] = []
    while waiting and len(names) < size and len(passed) < _LOOK_AHEAD:
        kind = waiting.popleft()
        cutout = draw_cutout(usable[kind], image, config, generator)
        if cutout is None:
            passed.append(kind)
        else:
            names.append(cutout.name)
    waiting.extendleft(reversed(passed))
    return tuple(names)


def _sizes(config: AugmentConfig, num_images: int) -> list[int]:
    """How many objects go into each picture."""
    least, most = config.objects
    generator = np.random.default_rng(seed_for(config.seed, "sizes"))
    if not config.per_class:
        count = config.total or (config.per_image or 1) * num_images
        return generator.integers(least, most + 1, count).tolist()
    sizes: list[int] = []
    left = sum(config.per_class.values())
    while left > 0:
        sizes.append(min(left, int(generator.integers(least, most + 1))))
        left -= sizes[-1]
    return sizes


def _backgrounds(config: AugmentConfig, images: Sequence[CocoImage]) -> Iterator[CocoImage]:
    """Every picture comes up once before any comes up twice."""
    turn = 0
    while True:
        order = np.random.default_rng(seed_for(config.seed, "backgrounds", turn)).permutation(len(images))
        yield from (images[place] for place in order)
        turn += 1


_NUM_QUICK_DRAWS = 8
_LOOK_AHEAD = 1000
"""So many waiting objects are looked through for one that may go into a picture."""
