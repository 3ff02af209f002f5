"""Triples side by side on one picture, for people to look at."""

from collections.abc import Sequence

import cv2
import numpy as np
from jaxtyping import UInt8
from PIL import Image, ImageDraw, ImageFont

from situate.errors import InputError
from situate.records.triple import Triple

TITLES = ("foreground", "background", "composite", "visible", "effect")
HEADER_PX = 16
GAP_PX = 4
PAPER = (24, 24, 28)
INK = (210, 210, 210)
CHECKER = (150, 105)
CHECKER_SQUARES = 12
HOLE_COLOUR = (255, 60, 60)
DECOY_COLOUR = (60, 160, 255)
BOX_COLOUR = (60, 230, 255)
PLACE_COLOUR = (255, 190, 60)
MIN_CELL_PX = 32


def contact_sheet(triples: Sequence[Triple], *, columns: int = 2, cell_px: int = 160) -> UInt8[np.ndarray, "h w 3"]:
    """Draw one strip of five pictures for every triple.

    A strip shows the foreground on a checker, the background with its hole outlined in red and its decoys in blue, the
    composite with the box drawn (and in orange where the object could stand as well, where that is known), the visible
    alpha and the effect; above it key, kind and, where known, the quality.

    Args:
        triples: What to draw, row by row.
        columns: Strips beside each other.
        cell_px: Side of the square that each picture is fitted into.

    Raises:
        InputError: If there is nothing to draw, or `columns` or `cell_px` is too small.
    """
    if not triples:
        raise InputError("there are 0 triples to draw; pass at least 1")
    if columns < 1 or cell_px < MIN_CELL_PX:
        raise InputError(f"{columns} columns of {cell_px} px cannot be drawn; pass at least 1 and {MIN_CELL_PX} px")
    columns = min(columns, len(triples))
    strips = [_strip(triple, cell_px) for triple in triples]
    height, width = strips[0].shape[0] + GAP_PX, strips[0].shape[1] + 2 * GAP_PX
    sheet = np.full((height * -(-len(strips) // columns), width * columns, 3), PAPER, np.uint8)
    for place, strip in enumerate(strips):
        top, left = place // columns * height, place % columns * width
        sheet[top : top + strip.shape[0], left : left + strip.shape[1]] = strip
    return sheet


def on_checker(foreground: UInt8[np.ndarray, "h w 4"]) -> UInt8[np.ndarray, "h w 3"]:
    """Show transparency as squares, as image editors do."""
    height, width = foreground.shape[:2]
    side = max(2, max(height, width) // CHECKER_SQUARES)
    is_light = (np.arange(height)[:, None] // side + np.arange(width) // side) % 2 == 0
    squares = np.where(is_light, *CHECKER)[..., None]
    alpha = foreground[..., 3:].astype(np.float32) / 255
    return np.round(foreground[..., :3] * alpha + squares * (1 - alpha)).astype(np.uint8)


def cells_of(triple: Triple, cell_px: int) -> tuple[UInt8[np.ndarray, "_ _ 3"], ...]:
    """Return the five pictures of a strip, named in `TITLES`, each fitted into a square of `cell_px`."""
    return (
        _fitted(on_checker(triple.foreground), cell_px),
        _outlined(triple, cell_px),
        _boxed(triple, cell_px),
        _fitted(np.dstack([triple.visible_alpha] * 3), cell_px),
        _fitted(np.dstack([triple.effect] * 3), cell_px),
    )


def _strip(triple: Triple, cell_px: int) -> np.ndarray:
    cells = cells_of(triple, cell_px)
    width = len(cells) * (cell_px + GAP_PX)
    strip = np.full((HEADER_PX + cell_px, width, 3), PAPER, np.uint8)
    strip[:HEADER_PX] = _header(triple, cell_px, width)
    for place, cell in enumerate(cells):
        left = place * (cell_px + GAP_PX)
        strip[HEADER_PX : HEADER_PX + cell.shape[0], left : left + cell.shape[1]] = cell
    return strip


def _header(triple: Triple, cell_px: int, width: int) -> np.ndarray:
    header = Image.new("RGB", (width, HEADER_PX), PAPER)
    pen = ImageDraw.Draw(header)
    font = ImageFont.load_default(size=11)
    kind = triple.kind if triple.quality is None else f"{triple.kind} ({triple.quality:.2f})"
    for place, label in enumerate((kind, *TITLES[1:-1], f"{TITLES[-1]} of {triple.key}")):
        pen.text((place * (cell_px + GAP_PX) + 2, 1), label, fill=INK, font=font)
    return np.asarray(header)


def _fitted(pixels: np.ndarray, cell_px: int) -> np.ndarray:
    height, width = pixels.shape[:2]
    scale = cell_px / max(height, width)
    size_wh = max(1, round(width * scale)), max(1, round(height * scale))
    return cv2.resize(pixels, size_wh, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_NEAREST)


def _outlined(triple: Triple, cell_px: int) -> np.ndarray:
    cell = np.ascontiguousarray(_fitted(triple.background, cell_px))
    for mask, colour in ((triple.hole, HOLE_COLOUR), (255 * triple.decoy_mask.view(np.uint8), DECOY_COLOUR)):
        shown = (_fitted(mask, cell_px) > 127).astype(np.uint8)
        outlines, _ = cv2.findContours(shown, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
        cell = cv2.drawContours(cell, outlines, -1, colour, 1)
    return cell


def _boxed(triple: Triple, cell_px: int) -> np.ndarray:
    cell = np.ascontiguousarray(_fitted(triple.composite, cell_px))
    for place in () if triple.places is None else triple.places.tolist():
        cell = _with_box(cell, place, PLACE_COLOUR)
    return _with_box(cell, triple.box_cxcywh, BOX_COLOUR)


def _with_box(cell: np.ndarray, box_cxcywh: Sequence[float], colour: tuple[int, int, int]) -> np.ndarray:
    height, width = cell.shape[:2]
    centre_x, centre_y, box_width, box_height = box_cxcywh
    left, right = (round((centre_x + sign * box_width / 2) * width) for sign in (-1, 1))
    top, bottom = (round((centre_y + sign * box_height / 2) * height) for sign in (-1, 1))
    return cv2.rectangle(cell, (left, top), (right - 1, bottom - 1), colour, 1)
