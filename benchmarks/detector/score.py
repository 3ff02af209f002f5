"""Average precision of detections, by faster-coco-eval."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from faster_coco_eval import COCO, COCOeval_faster

AP50_INDEX, AP75_INDEX = 0, 5
"""Among the overlaps 0.50, 0.55 ... 0.95."""


@dataclass(frozen=True)
class Precision:
    """Average precision over overlaps of 0.50 to 0.95, at 0.50 and at 0.75, each in [0, 1]."""

    ap: float
    ap50: float
    ap75: float


@dataclass(frozen=True)
class Scores:
    """Of all classes that occur in the truth, and of each."""

    mean: Precision
    by_class: dict[str, Precision]


def score(truth: dict[str, Any], detections: Sequence[dict[str, Any]]) -> Scores:
    """Score detections.

    Args:
        truth: Content of a COCO file; pictures without objects count.
        detections: With `image_id`, `category_id`, `bbox` and `score`, as COCO's result files have them.
    """
    annotations = [{"iscrowd": 0, "area": float(np.prod(one["bbox"][2:]))} | one for one in truth["annotations"]]
    real = COCO(truth | {"annotations": annotations})
    evaluation = COCOeval_faster(real, real.loadRes([dict(one) for one in detections]), "bbox")
    evaluation.evaluate()
    evaluation.accumulate()
    # By overlap, recall, class, area and number of detections; all areas, most detections.
    precision = np.asarray(evaluation.eval["precision"])[:, :, :, 0, -1]
    names = {entry["id"]: entry["name"] for entry in truth["categories"]}
    by_class = {}
    for number, category_id in enumerate(evaluation.params.catIds):
        curve = precision[:, :, number].mean(1)
        if curve.min() >= 0:  # -1 where the class does not occur
            by_class[names[category_id]] = Precision(
                float(curve.mean()), float(curve[AP50_INDEX]), float(curve[AP75_INDEX])
            )
    columns = zip(*((one.ap, one.ap50, one.ap75) for one in by_class.values()), strict=True)
    return Scores(Precision(*(float(np.mean(column)) for column in columns)), by_class)
