"""Where the model's sizes are compared with annotated ones: a cut-out, and a picture with objects of its class."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from situate.augment.config import AugmentConfig
from situate.augment.cutouts import Cutout
from situate.augment.draw import draw_cutout
from situate.labels.coco import CocoAnnotation, CocoDataset, CocoImage
from situate.seeds import seed_for

NUM_PROBES = 48
"""Of each class."""
MIN_RATIOS = 20
"""With fewer comparisons nothing is corrected."""
MAX_FACTOR = 2.0
_LOWEST_FOOT = 0.98
"""Objects whose box reaches further down are cut by the picture's edge: how tall they are is not known."""


@dataclass(frozen=True)
class Probe:
    """One picture and an object of another one.

    Attributes:
        cutout: Of a class.
        image: A picture that shows others of the class.
        objects: These.
    """

    cutout: Cutout
    image: CocoImage
    objects: tuple[CocoAnnotation, ...]


def probes_for(
    config: AugmentConfig,
    dataset: CocoDataset,
    images: Sequence[CocoImage],
    cutouts: Mapping[str, Sequence[Cutout]],
) -> list[Probe]:
    """Draw pairs for the classes with at least `config.like_annotated` annotated objects.

    Args:
        config: What is asked.
        dataset: The annotations.
        images: The pictures that count.
        cutouts: Of every class that may be added.
    """
    if not config.like_annotated or config.place != "model":
        return []
    by_image, names = dataset.annotations_by_image(), dataset.category_names()
    probes: list[Probe] = []
    for kind, several in sorted(cutouts.items()):
        shown = [(image, own) for image in images if (own := _whole(by_image[image.id], kind, names, image))]
        if sum(len(own) for _, own in shown) < config.like_annotated:
            continue
        generator = np.random.default_rng(seed_for(config.seed, "probes", kind))
        for place in generator.permutation(len(shown))[:NUM_PROBES].tolist():
            image, own = shown[place]
            cutout = draw_cutout(several, image, config, generator)
            if cutout is not None:
                probes.append(Probe(cutout, image, own))
    return probes


def size_factors(ratios: Mapping[str, Sequence[float]]) -> dict[str, float]:
    """Return by how much the model's heights of each class are multiplied.

    Args:
        ratios: Natural logarithms of annotated over expected heights.
    """
    limit = math.log(MAX_FACTOR)
    return {
        kind: round(math.exp(min(max(float(np.median(several)), -limit), limit)), 4)
        for kind, several in sorted(ratios.items())
        if len(several) >= MIN_RATIOS
    }


def _whole(
    annotations: Sequence[CocoAnnotation], kind: str, names: Mapping[int, str], image: CocoImage
) -> tuple[CocoAnnotation, ...]:
    """The objects of a class whose foot is in the picture."""
    return tuple(
        one
        for one in annotations
        if names[one.category_id] == kind
        and not one.is_crowd
        and one.box_xywh_px is not None
        and not one.has_empty_box
        and one.box_xywh_px[1] + one.box_xywh_px[3] < _LOWEST_FOOT * image.height
    )
