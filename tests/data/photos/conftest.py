"""Small annotated photographs, drawn on the spot."""

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from situate.data.photos.build import Annotated

WIDTH, HEIGHT = 160, 120


@dataclass
class PhotoSet:
    """Photographs with a gradient and grain, and annotated ellipses in another colour."""

    folder: Path
    content: dict[str, Any] = field(
        default_factory=lambda: {
            "images": [],
            "annotations": [],
            "categories": [{"id": 0, "name": "ball"}, {"id": 5, "name": "box"}],
        }
    )

    @property
    def annotations(self) -> Path:
        """Write the annotation file as it stands."""
        path = self.folder / "instances.json"
        path.write_text(json.dumps(self.content))
        return path

    @property
    def images(self) -> Path:
        """Where the photographs are."""
        return self.folder / "images"

    @property
    def annotated(self) -> Annotated:
        """Both, as the builder takes them."""
        return Annotated(self.annotations, self.images)

    def add_picture(self, *ellipses: tuple[int, int, int, int], name: str | None = None, **keys: Any) -> int:
        """Draw a photograph with an object for every (centre x, centre y, half width, half height)."""
        image_id = len(self.content["images"]) + 1
        file_name = name or f"{image_id:03d}.png"
        generator = np.random.default_rng(image_id)
        ramp = np.linspace(60, 160, HEIGHT)[:, None, None] * np.ones((1, WIDTH, 3))
        pixels = np.clip(ramp + generator.normal(0, 12, ramp.shape), 0, 255).astype(np.uint8)
        for ellipse in ellipses:
            cv2.ellipse(pixels, ellipse[:2], ellipse[2:], 0, 0, 360, (30, 40, 220), -1)
        (self.images / file_name).parent.mkdir(parents=True, exist_ok=True)
        cv2.imwrite(str(self.images / file_name), pixels)
        self.content["images"].append(
            {"id": image_id, "file_name": file_name, "width": WIDTH, "height": HEIGHT, **keys}
        )
        for ellipse in ellipses:
            self.add_object(image_id, [outline(*ellipse)])
        return image_id

    def add_object(self, image_id: int, segmentation: Any, **keys: Any) -> int:
        """Annotate something that is not drawn."""
        object_id = len(self.content["annotations"]) + 1
        self.content["annotations"].append(
            {"id": object_id, "image_id": image_id, "category_id": 0, "segmentation": segmentation, **keys}
        )
        return object_id

    def picture(self, image_id: int) -> np.ndarray:
        """Return a photograph's RGB pixels."""
        path = self.images / self.content["images"][image_id - 1]["file_name"]
        pixels = cv2.imread(str(path))
        assert pixels is not None
        return pixels[..., ::-1]


def outline(x: int, y: int, half_width: int, half_height: int) -> list[int]:
    """Return an ellipse as a polygon."""
    return np.ravel(cv2.ellipse2Poly((x, y), (half_width, half_height), 0, 0, 360, 10)).tolist()


@pytest.fixture
def photo_set(tmp_path: Path) -> PhotoSet:
    """An empty set of photographs."""
    return PhotoSet(tmp_path / "photos")


@pytest.fixture
def usable_set(photo_set: PhotoSet) -> PhotoSet:
    """Photographs of which every object can be used, in two series."""
    for number in range(5):
        photo_set.add_picture((50 + 8 * number, 60, 14, 20), name=f"{'ab'[number % 2]}__{number}.png")
    photo_set.add_picture((40, 70, 12, 16), (120, 50, 15, 14), name="b__5.png")
    return photo_set
