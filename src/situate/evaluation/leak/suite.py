"""The suite `leak`: is a repair told from a decoy, and does a model find places by their repair?"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from situate.data.photos.repair import RepairConfig
from situate.errors import DataError, InputError
from situate.evaluation.intervals import mean_of
from situate.evaluation.leak.detector import DetectorConfig, Verdicts, detect
from situate.evaluation.leak.gap import hits_of
from situate.evaluation.leak.patches import Patch, control_patches, decoy_patches
from situate.evaluation.leak.remake import stands_in
from situate.geometry.canvas import BoxCxcywh
from situate.pipeline.compose import ComposePipeline
from situate.records.triple import Triple

MIN_PATCHES = 80
"""Holes and decoys together; from fewer a detector learns nothing, whatever they give away."""
NUM_DECOYS = {"without decoys": (0, 0), "with decoys": (1, 3)}
"""How backgrounds are repaired for the leak gap. Without decoys the only repair is where the object stood."""


@dataclass(frozen=True)
class LeakConfig:
    """How the leak is measured.

    Attributes:
        inpainter: Who repairs true backgrounds, see `inpaint`.
        seed: Of holes, decoys, detectors and the bootstrap.
        detector: The detectors' budget.
    """

    inpainter: str
    seed: int = 0
    detector: DetectorConfig = field(default_factory=DetectorConfig)


@dataclass(frozen=True)
class LeakData:
    """Triples of one data set.

    Attributes:
        name: Of the data set.
        triples: All of them, decoded when asked for.
        boxes: Kind and box of each.
        is_repaired: Whether their backgrounds are repaired (photographs), not true.
    """

    name: str
    triples: Sequence[Triple]
    boxes: Sequence[tuple[str, BoxCxcywh]]
    is_repaired: bool


def leak_figures(
    pipeline: ComposePipeline,
    data: Sequence[LeakData],
    config: LeakConfig,
    progress: Callable[[str], None] = lambda step: None,
) -> dict[str, Any]:
    """Measure every data set: repaired ones with the repair detector, true ones by the model's leak gap.

    Raises:
        DataError: If a repaired data set has no decoys to compare with.
        InputError: If there are too few triples or groups.
    """
    figures: dict[str, Any] = {"seed": config.seed, "inpainter": config.inpainter, "detector": [], "gap": []}
    for one in data:
        if one.is_repaired:
            progress(f"{one.name}: repair detector, some minutes")
            figures["detector"].append({"data": one.name, **detector_figures(one.triples, config)})
            continue
        progress(f"{one.name}: leak gap")
        figures["gap"] += _gaps(pipeline, one, config)
    return figures


def detector_figures(triples: Sequence[Triple], config: LeakConfig) -> dict[str, Any]:
    """Train detectors on holes and decoys, and with the same budget on the positive control.

    Returns:
        `accuracy` on holes and decoys (chance is 0.5) and `control_accuracy`, each with its interval over groups, and
        `num_training` patches.
    """
    patches = decoy_patches(triples, seed=config.seed)
    if not patches:
        raise DataError("no triple has both a hole and a decoy; make them with situate data photos, --decoys 1 3")
    if len(patches) < MIN_PATCHES:
        raise InputError(
            f"{len(patches)} patches are too few for a detector to learn from; pass {MIN_PATCHES // 2} triples with "
            "decoys or more"
        )
    verdicts = detect(patches, config.detector, seed=config.seed)
    control = detect(_as_many(control_patches(triples, seed=config.seed), patches), config.detector, seed=config.seed)
    return {
        "accuracy": _accuracy(verdicts, config.seed),
        "control_accuracy": _accuracy(control, config.seed),
        "num_training": verdicts.num_training,
        "num_detectors": config.detector.num_seeds,
    }


def _as_many(control: Sequence[Patch], patches: Sequence[Patch]) -> Sequence[Patch]:
    """The control learns from no more patches than the detector did."""
    return control[: len(patches)]


def _accuracy(verdicts: Verdicts, seed: int) -> dict[str, Any]:
    return mean_of([float(right) for right in verdicts.is_right], verdicts.groups, seed=seed).as_dict()


def _gaps(pipeline: ComposePipeline, data: LeakData, config: LeakConfig) -> list[dict[str, Any]]:
    """One row for every way to repair."""
    repairs = {name: RepairConfig(config.inpainter, decoys, config.seed) for name, decoys in NUM_DECOYS.items()}
    return [
        {
            "data": data.name,
            "repaired": name,
            **hits.figures(seed=config.seed),
            "interval_over": hits.interval_over,
        }
        for name, hits in hits_of(pipeline, data.triples, stands_in(data.boxes), repairs).items()
    ]
