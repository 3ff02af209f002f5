"""The reliability diagram: a point and a count for each bin, at their places."""

import re

from situate.evaluation.benchmark.diagram import LEFT, SIDE, TOP, reliability_diagram

BINS = [
    {"score": 0.0, "plausible": 0.0, "share": 0.75, "num_places": 300},
    {"score": 0.5, "plausible": 1.0, "share": 0.25, "num_places": 100},
]


def test_every_bin_has_a_point_and_a_count():
    diagram = reliability_diagram(BINS)
    points = re.findall(r'<circle class="validation" cx="([\d.]+)" cy="([\d.]+)"', diagram)
    assert [tuple(map(float, point)) for point in points] == [(LEFT, TOP + SIDE), (LEFT + SIDE / 2, TOP)]
    heights = [float(height) for height in re.findall(r'<rect [^>]*height="([\d.]+)"', diagram)]
    assert abs(heights[0] - 3 * heights[1]) < 0.2
    assert ">300</text>" in diagram
    assert ">100</text>" in diagram


def test_a_score_of_one_stays_in_the_last_bin():
    (bar,) = re.findall(r'<rect x="([\d.]+)"', reliability_diagram([{**BINS[1], "score": 1.0}]))
    assert LEFT < float(bar) < LEFT + SIDE
