"""`situate evaluate` from the shell."""

import json

import pytest
from tests.synthetic import write_synthetic_set

from situate.cli.app import main
from situate.pipeline.load import publish


@pytest.fixture(scope="module")
def model_folder(pipeline, tmp_path_factory):
    folder = tmp_path_factory.mktemp("model") / "model"
    publish(pipeline.placement, pipeline.synthesis, folder, card="# debug")
    return folder


@pytest.fixture(scope="module")
def data_folder(tmp_path_factory):
    return write_synthetic_set(tmp_path_factory.mktemp("data") / "set", 12)


def test_evaluate_prints_tables_and_writes_json_and_a_page(model_folder, data_folder, tmp_path, capsys):
    json_path, page_path = tmp_path / "figures.json", tmp_path / "page.html"
    words = ["evaluate", str(model_folder), "--data", str(data_folder), "--num", "6", "--steps", "1,2"]
    assert main([*words, "--json", str(json_path), "--report", str(page_path)]) == 0
    printed = capsys.readouterr().out
    assert "log-likelihood of the true cell" in printed
    assert "mean over samples" in printed
    result = json.loads(json_path.read_text())
    assert result["num_triples"] == 6
    assert result["synthesis"]["1"]["num_pixels_changed_outside_effect"] == 0
    page = page_path.read_text()
    assert "Poisson" in page
    assert "http" not in page


def test_the_validation_split_is_smaller(model_folder, data_folder, tmp_path):
    path = tmp_path / "figures.json"
    write_synthetic_set(tmp_path / "set", 60)
    words = ["evaluate", str(model_folder), "--data", str(tmp_path / "set"), "--split", "validation", "--steps", "1"]
    assert main([*words, "--prior-data", str(data_folder), "--json", str(path)]) == 0
    assert 0 < json.loads(path.read_text())["num_triples"] < 30


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (["--steps", "four"], "whole numbers"),
        (["--steps", "0"], "at least 1"),
        (["--num", "0"], "at least 1"),
        (["--report", "page.pdf"], ".html"),  # refused before any work
        (["--suite", "paintings"], "paintings"),
    ],
)
def test_wrong_options_are_refused(words, complaint, model_folder, data_folder, capsys):
    assert main(["evaluate", str(model_folder), "--data", str(data_folder), *words]) == 2
    assert complaint in capsys.readouterr().err
