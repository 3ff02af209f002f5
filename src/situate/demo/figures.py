"""Training curves as inline SVG, so that they follow the page's colours."""

import json
import math
from collections.abc import Sequence
from html import escape
from pathlib import Path

Points = Sequence[tuple[float, float]]

WIDTH, HEIGHT = 360, 210
LEFT, RIGHT, TOP, BOTTOM = 44, 10, 10, 26
NUM_TICKS = 4
PANELS = (("cell", "cell of the place, nats"), ("placement", "placement loss"), ("synthesis", "synthesis loss"))


def training_curves(metrics: Path) -> str:
    """One panel a loss: training and validation over the steps, from `metrics.jsonl`."""
    lines = [json.loads(line) for line in metrics.read_text().splitlines()]
    panels = []
    for name, title in PANELS:
        train, validation = (
            [(float(line["step"]), float(line[name])) for line in lines if line["split"] == split]
            for split in ("train", "validation")
        )
        if train or validation:
            panels.append(f"<figure>{curve(train, validation)}<figcaption>{escape(title)}</figcaption></figure>")
    return f'<div class="curves">{"".join(panels)}</div>'


def curve(train: Points, validation: Points) -> str:
    """One panel; the vertical range leaves out the first wild steps."""
    steps = [step for step, _ in (*train, *validation)]
    low, high = _range([value for _, value in train], [value for _, value in validation])
    first, last = min(steps), max(*steps, min(steps) + 1)

    def place(step: float, value: float) -> tuple[float, float]:
        x = LEFT + (step - first) / (last - first) * (WIDTH - LEFT - RIGHT)
        share = min(max((value - low) / (high - low), 0.0), 1.0)
        return round(x, 1), round(HEIGHT - BOTTOM - share * (HEIGHT - TOP - BOTTOM), 1)

    parts = [_axis(low, high, first, last)]
    for points, style in ((train, "train"), (validation, "validation")):
        places = [place(*point) for point in points]
        path = " ".join(f"{x},{y}" for x, y in places)
        parts.append(f'<polyline class="{style}" points="{path}"/>')
        if style == "validation":
            parts += [f'<circle class="{style}" cx="{x}" cy="{y}" r="2.5"/>' for x, y in places]
    return f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img">{"".join(parts)}</svg>'


def _range(train: Sequence[float], validation: Sequence[float]) -> tuple[float, float]:
    settled = sorted(train)[: max(1, math.ceil(0.95 * len(train)))] if train else []
    values = [*settled, *validation]
    low, high = min(values), max(values)
    margin = 0.05 * (high - low) or 0.5
    return low - margin, high + margin


def _axis(low: float, high: float, first: float, last: float) -> str:
    parts = []
    digits = max(0, 1 - math.floor(math.log10((high - low) / NUM_TICKS)))
    for tick in range(NUM_TICKS + 1):
        share = tick / NUM_TICKS
        y = round(HEIGHT - BOTTOM - share * (HEIGHT - TOP - BOTTOM), 1)
        value = low + share * (high - low)
        parts.append(f'<line class="axis" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y}" y2="{y}"/>')
        parts.append(f'<text x="{LEFT - 6}" y="{y + 4}" text-anchor="end">{value:.{digits}f}</text>')
    parts.append(f'<text x="{LEFT}" y="{HEIGHT - 8}">step {first:g}</text>')
    parts.append(f'<text x="{WIDTH - RIGHT}" y="{HEIGHT - 8}" text-anchor="end">{last:g}</text>')
    return "".join(parts)
