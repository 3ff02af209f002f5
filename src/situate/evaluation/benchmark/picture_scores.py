"""Scores of a composite against the render of the same object at the same place; formulas: docs/benchmark.md."""

import math
from dataclasses import dataclass

import cv2
import numpy as np
from jaxtyping import Bool, UInt8

from situate.errors import MissingExtraError
from situate.evaluation.benchmark.made import Made
from situate.evaluation.benchmark.object_scores import colour_errors, visible_iou
from situate.evaluation.benchmark.shadow_edges import shadow_edge_energy
from situate.evaluation.metrics import changed_union, num_changed_outside, psnr_db, shadow_iou
from situate.evaluation.perceptual import PerceptualDistance
from situate.records.triple import Triple

BLUR_SIGMA_PX = 3.0


@dataclass(frozen=True)
class PictureScores:
    """One composite; the region is the union of the true and its own effect.

    Attributes:
        psnr_db: In the region, in dB.
        ssim: Mean of the structural similarity's map over the region.
        psnr_blurred_db: After both pictures were blurred.
        ssim_blurred: Likewise.
        perceptual: Distance in a network's features, see `PerceptualDistance`.
        colour_error: Mean distance in CIE L*a*b* where both objects are solid; NaN where they do not meet.
        brightness_error: Mean difference of lightness there, above 0 where the composite's is the lighter.
        visible_iou: Overlap of what is seen of the objects; NaN unless something hides the true one.
        shadow_iou: Overlap of the effects outside the object; NaN where there is none in either.
        shadow_edge_energy: Gradient energy of the shadow over the truth's; NaN where the truth has hardly any.
        num_changed_outside: Pixels that differ from the background where its effect is 0.
    """

    psnr_db: float
    ssim: float
    psnr_blurred_db: float
    ssim_blurred: float
    perceptual: float
    colour_error: float
    brightness_error: float
    visible_iou: float
    shadow_iou: float
    shadow_edge_energy: float
    num_changed_outside: int


def picture_scores(
    made: Made, truth: Triple, background: UInt8[np.ndarray, "h w 3"], perceptual: PerceptualDistance
) -> PictureScores:
    """Compare a composite with the render of the same place.

    Args:
        made: The composite.
        truth: The render.
        background: What the composite was made on. Where it was stored with losses it is not quite the render's.
        perceptual: Distance in a network's features.
    """
    region = changed_union(made.effect, truth.effect)
    true_composite = composite_on(background, truth)
    blurred, true_blurred = _blurred(made.composite), _blurred(true_composite)
    colour_error, brightness_error = colour_errors(
        made.composite, made.visible_alpha, true_composite, truth.visible_alpha
    )
    return PictureScores(
        psnr_db=psnr_db(made.composite, true_composite, region),
        ssim=ssim(made.composite, true_composite, region),
        psnr_blurred_db=psnr_db(blurred, true_blurred, region),
        ssim_blurred=ssim(blurred, true_blurred, region),
        perceptual=perceptual(made.composite, true_composite, region),
        colour_error=colour_error,
        brightness_error=brightness_error,
        visible_iou=visible_iou(made.visible_alpha, truth.visible_alpha, truth.amodal_alpha),
        shadow_iou=shadow_iou(made.effect, made.visible_alpha, truth.effect, truth.visible_alpha),
        shadow_edge_energy=shadow_edge_energy(made, background, truth),
        num_changed_outside=num_changed_outside(made.composite, background, made.effect),
    )


def psnr_gain_db(made: Made, other: Made, truth: Triple, background: UInt8[np.ndarray, "h w 3"]) -> float:
    """Return by how much a composite is nearer to the render than another, in dB, on the same pixels.

    They are those of all three effects together: a method that says that it changed more is not judged on more.
    """
    region = changed_union(made.effect, truth.effect) | (other.effect > 0)
    true_composite = composite_on(background, truth)
    return psnr_db(made.composite, true_composite, region) - psnr_db(other.composite, true_composite, region)


def composite_on(background: UInt8[np.ndarray, "h w 3"], truth: Triple) -> UInt8[np.ndarray, "h w 3"]:
    """Return what a render's effect shows, on another background."""
    return np.where(truth.effect[..., None] > 0, truth.composite, background)


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
