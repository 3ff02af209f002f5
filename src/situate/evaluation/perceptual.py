"""A perceptual distance whose features come inside a package, so that it can be measured offline."""

import math

import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812
from jaxtyping import Bool, UInt8

from situate.nn.pretrained import backbone_features, pretrained_backbone

FEATURES = "EfficientNet-Lite0"
STAGES = (0, 2, 4, 10)
"""Blocks after which features are compared: the last ones at 1/2, 1/4, 1/8 and 1/16 of the picture's size."""


class PerceptualDistance:
    """Distance of two pictures in the features of a network trained on ImageNet.

    Features of each stage are normalised to unit length, their squared differences summed over channels and averaged
    over a region, then over the stages: 0 is the same picture, 4 the most there can be.

    Source:
        Zhang et al., The Unreasonable Effectiveness of Deep Features as a Perceptual Metric (2018), equation 1 with
        all weights 1 and other features; its values are no LPIPS and compare only with each other.
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
        picture: UInt8[np.ndarray, "h w 3"],
        truth: UInt8[np.ndarray, "h w 3"],
        region: Bool[np.ndarray, "h w"],
    ) -> float:
        """Return the distance inside a region; NaN if it is empty."""
        if not region.any():
            return math.nan
        pictures = torch.from_numpy(np.stack([picture, truth]).transpose(0, 3, 1, 2) / np.float32(127.5) - 1)
        weight = torch.from_numpy(region)
        distances = []
        for features in backbone_features(self._network, pictures.float(), STAGES):
            first, second = F.normalize(features, dim=1)
            squared = (first - second).square().sum(0)[None, None]
            at_full_size = F.interpolate(squared, size=region.shape, mode="bilinear", align_corners=False)[0, 0]
            distances.append(at_full_size[weight].mean())
        return float(torch.stack(distances).mean())
