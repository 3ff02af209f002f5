"""Clips of a fixed camera, drawn on the spot: a textured plate, boxes with shadows, exposure drift and grain."""

from dataclasses import dataclass, field
from pathlib import Path

import cv2
import numpy as np

WIDTH, HEIGHT = 192, 144
OBJECT, SHADOW, RIM, OUTSIDE = 255, 50, 170, 85
SHADOW_RATIO = 0.55
COLOUR = (215, 60, 40)


def textured_plate(seed: int = 0) -> np.ndarray:
    """Return a view with texture at several sizes, so that it has edges everywhere."""
    generator = np.random.default_rng(seed)
    plate = np.full((HEIGHT, WIDTH, 3), 110.0)
    for cells, strength in ((8, 30), (24, 18), (64, 8)):
        coarse = generator.normal(0, strength, (cells, cells, 1))
        plate += cv2.resize(coarse, (WIDTH, HEIGHT), interpolation=cv2.INTER_CUBIC)[..., None]
    return np.clip(plate, 20, 235).astype(np.uint8)


@dataclass
class Car:
    """A box with its shadow to the right, as left, top, width, height; `ratio` 1 has no shadow."""

    box_xywh_px: tuple[int, int, int, int]
    colour: tuple[int, int, int] = COLOUR
    ratio: float = SHADOW_RATIO

    @property
    def area(self) -> tuple[slice, slice]:
        left, top, width, height = self.box_xywh_px
        return slice(top, top + height), slice(left, left + width)

    @property
    def shadow(self) -> tuple[slice, slice]:
        left, top, width, height = self.box_xywh_px
        return slice(top + height // 2, top + height + 4), slice(left + width // 4, left + width + width // 2)


@dataclass
class DrawnClip:
    """Draws frames and masks into a folder."""

    frames: Path
    masks: Path
    plate: np.ndarray = field(default_factory=textured_plate)
    noise: float = 1.5

    def add(self, *cars: Car, gain: float = 1.0, offset: float = 0.0, shift_px: int = 0) -> str:
        """Draw the next frame; return its stem."""
        for folder in (self.frames, self.masks):
            folder.mkdir(parents=True, exist_ok=True)
        number = len(list(self.frames.glob("*.png")))
        pixels = np.roll(self.plate, shift_px, axis=1).astype(np.float64)
        mask = np.zeros((HEIGHT, WIDTH), np.uint8)
        for car in cars:
            pixels[car.shadow] *= car.ratio
            mask[car.shadow] = SHADOW if car.ratio < 1 else 0
        for car in cars:
            pixels[car.area] = car.colour
            mask[car.area] = OBJECT
        pixels = pixels * gain + offset
        pixels += np.random.default_rng(number).normal(0, self.noise, pixels.shape)
        stem = f"{number:04d}"
        save(self.frames / f"{stem}.png", np.clip(pixels + 0.5, 0, 255).astype(np.uint8))
        save(self.masks / f"{stem}.png", mask)
        return stem

    def save_plate(self, path: Path) -> Path:
        save(path, self.plate)
        return path


def save(path: Path, pixels: np.ndarray) -> None:
    """Write an RGB or grey PNG."""
    path.parent.mkdir(parents=True, exist_ok=True)
    assert cv2.imwrite(str(path), pixels[..., ::-1] if pixels.ndim == 3 else pixels)


def box_iou(box_cxcywh: tuple[float, ...], car: Car) -> float:
    """Return how much a box in fractions overlaps a car's."""
    x, y, width, height = box_cxcywh
    left, top = (x - width / 2) * WIDTH, (y - height / 2) * HEIGHT
    own_left, own_top, own_width, own_height = car.box_xywh_px
    over_x = min(left + width * WIDTH, own_left + own_width) - max(left, own_left)
    over_y = min(top + height * HEIGHT, own_top + own_height) - max(top, own_top)
    shared = max(0.0, over_x) * max(0.0, over_y)
    return shared / (width * WIDTH * height * HEIGHT + own_width * own_height - shared)
