"""How good a cut-out an annotated object makes, measured in the photograph before anything is cut."""

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from jaxtyping import UInt8

from situate.data.objects.crops import MaskCrop, main_piece_share
from situate.data.objects.occlusion import occlusion_of, touch_px_of

# Every pair is where a part is 0 and where it is 1; chosen by looking at COCO and street photographs.
# Size: square root of the area, and the shorter side of the box, both in the stored picture; the first of each is half
# of where an object is `tiny`, so that a small one is not yet a bad one.
_SIZE_PX, _SIDE_PX = (5.5, 64.0), (6.0, 20.0)
# Colour difference (CIE 1976) across the outline that the eye finds at once, and the share of the outline that has it.
_CONTRAST = (3.0, 10.0)
_SEEN_SHARE = (0.25, 0.85)
# Blur of the edges, as the standard deviation of a Gaussian.
_BLUR_PX = (1.5, 0.65)
# Gap to the photograph's edge, as a fraction of its longest side; share of the mask in its largest piece.
_EDGE_GAP = (-0.03, 0.03)
_MAIN_PIECE = (0.8, 1.0)
# The object is measured as if its longest side were at most this.
_MEASURED_PX = 256
# Rings on both sides of the outline start one pixel from it, which edges mix, and are this wide.
_RING_PX = 3
_MEAN_PX = 9
_MARGIN_PX = 8
_REBLUR_PX = 1.5
# Gradients in grey values a pixel under this are grain.
_GRAIN = 2.0


@dataclass(frozen=True)
class CutoutQuality:
    """What speaks for a cut-out, each part in [0, 1].

    Attributes:
        size: 1 from about 64 px in the stored picture; about 0.3 where it is just not too tiny.
        sharpness: 0 if the outline cannot be seen in the photograph (the annotation lies elsewhere, the object has the
            background's colours, or is lost in the dark) or is heavily blurred.
        wholeness: Less than 1 near the photograph's edge, beyond which it may go on, and in pieces.
        openness: How little of it other objects cover, touch or crowd.
    """

    size: float
    sharpness: float
    wholeness: float
    openness: float

    @property
    def score(self) -> float:
        """The product, in [0, 1]: defects add up, and one that is total cannot be made good by the rest."""
        return self.size * self.sharpness * self.wholeness * self.openness


def cutout_quality(
    pixels: UInt8[np.ndarray, "h w 3"], crop: MaskCrop, others: Sequence[MaskCrop], *, size_px: int = 256
) -> CutoutQuality:
    """Measure an object in its photograph; only a window round it is looked at.

    Args:
        pixels: The photograph at full size.
        crop: The object; not empty.
        others: The other annotated objects.
        size_px: Longest side of the stored picture.

    Source:
        Zhuo and Sim, Defocus Map Estimation from a Single Image (2011), for the blur.
    """
    height, width = pixels.shape[:2]
    near, mask = _window(pixels, crop)
    occlusion = occlusion_of(crop, others, touch_px_of(width, height))
    return CutoutQuality(
        size=_size(crop, min(1.0, size_px / max(width, height))),
        sharpness=_ramp(_seen_share(near, mask), _SEEN_SHARE) * _ramp(_blur_px(near, mask), _BLUR_PX),
        wholeness=_wholeness(crop, width, height),
        openness=(1 - occlusion.covered) * (1 - occlusion.intrusion) * (1 - occlusion.contact),
    )


def _ramp(value: float, limits: tuple[float, float]) -> float:
    zero, one = limits
    return float(np.clip((value - zero) / (one - zero), 0, 1))


def _log_ramp(value: float, limits: tuple[float, float]) -> float:
    return _ramp(float(np.log(value)), (float(np.log(limits[0])), float(np.log(limits[1]))))


def _size(crop: MaskCrop, scale: float) -> float:
    side_px = scale * min(crop.width, crop.height)
    return min(_log_ramp(scale * crop.area_px**0.5, _SIZE_PX), _log_ramp(side_px, _SIDE_PX))


def _wholeness(crop: MaskCrop, width: int, height: int) -> float:
    gap_px = min(crop.left, crop.top, width - crop.left - crop.width, height - crop.top - crop.height)
    main_piece = main_piece_share(crop, touch_px_of(width, height))
    return _ramp(gap_px / max(width, height), _EDGE_GAP) * _ramp(main_piece, _MAIN_PIECE)


