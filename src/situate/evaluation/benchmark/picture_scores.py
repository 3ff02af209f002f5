"""Scores of a composite against the render of the same object at the same place; formulas: docs/benchmark.md."""

import math
from dataclasses import dataclass

import cv2
import numpy as np
from jaxtyping import Bool, UInt8

from situate.errors import MissingExtraError
from situate.evaluation.metrics import changed_union, num_changed_outside, psnr_db, shadow_iou
from situate.evaluation.perceptual import PerceptualDistance
from situate.records.triple import Triple

BLUR_SIGMA_PX = 3.0


@dataclass(frozen=True)
class Made:
    """A composite with what it says of itself.

    Attributes:
        composite: The picture.
        effect: Where it says that it changed something.
        visible_alpha: Where the object is seen.
    """

    composite: UInt8[np.ndarray, "h w 3"]
    effect: UInt8[np.ndarray, "h w"]
    visible_alpha: UInt8[np.ndarray, "h w"]


@dataclass(frozen=True)
class PictureScores:
    """One composite; the region is the union of the true and its own effect.

    Attributes:
        psnr_db: In the region, in dB.
        ssim: Mean of the structural similarity's map over the region.
        psnr_blurred_db: After both pictures were blurred.
        ssim_blurred: Likewise.
        perceptual: Distance in a network's features, see `PerceptualDistance`.
        shadow_iou: Overlap of the effects outside the object; NaN where there is none in either.
        num_changed_outside: Pixels that differ from the background where its effect is 0.
    """

    psnr_db: float
    ssim: float
    psnr_blurred_db: float
    ssim_blurred: float
    perceptual: float
    shadow_iou: float
    num_changed_outside: int


def picture_scores(made: Made, truth: Triple, perceptual: PerceptualDistance) -> PictureScores:
    """Compare a composite with the render of the same place."""
    region = changed_union(made.effect, truth.effect)
    blurred, true_blurred = _blurred(made.composite), _blurred(truth.composite)
    return PictureScores(
        psnr_db=psnr_db(made.composite, truth.composite, region),
        ssim=ssim(made.composite, truth.composite, region),
        psnr_blurred_db=psnr_db(blurred, true_blurred, region),
        ssim_blurred=ssim(blurred, true_blurred, region),
        perceptual=perceptual(made.composite, truth.composite, region),
        shadow_iou=shadow_iou(made.effect, made.visible_alpha, truth.effect, truth.visible_alpha),
        num_changed_outside=num_changed_outside(made.composite, truth.background, made.effect),
    )


def ssim(
    picture: UInt8[np.ndarray, "h w 3"], truth: UInt8[np.ndarray, "h w 3"], region: Bool[np.ndarray, "h w"]
) -> float:
    """Mean over a region of the map of structural similarity (Gaussian window, sigma 1.5); NaN if it is empty.

    Raises:
        MissingExtraError: If torchmetrics is not installed.

    Source:
        Wang et al., Image quality assessment: from error visibility to structural similarity (2004).
    """
    import torch

    try:
        from torchmetrics.functional.image.ssim import structural_similarity_index_measure
    except ImportError as error:
        raise MissingExtraError("torchmetrics", "eval") from error
    if not region.any():
        return math.nan
    first, second = (torch.from_numpy(pixels.transpose(2, 0, 1)[None] / 255.0) for pixels in (picture, truth))
    _, similarity = structural_similarity_index_measure(first, second, data_range=1.0, return_full_image=True)
    return float(similarity[0].mean(0).numpy()[region].mean())


def _blurred(pixels: UInt8[np.ndarray, "h w 3"]) -> UInt8[np.ndarray, "h w 3"]:
    return np.asarray(cv2.GaussianBlur(pixels, (0, 0), BLUR_SIGMA_PX), np.uint8)
