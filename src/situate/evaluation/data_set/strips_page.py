"""One page with triples to look at, a row each."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from jaxtyping import UInt8

from situate.data.contact_sheet import TITLES, cells_of
from situate.pages.page import heading, page, paragraph, picture, picture_table
from situate.records.triple import Triple


def strips_page(name: str, triples: Sequence[Triple], lines: Sequence[str], *, cell_px: int = 160) -> str:
    """Return the HTML of a page that needs nothing but itself.

    Args:
        name: Of the data set.
        triples: What is shown, a row each.
        lines: What is said above.
        cell_px: Side of the square that each picture is fitted into.
    """
    rows = [[caption(triple), *_pictures(triple, cell_px)] for triple in triples]
    sections = [
        heading(f"Data set {name}", 1),
        *(paragraph(line, is_soft=True) for line in lines),
        picture_table(("triple", *TITLES), rows),
    ]
    return page(f"Data set {name}", sections)


def caption(triple: Triple) -> str:
    """Return key, kind, group, size and quality of a triple, as HTML."""
    height_px, width_px = triple.background.shape[:2]
    _, _, width, height = triple.box_cxcywh
    lines = [
        triple.key,
        f"{triple.kind} ({triple.source})",
        f"group {triple.group}",
        f"{width * width_px:.0f} x {height * height_px:.0f} of {width_px} x {height_px} px",
    ]
    if triple.quality is not None:
        lines.append(f"quality {triple.quality:.2f}")
    return "".join(paragraph(line, is_soft=number > 0) for number, line in enumerate(lines))


def _pictures(triple: Triple, cell_px: int) -> list[str]:
    height, width = triple.background.shape[:2]
    shown = replace(triple, foreground=padded_to(triple.foreground, height / width))
    return [picture(cell, is_lossless=False) for cell in cells_of(shown, cell_px)]


def padded_to(foreground: UInt8[np.ndarray, "fh fw 4"], aspect: float) -> UInt8[np.ndarray, "ph pw 4"]:
    """Put empty pixels around a foreground, so that its height over its width is about `aspect`."""
    height, width = foreground.shape[:2]
    missing_hw = max(0, round(width * aspect) - height), max(0, round(height / aspect) - width)
    around = [(missing // 2, missing - missing // 2) for missing in missing_hw]
    return np.pad(foreground, [*around, (0, 0)])
