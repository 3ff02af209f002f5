"""Pages about a data set: whole, escaped, and showing what they say."""

from dataclasses import replace
from html.parser import HTMLParser

import cv2
import numpy as np
import pytest
from tests.data.sets.triples import photo, scene, written

from situate.cli.app import main
from situate.data.sets.statistics import statistics_of
from situate.evaluation.data_set.statistics_page import statistics_page
from situate.evaluation.data_set.strips_page import padded_to, strips_page
from situate.pages.charts import bar_chart, heat_map, histogram

NASTY = "<script>&"


class Links(HTMLParser):
    """Collects what a page would load from elsewhere."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag, attrs):
        self.found += [
            value for name, value in attrs if name in ("src", "href") and not (value or "").startswith("data:")
        ]


class Bars(HTMLParser):
    """Collects the rectangles that have a title."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[dict, str]] = []
        self._rect: dict = {}
        self._is_title = False

    def handle_starttag(self, tag, attrs):
        self._is_title = tag == "title"
        if tag == "rect":
            self._rect = dict(attrs)

    def handle_data(self, data):
        if self._is_title:
            self.found.append((self._rect, data))
            self._is_title = False


def bars_of(figure: str) -> list[tuple[dict, str]]:
    bars = Bars()
    bars.feed(figure)
    return bars.found


def test_bars_are_as_long_as_their_counts():
    bars = bars_of(bar_chart("kinds", {"car": 8, NASTY: 2}))
    assert [text for _, text in bars] == ["car: 8", f"{NASTY}: 2"]
    assert float(bars[0][0]["width"]) == pytest.approx(4 * float(bars[1][0]["width"]))


@pytest.mark.parametrize("values", [[1.0, 1.0], [0.0, 1.0, 0.5, 0.5], list(range(1000))])
def test_a_histogram_holds_all_values(values):
    counts = [int(text.rpartition(": ")[2]) for _, text in bars_of(histogram("sizes", values, "px"))]
    assert sum(counts) == len(values)


def test_a_heat_map_is_strongest_where_most_are():
    cells = bars_of(heat_map("places", np.array([[0, 4], [1, 0]]), "0 outside"))
    assert [text for _, text in cells] == ["4", "1"]
    assert float(cells[0][0]["fill-opacity"]) == 1
    assert float(cells[0][0]["x"]) > float(cells[1][0]["x"])
    assert float(cells[0][0]["y"]) < float(cells[1][0]["y"])


def test_the_statistics_page_needs_nothing_but_itself(tmp_path):
    triples = [photo(0), photo(1, kind=NASTY), replace(photo(2), group="image-0")]
    page = statistics_page(statistics_of(written(tmp_path, triples)))
    links = Links()
    links.feed(page)
    assert links.found == []
    assert NASTY not in page
    assert "Quality of cut-outs" in page
    assert "Triples per group" in page


def test_many_kinds_are_put_together(tmp_path):
    triples = [replace(scene(number), kind=f"kind-{number}") for number in range(35)]
    assert "all others (5)" in statistics_page(statistics_of(written(tmp_path, triples)))


def test_strips_say_what_they_show():
    page = strips_page("set", [photo(0, quality=0.25, kind=NASTY), scene(1)], ["two of them"])
    assert "quality 0.25" in page
    assert "group world-1" in page
    assert "2 x 1 of 16 x 12 px" in page
    assert NASTY not in page
    assert page.count("<img") == 10


def test_padding_keeps_the_foreground_and_takes_the_aspect():
    foreground = np.full((30, 10, 4), 255, np.uint8)
    padded = padded_to(foreground, 0.75)
    assert padded.shape == (30, 40, 4)
    np.testing.assert_array_equal(padded[:, 15:25], foreground)
    assert padded[..., 3].sum() == foreground[..., 3].sum()


def test_inspect_writes_pages_and_sheets_of_the_worst_of_a_kind(tmp_path, capsys):
    triples = [photo(number, quality=number / 10, kind="bus" if number % 2 else "car") for number in range(6)]
    written(tmp_path / "set", triples)
    words = ["data", "inspect", str(tmp_path / "set"), "--worst", "--kind", "bus", "--num", "2"]
    assert main([*words, "-o", str(tmp_path / "a.html")]) == 0
    page = (tmp_path / "a.html").read_text()
    assert [key for key in (f"photo-{number}<" for number in range(6)) if key in page] == ["photo-1<", "photo-3<"]
    assert main([*words, "-o", str(tmp_path / "a.png"), "--columns", "1"]) == 0
    assert cv2.imread(str(tmp_path / "a.png")) is not None
    assert "a.png: 2 triples" in capsys.readouterr().out
    assert main([*words, "-o", str(tmp_path / "a.pdf")]) == 2
    assert main(["data", "inspect", str(tmp_path / "set"), "-o", str(tmp_path / "b.html"), "--kind", "tram"]) == 2
