"""Network inputs from pictures: the same functions prepare training samples and composing."""

from typing import Literal

import numpy as np
import torch
from jaxtyping import UInt8

from situate.geometry.canvas import (
    BoxCxcywh,
    Letterbox,
    background_canvas,
    foreground_canvas,
    to_signed,
    to_tensor,
)
from situate.geometry.paste import alpha_over, place_foreground
from situate.geometry.window import Window, crop_resized
from situate.records.batch import PlacementInput, SynthesisInput

Conditioning = Literal["pasted", "literal"]
"""`pasted`: the foreground is laid over the window at its place. `literal`: it is shown unplaced."""


def placement_input(
    background: UInt8[np.ndarray, "h w 3"],
    foreground: UInt8[np.ndarray, "fh fw 4"],
    background_size: int,
    foreground_size: int,
) -> PlacementInput:
    """Letter-box both pictures for the placement network; a batch of one."""
    height_px, width_px = background.shape[:2]
    colours, alpha = foreground_canvas(foreground, foreground_size)
    return PlacementInput(
        background=background_canvas(background, background_size),
        content_xyxy=torch.tensor([Letterbox(width_px, height_px).content_xyxy], dtype=torch.float32),
        foreground=colours,
        alpha=alpha,
        log_aspect=torch.tensor([np.log(foreground.shape[1] / foreground.shape[0])], dtype=torch.float32),
    )


def synthesis_input(
    background: UInt8[np.ndarray, "h w 3"],
    foreground: UInt8[np.ndarray, "fh fw 4"],
    box_cxcywh: BoxCxcywh,
    window: Window,
    size: int,
    conditioning: Conditioning,
) -> SynthesisInput:
    """Crop the window at `size` and lay the foreground into it; a batch of one."""
    height_px, width_px = background.shape[:2]
    resolution_wh = (width_px, height_px)
    window_background = to_signed(crop_resized(background, window, size))
    if conditioning == "literal":
        box_in_window = unplaced_box(foreground)
        backdrop = np.zeros_like(window_background)
    else:
        box_in_window = window.box_in_window(box_cxcywh, resolution_wh)
        backdrop = window_background
    premultiplied, alpha = place_foreground(foreground, box_in_window, (size, size))
    return SynthesisInput(
        background=to_tensor(window_background),
        pasted=to_tensor(alpha_over(backdrop, premultiplied, alpha)),
        pasted_alpha=to_tensor(alpha[..., None]),
        window_cxcywh=torch.tensor([window.on_canvas(resolution_wh)], dtype=torch.float32),
    )


def unplaced_box(foreground: UInt8[np.ndarray, "fh fw 4"]) -> BoxCxcywh:
    """The box that shows a cut-out as large as fits, in the middle: it says nothing about where it belongs."""
    height_px, width_px = foreground.shape[:2]
    side_px = max(height_px, width_px)
    return (0.5, 0.5, width_px / side_px, height_px / side_px)
