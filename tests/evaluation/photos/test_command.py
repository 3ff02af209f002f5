"""`situate evaluate --suite photos` from the shell."""

import json
from dataclasses import replace

import pytest
from tests.pipeline.models import publish_untrained
from tests.synthetic import synthetic_triple, write_synthetic_set

from situate.cli.app import main
from situate.data.writer import TripleWriter

METHODS = ["truth", "random", "prior", "class-prior", "model"]


@pytest.fixture(scope="module")
def model_folder(tmp_path_factory):
    return publish_untrained(tmp_path_factory.mktemp("model") / "model")


@pytest.fixture(scope="module")
def data_folder(tmp_path_factory):
    """Photographs of two kinds, and one of a third."""
    folder = tmp_path_factory.mktemp("data") / "set"
    kinds = ["ball", "cup"] * 12 + ["rare"]
    with TripleWriter(folder) as writer:
        for number, kind in enumerate(kinds):
            writer.write(replace(synthetic_triple(number), source="photos", kind=kind))
        writer.finish({"source": "photos"})
    return folder


def no_constants(name):
    raise AssertionError(f"{name} is no JSON")


def test_tables_are_printed_and_json_and_a_page_are_written(model_folder, data_folder, tmp_path, capsys):
    json_path, page_path = tmp_path / "figures.json", tmp_path / "page.html"
    words = ["evaluate", str(model_folder), "--suite", "photos", "--data", str(data_folder)]
    assert main([*words, "--json", str(json_path), "--report", str(page_path)]) == 0
    printed = capsys.readouterr().out
    assert "the other half of the groups" in printed
    assert "true cell in the top tenth" in printed
    result = json.loads(json_path.read_text(), parse_constant=no_constants)
    assert (result["suite"], result["num_triples"], result["num_groups"]) == ("photos", 25, 13)
    assert list(result["methods"]) == METHODS
    assert result["methods"]["truth"]["top_tenth"]["value"] == 1
    assert list(result["kinds"]) == ["ball", "cup"]
    page = page_path.read_text()
    assert page.count("<img") == 25 * 3
    assert "drawn by the seed" in page
    assert "http" not in page


def test_priors_of_several_folders_are_counted_together(model_folder, data_folder, tmp_path):
    others = [str(write_synthetic_set(tmp_path / name, 8)) for name in ("one", "two")]
    words = ["evaluate", str(model_folder), "--suite", "photos", "--data", str(data_folder), "--limit", "6"]
    results = []
    for folders in (others, others[:1]):
        path = tmp_path / "figures.json"
        assert main([*words, "--prior-data", *folders, "--json", str(path)]) == 0
        results.append(json.loads(path.read_text()))
    both, first = results
    assert both["num_triples"] == 6
    assert both["prior_data"] == ", ".join(others)
    # Sixteen balls have a prior of their own, eight have none; no cup was seen.
    assert 0 < both["num_with_own_prior"] < 6
    assert first["num_with_own_prior"] == 0
    assert first["methods"]["class-prior"]["cell_nats"] == first["methods"]["prior"]["cell_nats"]


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (["--no-render"], "are for --suite scenes"),
        (["--test-set", "worlds"], "are for --suite scenes"),
        (["--split", "validation"], "--split validation is for --suite triples"),
        (["--inpaint", "telea"], "--inpaint is for --suite leak"),
        (["--steps", "8"], "makes no pictures"),
        (["--num-workers", "2"], "makes no pictures"),
        (["--limit", "0"], "at least 1"),
        (["--prior-data", "nowhere"], "nowhere"),
        (["--report", "page.pdf"], ".html"),
    ],
)
def test_wrong_options_are_refused(words, complaint, model_folder, data_folder, capsys):
    assert main(["evaluate", str(model_folder), "--suite", "photos", "--data", str(data_folder), *words]) == 2
    assert complaint in capsys.readouterr().err


def test_data_that_says_nothing_is_refused(model_folder, data_folder, tmp_path, capsys):
    words = ["evaluate", str(model_folder), "--suite", "photos"]
    assert main(words) == 2
    assert "pass --data FOLDER" in capsys.readouterr().err
    one_group = write_synthetic_set(tmp_path / "small", 2)
    assert main([*words, "--data", str(one_group)]) == 2
    assert "1 group is too few" in capsys.readouterr().err
    assert main([*words, "--data", str(data_folder), "--prior-data", str(data_folder)]) == 2
    assert "would know the answers" in capsys.readouterr().err


def test_the_other_suites_take_one_folder_of_prior_data(model_folder, data_folder, tmp_path, capsys):
    words = ["evaluate", str(model_folder), "--data", str(data_folder), "--prior-data", str(data_folder), str(tmp_path)]
    for suite in ("triples", "scenes"):
        assert main([*words, "--suite", suite]) == 2
        assert "2 folders were given as --prior-data" in capsys.readouterr().err
