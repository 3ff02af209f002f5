"""`situate place` prints ranked boxes and draws the heat map."""

import json

import pytest
from PIL import Image
from tests.pipeline.models import cutout, publish_untrained, scene

from situate.cli.app import main
from situate.imageio.read import read_picture
from situate.pipeline.composer import Composer


@pytest.fixture(scope="module")
def words(tmp_path_factory):
    folder = tmp_path_factory.mktemp("place")
    Image.fromarray(scene()).save(folder / "scene.png")
    Image.fromarray(cutout()).save(folder / "cutout.png")
    model = publish_untrained(folder / "model")
    return ["place", str(folder / "scene.png"), str(folder / "cutout.png"), "--model", str(model), "--device", "cpu"]


def test_ranked_boxes_are_printed_as_json(words, capsys):
    assert main([*words, "--top-k", "3"]) == 0
    entries = json.loads(capsys.readouterr().out)
    placements = Composer.from_pretrained(words[4], device="cpu").place(scene(), cutout(), top_k=3).placements
    assert [entry["probability"] for entry in entries] == [round(place.probability or 0, 6) for place in placements]
    for entry, placement in zip(entries, placements, strict=True):
        assert set(entry) == {"box_xywh_px", "probability", "score"}
        assert entry["box_xywh_px"] == pytest.approx(placement.box_xywh_px((96, 64)), abs=0.01)
        assert entry["score"] is None


def test_json_and_heat_map_are_written_where_asked(words, tmp_path, capsys):
    json_path, heatmap = tmp_path / "places.json", tmp_path / "heat.png"
    assert main([*words, "--json", str(json_path), "--heatmap", str(heatmap)]) == 0
    assert capsys.readouterr().out == ""
    assert 1 <= len(json.loads(json_path.read_text())) <= 5
    assert read_picture(heatmap).pixels.shape == (64, 96, 3)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--top-k", "0"], "--top-k is 0"),
        (["--json", "x.png"], ".json"),  # the two options mixed up
        (["--heatmap", "x.json"], ".png"),
        (["--heatmap", "nowhere/x.png"], "make the folder"),
    ],
)
def test_an_option_that_cannot_be_used_is_named(words, capsys, monkeypatch, tmp_path, options, message):
    monkeypatch.chdir(tmp_path)
    assert main([*words, *options]) == 2
    assert message in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []
