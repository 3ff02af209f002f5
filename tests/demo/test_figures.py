"""Training curves as SVG."""

import json
import re
from xml.etree import ElementTree as ET

from situate.demo.figures import curve, training_curves


def points_of(svg: str, style: str) -> list[tuple[float, float]]:
    match = re.search(rf'<polyline class="{style}" points="([^"]*)"', svg)
    assert match is not None
    pairs = [pair.split(",") for pair in match[1].split()]
    return [(float(x), float(y)) for x, y in pairs]


def test_a_falling_loss_goes_down_and_to_the_right():
    places = points_of(curve([], [(10.0, 4.0), (20.0, 3.0), (30.0, 1.0)]), "validation")
    assert [x for x, _ in places] == sorted(x for x, _ in places)
    assert [y for _, y in places] == sorted(y for _, y in places)  # y grows downwards


def test_a_curve_is_well_formed_and_stays_inside_its_panel():
    svg = curve([(1.0, 1e6), *[(float(step), 1.0 + step / 100) for step in range(2, 40)]], [(20.0, 1.5)])
    ET.fromstring(svg)  # noqa: S314 - our own text
    for x, y in points_of(svg, "train"):
        assert 0 <= x <= 360
        assert 0 <= y <= 210


def test_one_single_point_can_be_drawn():
    assert len(points_of(curve([], [(4.0, 2.0)]), "validation")) == 1


def test_panels_come_from_the_metrics_file(tmp_path):
    values = {"cell": 3.0, "placement": 2.0, "synthesis": 1.0}
    lines = [{"step": step, "split": split, **values} for step in (1, 2) for split in ("train", "validation")]
    path = tmp_path / "metrics.jsonl"
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    assert training_curves(path).count("<svg") == 3
