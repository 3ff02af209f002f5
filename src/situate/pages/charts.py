"""Charts as SVG in a page (`situate.pages.page`), whose colours they take: light and dark."""

from collections.abc import Mapping, Sequence
from html import escape

import numpy as np
from jaxtyping import Int64

WIDTH = 340
BAR_PX = 16
LABEL_PX = 116
COUNT_PX = 40
HISTOGRAM_HEIGHT = 150
MARGIN_PX = 22
NUM_BINS = 24
MAP_CELL_PX = 14
FAINTEST = 0.06


def bar_chart(title: str, counts: Mapping[str, int]) -> str:
    """Draw a bar for every name, longest first as given, with its count."""
    largest = max(counts.values())
    room = WIDTH - LABEL_PX - COUNT_PX
    bars = []
    for place, (name, count) in enumerate(counts.items()):
        middle = place * BAR_PX + BAR_PX / 2
        length = room * count / largest
        bars += [
            _text(LABEL_PX - 6, middle + 4, _shortened(name), "end"),
            _rect(LABEL_PX, middle - BAR_PX / 2 + 2, length, BAR_PX - 4, f"{name}: {count}"),
            _text(LABEL_PX + length + 5, middle + 4, str(count), "start"),
        ]
    return _figure(title, len(counts) * BAR_PX, bars)


def histogram(title: str, values: Sequence[float | int], unit: str, *, counted: str = "triples") -> str:
    """Draw how often values occur, between the smallest and the largest.

    Args:
        title: Above the chart.
        values: One of each thing.
        unit: Name of the axis.
        counted: What the things are.
    """
    low, high = min(values), max(values)
    if low == high:
        low, high = low - 0.5, high + 0.5
    counts, edges = np.histogram(values, bins=NUM_BINS, range=(low, high))
    step, top, bottom = (WIDTH - 2 * MARGIN_PX) / NUM_BINS, 14, HISTOGRAM_HEIGHT - 34
    parts = [_text(MARGIN_PX, 10, f"{counts.max()} {counted}", "start")]
    for place, count in enumerate(counts.tolist()):
        height = (bottom - top) * count / max(int(counts.max()), 1)
        text = f"{_number(edges[place])} to {_number(edges[place + 1])}: {count}"
        parts.append(_rect(MARGIN_PX + place * step + 0.5, bottom - height, step - 1, height, text))
    parts.append(f'<line class="axis" x1="{MARGIN_PX}" x2="{WIDTH - MARGIN_PX}" y1="{bottom}" y2="{bottom}"/>')
    for share, anchor in ((0.0, "start"), (0.5, "middle"), (1.0, "end")):
        x = MARGIN_PX + share * (WIDTH - 2 * MARGIN_PX)
        parts.append(_text(x, bottom + 14, _number(low + share * (high - low)), anchor))
    parts.append(_text(WIDTH / 2, bottom + 29, unit, "middle"))
    return _figure(title, HISTOGRAM_HEIGHT, parts)


def heat_map(title: str, counts: Int64[np.ndarray, "gh gw"], note: str) -> str:
    """Draw a picture's cells, the stronger the more often, with the largest count named."""
    rows, columns = counts.shape
    left, top = (WIDTH - columns * MAP_CELL_PX) / 2, 4
    largest = max(int(counts.max()), 1)
    parts = [
        f'<rect class="axis" fill="none" x="{left}" y="{top}" width="{columns * MAP_CELL_PX}" '
        f'height="{rows * MAP_CELL_PX}"/>'
    ]
    for row, column in np.argwhere(counts > 0).tolist():
        count = int(counts[row, column])
        strength = FAINTEST + (1 - FAINTEST) * count / largest
        x, y = left + column * MAP_CELL_PX, top + row * MAP_CELL_PX
        parts.append(_rect(x, y, MAP_CELL_PX, MAP_CELL_PX, str(count), opacity=strength))
    bottom = top + rows * MAP_CELL_PX
    parts.append(_text(WIDTH / 2, bottom + 16, f"strongest: {largest} in one cell; {note}", "middle"))
    return _figure(title, bottom + 24, parts)


def chart_row(figures: Sequence[str]) -> str:
    """Put figures beside each other, as many as fit."""
    return f'<div class="columns">{"".join(figures)}</div>'


def _figure(title: str, height: float | int, parts: Sequence[str]) -> str:
    label = escape(title, quote=True)
    return (
        f'<figure style="width: min(100%, {WIDTH}px)"><h3>{escape(title)}</h3>'
        f'<svg role="img" aria-label="{label}" viewBox="0 0 {WIDTH} {height:g}">{"".join(parts)}</svg></figure>'
    )


def _rect(
    x: float | int, y: float | int, width: float | int, height: float | int, text: str, *, opacity: float = 1.0
) -> str:
    return (
        f'<rect x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height:.1f}" fill="var(--second)" '
        f'fill-opacity="{opacity:.2f}"><title>{escape(text)}</title></rect>'
    )


def _text(x: float | int, y: float | int, text: str, anchor: str) -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{escape(text)}</text>'


def _shortened(name: str, most: int = 18) -> str:
    return name if len(name) <= most else f"{name[: most - 1]}…"


def _number(value: float | int) -> str:
    return f"{value:.3g}"
