"""Whether an object is still the same one: what a network trained on ImageNet sees of it before and after."""

import cv2
import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812
from jaxtyping import Float, UInt8

from situate.geometry.window import crop_resized, window_round
from situate.nn.pretrained import LAST_BLOCKS, backbone_features, pretrained_backbone

STAGES = (LAST_BLOCKS[16], LAST_BLOCKS[32])
"""Blocks of EfficientNet-Lite0 whose features are compared: the last ones at 1/16 and 1/32 of the picture's size."""
CROP_PX = 224
"""The size that the network was trained on."""
GREY_U8 = 128
_MARGIN = 1.2


class Identity:
    """Cosine similarity of an object's features in two pictures.

    A square round the object is cut from both, all but the object made grey, and resampled to `CROP_PX`. The features
    are averaged over the object's pixels, stage by stage; the cosines of the stages are averaged. 1 is the same object
    as it was; what different objects get is measured beside it.
    """

    def __init__(self) -> None:
        """Load the features.

        Raises:
            MissingExtraError: If their packages are not installed.
        """
        self._network = pretrained_backbone().eval().requires_grad_(False)

    @torch.inference_mode()
    def __call__(
        self,
        before: UInt8[np.ndarray, "h w 3"],
        after: UInt8[np.ndarray, "h w 3"],
        share: Float[np.ndarray, "h w"],
    ) -> float:
        """Compare an object in two pictures of the same size.

        Args:
            before: The object as it was given.
            after: The object in a composite.
            share: How much of each pixel it is, in both, [0, 1].

        Returns:
            The similarity in [-1, 1]; NaN if there is no object.
        """
        if not (share > 0).any():
            return float("nan")
        crops = np.stack([_on_grey(picture, share) for picture in (before, after)])
        pictures = torch.from_numpy(crops.transpose(0, 3, 1, 2) / np.float32(127.5) - 1)
        weight = torch.from_numpy(_cut(np.round(share * 255).astype(np.uint8), share) / np.float32(255))
        cosines = []
        for features in backbone_features(self._network, pictures.float(), STAGES):
            pooled = F.adaptive_avg_pool2d(weight[None, None], features.shape[-1])
            first, second = (features * pooled).sum((2, 3)) / pooled.sum()
            cosines.append(F.cosine_similarity(first, second, dim=0))
        return float(torch.stack(cosines).mean())


def _on_grey(picture: UInt8[np.ndarray, "h w 3"], share: Float[np.ndarray, "h w"]) -> UInt8[np.ndarray, "s s 3"]:
    mixed = GREY_U8 + share[..., None] * (picture.astype(np.float32) - GREY_U8)
    return _cut(np.round(mixed).astype(np.uint8), share)


def _cut(pixels: np.ndarray, share: Float[np.ndarray, "h w"]) -> np.ndarray:
    """The square round the object; beyond the picture's edge its last pixels go on."""
    height_px, width_px = share.shape
    left, top, width, height = cv2.boundingRect((share > 0).astype(np.uint8))
    box_cxcywh = (left + width / 2) / width_px, (top + height / 2) / height_px, width / width_px, height / height_px
    side_px = max(4, round(_MARGIN * max(width, height)))
    return crop_resized(pixels, window_round(box_cxcywh, (width_px, height_px), side_px), CROP_PX)
