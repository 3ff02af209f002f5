"""The reliability diagram as SVG in a page (`situate.pages.page`), whose colours it takes."""

from collections.abc import Mapping, Sequence

from situate.evaluation.benchmark.score import NUM_BINS

WIDTH, SIDE = 340, 260
LEFT, TOP = 46, 10
RIGHT, BOTTOM = LEFT + SIDE, TOP + SIDE
COUNT_TOP, COUNT_HEIGHT = 300, 46
HEIGHT = 386
NUM_TICKS = 5
TITLE = "Reliability: how often places are plausible to which the model gives a score"


def reliability_diagram(bins: Sequence[Mapping[str, float | int]]) -> str:
    """Draw the share that is plausible against the score, and below it how many places there are in each bin.

    Args:
        bins: Of `score.reliability`; the line of a perfect score is the diagonal.
    """
    points = [(_x(row["score"]), _y(row["plausible"])) for row in bins]
    path = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
    parts = [
        *_axes(),
        f'<line class="train" x1="{LEFT}" y1="{BOTTOM}" x2="{RIGHT}" y2="{TOP}" stroke-dasharray="4 4"/>',
        f'<polyline class="validation" points="{path}"/>',
        *(_point(row, x, y) for row, (x, y) in zip(bins, points, strict=True)),
        *_counts(bins),
    ]
    return (
        f'<figure style="width: min(100%, {WIDTH}px)"><svg role="img" aria-label="{TITLE}" '
        f'viewBox="0 0 {WIDTH} {HEIGHT}">{"".join(parts)}</svg><figcaption>{TITLE}; dashed: a perfect score. Below: '
        "number of places by score.</figcaption></figure>"
    )


def _x(share: float) -> float:
    return LEFT + share * SIDE


def _y(share: float) -> float:
    return TOP + (1 - share) * SIDE


def _axes() -> list[str]:
    parts = []
    for tick in range(NUM_TICKS + 1):
        share = tick / NUM_TICKS
        x, y, text = _x(share), _y(share), f"{100 * share:.0f}"
        parts += [
            f'<line class="axis" x1="{LEFT}" x2="{RIGHT}" y1="{y}" y2="{y}"/>',
            _text(LEFT - 6, y + 4, text, "end"),
            f'<line class="axis" x1="{x}" x2="{x}" y1="{BOTTOM}" y2="{TOP}"/>',
            _text(x, BOTTOM + 14, text, "middle"),
        ]
    turned = f'transform="rotate(-90 11 {_y(0.5)})"'
    return [*parts, _text(11, _y(0.5), "plausible (%)", "middle", turned), _text(_x(0.5), HEIGHT - 4, "score (%)")]


def _counts(bins: Sequence[Mapping[str, float | int]]) -> list[str]:
    """A bar for each bin."""
    most, bottom = max(row["num_places"] for row in bins), COUNT_TOP + 14 + COUNT_HEIGHT
    parts = [f'<line class="axis" x1="{LEFT}" x2="{RIGHT}" y1="{bottom}" y2="{bottom}"/>']
    for row in bins:
        height = COUNT_HEIGHT * row["num_places"] / most
        x = _x((min(int(row["score"] * NUM_BINS), NUM_BINS - 1) + 0.5) / NUM_BINS)
        parts += [
            f'<rect x="{x - 8:.1f}" y="{bottom - height:.1f}" width="16" height="{height:.1f}" fill="var(--second)"/>',
            _text(x, bottom - height - 3, str(row["num_places"]), more='style="font-size: 9px"'),
        ]
    return parts


def _point(row: Mapping[str, float | int], x: float, y: float) -> str:
    told = f"score {100 * row['score']:.1f} %, plausible {100 * row['plausible']:.1f} %, {row['num_places']} places"
    return f'<circle class="validation" cx="{x:.1f}" cy="{y:.1f}" r="3.5"><title>{told}</title></circle>'


def _text(x: float | int, y: float | int, text: str, anchor: str = "middle", more: str = "") -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" {more}>{text}</text>'
