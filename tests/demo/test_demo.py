"""The whole demo in small: renders, trains, composes, measures, reports."""

import json
import math
import re
import sys
from importlib.util import find_spec

import pytest

from situate.cli.app import main

SMALL = ["--recipe", "debug", "--num-held-out", "6", "--num-shown", "2"]
WORDS = [*SMALL, "--data", "primitives", "--num-triples", "24", "--size", "48"]


@pytest.fixture(scope="module")
def demo_folder(tmp_path_factory):
    if find_spec("mitsuba") is None:
        pytest.skip("rendering needs mitsuba")
    folder = tmp_path_factory.mktemp("demo") / "out"
    assert main(["demo", "--out", str(folder), *WORDS]) == 0
    return folder


def numbers_in(value) -> list[float]:
    if isinstance(value, dict):
        return [number for part in value.values() for number in numbers_in(part)]
    if isinstance(value, list):
        return [number for part in value for number in numbers_in(part)]
    return [value] if isinstance(value, int | float) else []


def test_every_number_is_finite(demo_folder):
    numbers = numbers_in(json.loads((demo_folder / "demo.json").read_text()))
    assert len(numbers) > 50
    assert all(math.isfinite(number) for number in numbers)


def test_the_numbers_say_what_was_done(demo_folder):
    result = json.loads((demo_folder / "demo.json").read_text())
    assert result["config"]["num_triples"] == 24
    assert len(result["scenes"]) == 2
    assert len(result["photographs"]) == 8
    assert result["training"]["converged"] in (True, False)
    assert set(result["times_s"]) == {"rendering", "training", "composing", "measuring"}
    for name in ("trained", "shipped"):
        figures = result[name]
        assert figures is None or figures["synthesis"]["4"]["num_pixels_changed_outside_effect"] == 0


def test_the_report_has_all_sections(demo_folder):
    report = (demo_folder / "report.html").read_text()
    titles = re.findall(r"<h2>(.*?)</h2>", report)
    assert titles == ["Held-out scenes", "Photographs", "Training", "Numbers", "Times and machine"]
    assert report.count("<img") >= 2 * 6 + 8 * 4
    assert report.count("<svg") == 3


def test_the_report_needs_no_network(demo_folder):
    report = (demo_folder / "report.html").read_text()
    sources = re.findall(r'(?:src|href)="([^"]{0,20})', report)
    assert sources
    assert all(source.startswith("data:image/") for source in sources)
    assert "http" not in re.sub(r'"data:[^"]*"', "", report)
    assert "@import" not in report
    assert len(report) < 8e6


def test_a_second_demo_in_the_same_folder_is_refused(demo_folder, capsys):
    assert main(["demo", "--out", str(demo_folder), *WORDS]) == 2
    assert "--overwrite" in capsys.readouterr().err
    assert (demo_folder / "report.html").exists()


def test_by_default_it_trains_on_the_starter_set_and_renders_nothing(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "mitsuba", None)
    assert main(["demo", "--out", str(tmp_path), *SMALL]) == 0
    result = json.loads((tmp_path / "demo.json").read_text())
    assert set(result["times_s"]) == {"training", "composing", "measuring"}
    assert result["training"]["num_triples"] == 1248
    assert result["trained"]["num_triples"] == 6
    assert {path.name for path in tmp_path.iterdir()} == {"run", "report.html", "demo.json"}
    assert "starter set of rendered scenes (1248 triples)" in (tmp_path / "report.html").read_text()