def _window(pixels: np.ndarray, crop: MaskCrop) -> tuple[np.ndarray, np.ndarray]:
    """Return pixels and mask (0 or 1) round the object, reduced if it is large."""
    scale = min(1.0, _MEASURED_PX / max(crop.width, crop.height))
    margin = round(_MARGIN_PX / scale)
    left, top = max(0, crop.left - margin), max(0, crop.top - margin)
    near = pixels[top : crop.top + crop.height + margin, left : crop.left + crop.width + margin]
    height, width = near.shape[:2]
    mask = crop.window(left, top, width, height).astype(np.uint8)
    if scale == 1:
        return np.ascontiguousarray(near), mask
    size_wh = max(1, round(width * scale)), max(1, round(height * scale))
    near, share = (cv2.resize(part, size_wh, interpolation=cv2.INTER_AREA) for part in (near, mask * np.uint8(255)))
    return near, (share > min(127, share.max() // 2)).astype(np.uint8)


def _seen_share(pixels: np.ndarray, mask: np.ndarray) -> float:
    """Return how much of the outline has other colours inside than outside."""
    lab = cv2.cvtColor(pixels, cv2.COLOR_RGB2LAB).astype(np.float32)
    lab[..., 0] *= 100 / 255
    inside_px = cv2.distanceTransform(mask, cv2.DIST_L2, cv2.DIST_MASK_3)
    outside_px = cv2.distanceTransform(1 - mask, cv2.DIST_L2, cv2.DIST_MASK_3)
    outline = (inside_px > 0) & (inside_px <= 1)
    inner, inner_weight = _ring_mean(lab, inside_px, outline)
    outer, outer_weight = _ring_mean(lab, outside_px, outline)
    known = (inner_weight > 0) & (outer_weight > 0)
    if not known.any():
        return 0.0
    contrast = np.linalg.norm(
        inner[known] / inner_weight[known, None] - outer[known] / outer_weight[known, None], axis=1
    )
    return float(np.clip((contrast - _CONTRAST[0]) / (_CONTRAST[1] - _CONTRAST[0]), 0, 1).mean())


def _ring_mean(lab: np.ndarray, depth_px: np.ndarray, outline: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return sum and weight of the colours of a ring near every pixel of the outline."""
    ring = ((depth_px > 1) & (depth_px <= 1 + _RING_PX)).astype(np.float32)
    if not ring.any():
        ring = (depth_px > 0).astype(np.float32)
    sums = cv2.boxFilter(np.dstack([lab * ring[..., None], ring]), -1, (_MEAN_PX, _MEAN_PX), normalize=False)
    near = sums[outline]
    # Sums of floats leave dust where nothing is.
    return near[:, :3], np.round(near[:, 3])


def _blur_px(pixels: np.ndarray, mask: np.ndarray) -> float:
    """Return the blur of the edges near the outline: what they lose when they are blurred once more."""
    grey = cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY).astype(np.float32)
    kernel = np.ones((5, 5), np.uint8)
    band = cv2.dilate(mask, kernel) > cv2.erode(mask, kernel)
    gradient = _gradient(grey)
    peaks = band & (gradient >= cv2.dilate(gradient, np.ones((3, 3), np.uint8))) & (gradient > _GRAIN)
    if not peaks.any():
        return _BLUR_PX[1]
    before = gradient[peaks]
    after = _gradient(cv2.GaussianBlur(grey, (0, 0), _REBLUR_PX))[peaks]
    lost = np.maximum((before / np.maximum(after, 1e-3)) ** 2 - 1, 1e-3)
    blurs = _REBLUR_PX / np.sqrt(lost)
    order = np.argsort(blurs)
    weights = np.cumsum(before[order])
    return float(blurs[order][np.searchsorted(weights, weights[-1] / 2)])


def _gradient(grey: np.ndarray) -> np.ndarray:
    across = cv2.Sobel(grey, cv2.CV_32F, 1, 0, scale=1 / 8)
    down = cv2.Sobel(grey, cv2.CV_32F, 0, 1, scale=1 / 8)
    return cv2.magnitude(across, down)
