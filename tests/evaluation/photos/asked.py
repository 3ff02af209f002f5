"""Objects on canvases of 8 x 8 cells, and what is asked of a method there."""

import math

import numpy as np

from situate.evaluation.photos.held_out import SeenObject
from situate.evaluation.target import Target
from situate.geometry.canvas import Letterbox, position_of

SIDE = 8
LANDSCAPE = Letterbox(64, 48)
"""Its first and its last row of cells are padding."""


def rows_of_picture() -> np.ndarray:
    is_picture = np.zeros((SIDE, SIDE), bool)
    is_picture[1:7] = True
    return is_picture


def target_at(box_cxcywh, letterbox: Letterbox = LANDSCAPE) -> Target:
    position = position_of(letterbox.box_to_canvas(box_cxcywh))
    cell = int(position[1] * SIDE), int(position[0] * SIDE)
    return Target(letterbox, box_cxcywh, position, False, cell, rows_of_picture(), 1 / SIDE**2)


def seen(kind: str, anchor_xy, *, count: int, height: float = 0.2, spread: float = 0.01, group: str = "g"):
    """Objects of one kind around an anchor on the canvas, each in a group of its own."""
    generator = np.random.default_rng(len(kind) + count)
    near = generator.normal(anchor_xy, spread, (count, 2))
    return [
        SeenObject(f"{group}{number}", kind, (float(x), float(y), math.log(height)))
        for number, (x, y) in enumerate(near)
    ]
