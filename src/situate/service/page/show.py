"""What the page shows of a result: the picture before and after, heat map, ranked places, files to take away."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np

from situate.geometry.paste import paste
from situate.imageio.encode import encode_grey_png, encode_picture
from situate.imageio.write import JPEG_QUALITY
from situate.pipeline.output import object_entry
from situate.pipeline.place_sheet import with_box
from situate.pipeline.places import RankedPlaces
from situate.records.picture import Picture
from situate.records.placement import Composite
from situate.service.answers import composite_png, heatmap_png
from situate.service.page.files import result_file

THUMBNAIL_PX = 320


@dataclass(frozen=True)
class Shown:
    """Paths of files in the page's folder.

    Attributes:
        before: The background.
        after: The composite, the bytes that the API answers.
        files: Masks, effect, labels, and regions that were drawn.
        heatmap: How likely each place is; None with several objects.
        places: A small picture of each place with its caption, best first.
        boxes: Their boxes in pixels.
    """

    before: str
    after: str
    files: list[str]
    heatmap: str | None
    places: list[tuple[str, str]]
    boxes: list[list[float]]


def shown(
    background: Picture, composite: Composite, found: RankedPlaces | None, regions: dict[str, bytes], folder: str
) -> Shown:
    """Write everything that is to be seen of a result.

    Args:
        background: Where to.
        composite: The result.
        found: The ranked places of its object; None with several objects.
        regions: Masks that were drawn.
        folder: The page's.
    """
    contents = _contents(composite) | {f"{name}.png": mask for name, mask in regions.items()}
    heatmap = None if found is None else result_file(heatmap_png(found), "heatmap.png", folder)
    return Shown(
        before=result_file(encode_picture(background, ".png", None, JPEG_QUALITY), "background.png", folder),
        after=result_file(composite_png(composite), "composite.png", folder),
        files=[result_file(content, name, folder) for name, content in contents.items()],
        heatmap=heatmap,
        places=[] if found is None else _places(found, folder),
        boxes=[] if found is None else _boxes(found),
    )


def _contents(composite: Composite) -> dict[str, bytes]:
    objects = composite.objects
    names = ["mask.png"] if len(objects) == 1 else [f"mask-{number}.png" for number in range(1, len(objects) + 1)]
    labels: list[dict[str, Any]] = [
        object_entry(placed) | {"seed": composite.seed, "file": "composite.png", "mask_file": name}
        for placed, name in zip(objects, names, strict=True)
    ]
    masks = {name: encode_grey_png(one.visible_alpha) for name, one in zip(names, objects, strict=True)}
    return masks | {
        "effect.png": encode_grey_png(composite.effect),
        "labels.json": json.dumps(labels, indent=2).encode(),
    }


def _places(found: RankedPlaces, folder: str) -> list[tuple[str, str]]:
    scene = found.background.rgb_u8
    scale = min(1.0, THUMBNAIL_PX / max(scene.shape[:2]))
    small = scene if scale == 1 else cv2.resize(scene, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    strip: list[tuple[str, str]] = []
    for rank, placement in enumerate(found.placements, start=1):
        drawn = np.ascontiguousarray(with_box(paste(small, found.foreground, placement.box_cxcywh), placement))
        caption = f"{rank}" if placement.score is None else f"{rank}: {placement.score:.2f}"
        content = encode_picture(Picture(drawn), ".png", None, JPEG_QUALITY)
        strip.append((result_file(content, f"place-{rank}.png", folder), caption))
    return strip


def _boxes(found: RankedPlaces) -> list[list[float]]:
    resolution_wh = found.background.width_px, found.background.height_px
    return [[round(side, 2) for side in one.box_xywh_px(resolution_wh)] for one in found.placements]


def size_of_best(boxes: Sequence[Sequence[float]]) -> tuple[float, float] | None:
    """Return width and height that an object has at its best place."""
    return (boxes[0][2], boxes[0][3]) if boxes else None
