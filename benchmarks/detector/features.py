"""What the one frozen encoder says of each view of a picture, computed once and kept in memory as float16."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Float, UInt8
from torch import Tensor, nn

from detector.views import Labels, canvas_of, labels_in, training_views, whole
from situate.imageio.read import read_picture
from situate.labels.coco import CocoAnnotation, CocoDataset, CocoImage
from situate.nn.pretrained import LAST_BLOCKS, backbone_features, pretrained_backbone
from situate.pipeline.device import fast_autocast
from situate.seeds import seed_for

HALF_RANGE = 127.5


@dataclass(frozen=True)
class Features:
    """Of one view, at strides 8, 16 and 32."""

    fine: Float[Tensor, "40 gh gw"]
    middle: Float[Tensor, "112 th tw"]
    coarse: Float[Tensor, "320 ch cw"]

    def levels(self) -> tuple[Tensor, Tensor, Tensor]:
        """From fine to coarse."""
        return self.fine, self.middle, self.coarse


@dataclass(frozen=True)
class Example:
    """One view of a picture as the encoder sees it, and what is to be found in it."""

    features: Features
    labels: Labels


class FrozenEncoder(nn.Module):
    """EfficientNet-Lite0 as ImageNet left it; it never learns."""

    def __init__(self) -> None:
        super().__init__()
        self.backbone = pretrained_backbone().requires_grad_(False).eval().to(memory_format=torch.channels_last)

    @torch.inference_mode()
    def forward(self, canvases_u8: UInt8[np.ndarray, "b s s 3"]) -> list[Features]:
        """Encode canvases whose side is a multiple of 32."""
        pixels = (torch.from_numpy(canvases_u8).permute(0, 3, 1, 2) / HALF_RANGE - 1).contiguous(
            memory_format=torch.channels_last
        )
        with fast_autocast(pixels.device):
            levels = backbone_features(self.backbone, pixels, sorted(LAST_BLOCKS.values()))
        return [Features(*(level[number].half() for level in levels)) for number in range(len(pixels))]


class Encoded:
    """Encodes pictures of data sets; what is said to come again is kept.

    Views are drawn by the picture's file name alone, so they are the same in every run.
    """

    def __init__(self, side_px: int, num_zooms: int) -> None:
        """Set up.

        Args:
            side_px: Of the canvas.
            num_zooms: Zoomed views of a training picture.
        """
        self.encoder, self.side_px, self.num_zooms = FrozenEncoder(), side_px, num_zooms
        self._kept: dict[tuple[Path, int | None], list[Example]] = {}

    def real(self, dataset: CocoDataset, images: Path) -> list[list[Example]]:
        """Return the views of each real picture; they are kept."""
        return self._all(dataset, images, num_zooms=self.num_zooms, is_kept=True)

    def new(self, dataset: CocoDataset, images: Path) -> list[list[Example]]:
        """Return two views of each new picture: whole, and mirrored."""
        return self._all(dataset, images, num_zooms=0, is_kept=False)

    def test(self, dataset: CocoDataset, images: Path) -> list[Example]:
        """Return the whole of each picture; it is kept."""
        return [one for (one,) in self._all(dataset, images, num_zooms=None, is_kept=True)]

    def _all(self, dataset: CocoDataset, images: Path, *, num_zooms: int | None, is_kept: bool) -> list[list[Example]]:
        class_of = classes_of(dataset)
        annotations = dataset.annotations_by_image()
        found = []
        for image in dataset.images:
            key = (images / image.file_name, num_zooms)
            examples = self._kept.get(key)
            if examples is None:
                examples = self._examples(key[0], image, annotations[image.id], class_of, num_zooms)
            if is_kept:
                self._kept[key] = examples
            found.append(examples)
        return found

    def _examples(
        self,
        path: Path,
        image: CocoImage,
        annotations: Sequence[CocoAnnotation],
        class_of: dict[int, int],
        num_zooms: int | None,
    ) -> list[Example]:
        rgb_u8 = read_picture(path).rgb_u8
        views = [whole(image.width, image.height)]
        if num_zooms is not None:
            generator = np.random.default_rng(seed_for(0, "views", image.file_name))
            views = training_views(annotations, image.width, image.height, num_zooms, generator)
        canvases_u8 = np.stack([canvas_of(rgb_u8, view, self.side_px) for view in views])
        labels = [labels_in(annotations, view, class_of) for view in views]
        return [Example(*pair) for pair in zip(self.encoder(canvases_u8), labels, strict=True)]


def classes_of(dataset: CocoDataset) -> dict[int, int]:
    """Number of each category id, from 0 in the order of the ids."""
    return {category_id: number for number, category_id in enumerate(sorted(dataset.category_names()))}
