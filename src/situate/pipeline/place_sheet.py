"""The best places of one object on one picture, for people to look at."""

from collections.abc import Sequence

import cv2
import numpy as np
from jaxtyping import Float, UInt8
from PIL import Image, ImageDraw, ImageFont

from situate.geometry.heatmap import overlay
from situate.geometry.paste import paste
from situate.records.placement import Placement

CELL_PX = 320
GAP_PX = 6
CAPTION_PX = 18
NUM_COLUMNS = 3
PAPER = (24, 24, 28)
INK = (220, 220, 220)
BOX_COLOUR = (60, 230, 255)


def place_sheet(
    background: UInt8[np.ndarray, "h w 3"],
    foreground: UInt8[np.ndarray, "fh fw 4"],
    placements: Sequence[Placement],
    heatmap: Float[np.ndarray, "h w"],
) -> UInt8[np.ndarray, "sh sw 3"]:
    """Draw the heat map with all boxes, then the plain paste at every place, best first.

    Args:
        background: The picture.
        foreground: The cut-out.
        placements: Where it may go, best first.
        heatmap: Each pixel's share of the anchor's probability.
    """
    scale = min(1.0, CELL_PX / max(background.shape[:2]))
    size_wh = max(1, round(background.shape[1] * scale)), max(1, round(background.shape[0] * scale))
    small = cv2.resize(background, size_wh, interpolation=cv2.INTER_AREA)
    glowing = overlay(small, cv2.resize(heatmap, size_wh, interpolation=cv2.INTER_AREA))
    for placement in placements:
        glowing = with_box(glowing, placement)
    cells = [(glowing, "where its foot point may be")]
    for rank, placement in enumerate(placements, start=1):
        pasted = paste(small, foreground, placement.box_cxcywh)
        share = "by hand" if placement.probability is None else f"{placement.probability:.1%}"
        cells.append((with_box(pasted, placement), f"{rank}: {share}"))
    return _grid(cells, size_wh)


def with_box(pixels: UInt8[np.ndarray, "h w 3"], placement: Placement) -> UInt8[np.ndarray, "h w 3"]:
    """Outline a place."""
    height_px, width_px = pixels.shape[:2]
    left, top, width, height = placement.box_xywh_px((width_px, height_px))
    corners = (round(left), round(top)), (round(left + width) - 1, round(top + height) - 1)
    thickness = max(1, round(max(height_px, width_px) / _PX_PER_LINE))
    return np.asarray(cv2.rectangle(np.ascontiguousarray(pixels), *corners, BOX_COLOUR, thickness))


_PX_PER_LINE = 300


def _grid(cells: Sequence[tuple[np.ndarray, str]], size_wh: tuple[int, int]) -> np.ndarray:
    width, height = size_wh[0] + GAP_PX, size_wh[1] + CAPTION_PX + GAP_PX
    columns = min(NUM_COLUMNS, len(cells))
    sheet = np.full((height * -(-len(cells) // columns), width * columns, 3), PAPER, np.uint8)
    for number, (pixels, _) in enumerate(cells):
        top, left = number // columns * height + CAPTION_PX, number % columns * width
        sheet[top : top + size_wh[1], left : left + size_wh[0]] = pixels
    drawn = Image.fromarray(sheet)
    pen, font = ImageDraw.Draw(drawn), ImageFont.load_default(size=12)
    for number, (_, caption) in enumerate(cells):
        pen.text((number % columns * width + 2, number // columns * height + 2), caption, fill=INK, font=font)
    return np.asarray(drawn)
