"""Composing with any five channels in place of what a network makes: no model is needed."""

import numpy as np

from situate.geometry.boxes import xywh_px_to_cxcywh
from situate.geometry.correction import WHOLE_CORRECTION, Correction
from situate.geometry.frames import synthesis_input
from situate.geometry.window import snapped_window
from situate.pipeline.assemble import assembled
from situate.records.picture import Picture, to_u8
from situate.records.placement import Composite, Placement

SIZE = 32


def made(
    background: np.ndarray,
    foreground: np.ndarray,
    box_xywh_px: tuple[float, float, float, float],
    image: np.ndarray,
    correction: Correction = WHOLE_CORRECTION,
    *,
    is_grey: bool = False,
) -> Composite:
    """What composing makes if the network puts out `image` for the window round a box."""
    resolution_wh = (background.shape[1], background.shape[0])
    box_cxcywh = xywh_px_to_cxcywh(box_xywh_px, resolution_wh)
    size = len(image)
    window, _ = snapped_window(box_cxcywh, resolution_wh, size)
    rgb_u8 = to_u8(np.ascontiguousarray(background[..., :3]))
    inputs = synthesis_input(rgb_u8, foreground, box_cxcywh, window, size, "pasted")
    picture, placement = Picture(background, is_grey=is_grey), Placement(box_cxcywh)
    return assembled(picture, Picture(foreground), placement, window, image, inputs, 0, "", "pasted", correction)


def random_image(seed: int, size: int = SIZE) -> np.ndarray:
    return np.random.default_rng(seed).uniform(-1.4, 1.4, (size, size, 5)).astype(np.float32)


def changing_image(size: int = SIZE) -> np.ndarray:
    """Everything bright, all of the object seen, effect everywhere."""
    image = np.full((size, size, 5), 1, np.float32)
    image[..., :3] = 0.8
    return image
