"""How tall the model thinks that objects are where annotated ones stand, against how tall these are.

The model was taught true sizes seen by its own cameras; those of a data set see objects half hidden, or from elsewhere.
"""

import math
from collections.abc import Sequence
from functools import partial
from pathlib import Path

import torch

from situate.augment.cutouts import CutoutFolder
from situate.augment.own import picture_of
from situate.augment.probes import Probe, size_factors
from situate.data.building.build import Workers, one_thread_a_process
from situate.errors import DataError, InputError
from situate.geometry.canvas import Letterbox
from situate.labels.coco import CocoAnnotation
from situate.nn.lattice import Lattice
from situate.pipeline.batch import Pair, predictions
from situate.pipeline.inputs import scene_from
from situate.pipeline.runtime import Runtime, kept_composer, one_thread
from situate.sharding.engine import run_items

_NUM_PER_BLOCK = 8
_NEAR = 0.04
"""So far round the annotated foot the model is asked, as a share of its canvas."""


def calibrated(
    probes: Sequence[Probe], folder: CutoutFolder, images: Path, model: Path, runtime: Runtime, workers: Workers
) -> dict[str, float]:
    """Return the factor of each class; see `size_factors`.

    Args:
        probes: Pairs to compare in.
        folder: The cut-outs.
        images: Folder of the pictures.
        model: The model's folder.
        runtime: Where it runs.
        workers: Who does it.

    Raises:
        ModelFileError: If the model cannot be loaded.
    """
    blocks = [tuple(probes[start : start + _NUM_PER_BLOCK]) for start in range(0, len(probes), _NUM_PER_BLOCK)]
    work = partial(_ratios, folder, images, model, runtime)
    ratios: dict[str, list[float]] = {}
    found = dict(
        run_items(work, blocks, num_workers=workers.num_workers, engine=workers.engine, prepare=one_thread_a_process)
    )
    for _, block in sorted(found.items()):
        for kind, ratio in block:
            ratios.setdefault(kind, []).append(ratio)
    return size_factors(ratios)


def _ratios(
    folder: CutoutFolder, images: Path, model: Path, runtime: Runtime, probes: Sequence[Probe]
) -> list[tuple[str, float]]:
    found: list[tuple[str, float]] = []
    with one_thread():
        pipeline = kept_composer(model, runtime).pipeline
        for probe in probes:
            try:
                scene = scene_from(picture_of(probe.image, images))
                pair = Pair(scene, folder.read(probe.cutout))
            except (InputError, DataError):
                continue  # it is reported when something is made of it
            ((inputs, prediction),) = predictions(pipeline, [pair])
            lattice = pipeline.lattice(inputs, prediction, Letterbox(scene.width_px, scene.height_px))
            for one in probe.objects:
                ratio = log_ratio(lattice, one)
                if ratio is not None:
                    found.append((probe.cutout.kind, ratio))
    return found


def log_ratio(lattice: Lattice, annotation: CocoAnnotation) -> float | None:
    """Return the log of an object's annotated over its expected height; None if the model allows nothing there."""
    assert annotation.box_xywh_px is not None
    left, top, width, height = annotation.box_xywh_px
    letterbox, place = lattice.letterbox, lattice.place
    start_x, start_y = letterbox.content_xyxy[:2]
    x, y = start_x + (left + width / 2) / letterbox.side_px, start_y + (top + height) / letterbox.side_px
    is_near = ((place[:, 0] - x).abs() < _NEAR) & ((place[:, 1] - y).abs() < _NEAR)
    mass = lattice.mass * is_near
    total = float(mass.sum())
    if total <= 0:
        return None
    expected = float(torch.dot(mass, place[:, 2])) / total
    return math.log(height / letterbox.side_px) - expected
