"""What is found out before any work: that nothing that is read is written over, and that the result can be written."""

from collections import Counter
from dataclasses import replace
from pathlib import Path

from situate.augment.config import AugmentConfig
from situate.augment.plan import AugmentPlan
from situate.augment.source import AugmentSource
from situate.errors import InputError
from situate.labels.coco import CocoDataset
from situate.labels.write import WrittenFormat, check_writable
from situate.labels.write_voc import MAX_VOC_OBJECTS
from situate.pipeline.model_files import conditioning_of


def check_apart(config: AugmentConfig, source: AugmentSource, folder: Path) -> None:
    """Refuse to write into what is read, or to be replaced together with it."""
    output = folder.resolve()
    read = {"annotations": source.annotations, "images": source.images, "allow": config.allow, "avoid": config.avoid}
    read |= {} if source.is_self else {"cut-outs": source.cutouts}
    for name, path in read.items():
        if path is None:
            continue
        if name in ("allow", "avoid") and not path.exists():
            raise InputError(f"{name} {path} does not exist; pass a picture, or a folder of pictures")
        if path.resolve().is_relative_to(output) or (name != "annotations" and output.is_relative_to(path.resolve())):
            raise InputError(f"the {name} {path} and the output {folder} lie in each other; choose another output")


def check_model(folder: Path) -> None:
    """Refuse a model that cannot be told a place.

    Raises:
        InputError: If it is `literal`.
        ModelFileError: If it is no model.
    """
    if conditioning_of(folder) == "literal":
        raise InputError(
            f"the model {folder} is `literal`: it finds the object's place itself and cannot be told one, so that its "
            "labels would be guesses; use a `pasted` model such as small, which ships with situate"
        )


def check_planned(plan: AugmentPlan, dataset: CocoDataset, label_format: WrittenFormat) -> None:
    """Find out before any work whether the layout holds what will be made."""
    check_writable(replace(dataset, categories=plan.categories), label_format)
    if label_format != "voc":
        return
    there = Counter(one.image_id for one in dataset.annotations)
    most = max((there[one.image_id] + len(one.cutouts) for one in plan.pictures), default=0)
    if most > MAX_VOC_OBJECTS:
        raise InputError(
            f"a picture would have {most} objects, Pascal VOC numbers {MAX_VOC_OBJECTS}; pass --format coco"
        )
