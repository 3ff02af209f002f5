"""`situate evaluate --suite composites` from the shell, on photographs, a fixed camera and rendered scenes."""

import json
from dataclasses import replace

import numpy as np
import pytest
from tests.pipeline.models import publish_untrained
from tests.synthetic import synthetic_triple, write_synthetic_set

pytest.importorskip("efficientnet_lite_pytorch")

from situate.cli.app import main
from situate.data.writer import TripleWriter

PARTS = ["photos, other light", "static, other frame", "static, other light"]
METHODS = ["truth", "model", "model, 1 steps", "copy-paste", "poisson", "reinhard", "untouched", "another object"]


@pytest.fixture(scope="module")
def model_folder(tmp_path_factory):
    return publish_untrained(tmp_path_factory.mktemp("model") / "model")


def with_shadow(triple):
    """The same with a shadow that can be seen, as far as the picture goes."""
    composite, effect = triple.composite.copy(), triple.effect.copy()
    rows, columns = np.nonzero(triple.visible_alpha)
    beside = slice(rows.max() - 3, rows.max() + 1), slice(max(columns.min() - 8, 0), columns.min())
    composite[beside] = triple.background[beside] // 4
    effect[beside] = 255
    return replace(triple, composite=composite, effect=effect)


@pytest.fixture(scope="module")
def road(tmp_path_factory):
    """A ball that a fixed camera sees in three frames, six apart: the outer ones have another frame to take it from."""
    folder = tmp_path_factory.mktemp("data") / "road"
    with TripleWriter(folder) as writer:
        for frame in (0, 6, 12):
            triple = with_shadow(replace(synthetic_triple(3), source="static", group="road"))
            writer.write(replace(triple, key=f"road-{frame:06d}-object1"))
        writer.finish({"source": "static"})
    return folder


@pytest.fixture(scope="module")
def photos(tmp_path_factory):
    folder = tmp_path_factory.mktemp("data") / "photos"
    with TripleWriter(folder) as writer:
        for number in (0, 2):
            writer.write(replace(synthetic_triple(number), source="photos"))
        writer.finish({"source": "photos"})
    return folder


def test_tables_json_and_a_page_are_written(model_folder, road, photos, tmp_path, capsys):
    json_path, page_path = tmp_path / "figures.json", tmp_path / "page.html"
    words = ["evaluate", str(model_folder), "--suite", "composites", "--data", str(road), str(photos)]
    assert main([*words, "--steps", "2,1", "--json", str(json_path), "--report", str(page_path)]) == 0
    printed = capsys.readouterr().out
    assert "model - copy-paste" in printed
    assert "photograph: the shadow's truth is not known (2)" in printed
    result = json.loads(json_path.read_text())
    assert (result["suite"], result["num_triples"], result["num_passes"]) == ("composites", 5, 1)
    assert list(result["parts"]) == PARTS
    assert [figures["num_triples"] for figures in result["parts"].values()] == [2, 2, 1]
    page = page_path.read_text()
    assert page.count("<img") == 5 * 6
    assert "http" not in page
    check_methods(result["parts"])


def check_methods(parts):
    """The truth is perfect, a paste is the background in the ring and no answer, other objects are told apart."""
    road_methods = parts["static, other frame"]["methods"]
    assert list(road_methods) == METHODS
    truth = road_methods["truth"]
    assert (truth["object_psnr_db"]["value"], truth["ring_psnr_db"]["value"]) == (60, 60)
    assert (truth["object_perceptual"]["value"], truth["ring_perceptual"]["value"]) == (0, 0)
    assert road_methods["copy-paste"]["ring_psnr_db"] == road_methods["untouched"]["ring_psnr_db"]
    photo_methods = parts["photos, other light"]["methods"]
    assert "ring_psnr_db" not in photo_methods["model"]
    # Its light was changed: the pasted foreground is not the answer.
    assert photo_methods["copy-paste"]["object_psnr_db"]["value"] <= 30
    assert photo_methods["copy-paste"]["identity"]["value"] > photo_methods["another object"]["identity"]["value"]


def test_figures_do_not_depend_on_what_else_is_evaluated(model_folder, photos, road, tmp_path):
    words = ["evaluate", str(model_folder), "--suite", "composites", "--steps", "1", "--data"]
    seen = []
    for number, folders in enumerate(([photos], [road, photos])):
        path = tmp_path / f"{number}.json"
        assert main([*words, *map(str, folders), "--json", str(path)]) == 0
        seen.append(json.loads(path.read_text())["parts"]["photos, other light"]["methods"])
    first, second = seen
    for method in ("model", "copy-paste"):
        assert first[method]["object_psnr_db"]["value"] == second[method]["object_psnr_db"]["value"]


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (["--no-render"], "are for --suite scenes"),
        (["--split", "validation"], "--split validation is for --suite triples"),
        (["--inpaint", "telea"], "--inpaint, --prior-data and --num-workers are for other suites"),
        (["--num-workers", "2"], "--inpaint, --prior-data and --num-workers are for other suites"),
        (["--steps", "0"], "at least 1"),
        (["--limit", "0"], "at least 1"),
    ],
)
def test_wrong_options_are_refused(words, complaint, model_folder, photos, capsys):
    assert main(["evaluate", str(model_folder), "--suite", "composites", "--data", str(photos), *words]) == 2
    assert complaint in capsys.readouterr().err


def test_data_that_cannot_be_composed_is_refused(model_folder, tmp_path, capsys):
    words = ["evaluate", str(model_folder), "--suite", "composites"]
    assert main(words) == 2
    assert "pass --data FOLDER" in capsys.readouterr().err
    folder = write_synthetic_set(tmp_path / "scenes", 2)
    assert main([*words, "--data", str(folder), "--steps", "1"]) == 0
    assert "scenes, as rendered" in capsys.readouterr().out
