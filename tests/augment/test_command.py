"""`situate augment` from the shell: what it prints, and everything that cannot be used."""

import json

import pytest
from PIL import Image
from tests.augment.made import write_cutouts, write_data_set
from tests.pipeline.models import publish_untrained

from situate.cli.app import main


@pytest.fixture
def augment(data, cutouts, model, tmp_path):
    def call(*options: str, annotations=None, images=None, objects=None, folder=None) -> int:
        words = [annotations or data / "instances.json", images or data / "images", objects or cutouts]
        small = {"--device": "cpu", "--num-workers": "1", "--steps": "1", "--min-side": "2", "--model": str(model)}
        added = [word for option in small.items() if option[0] not in options for word in option]
        return main(["augment", *map(str, words), str(folder or tmp_path / "out"), *added, *options])

    return call


def test_it_says_what_was_made_and_exits_with_0(augment, tmp_path, capsys):
    assert augment("--total", "2") == 0
    out = capsys.readouterr().out
    assert "6 as they were, 2 new of 2 planned" in out
    assert (tmp_path / "out" / "report.html").read_text().startswith("<!doctype html>")


def test_the_help_says_what_each_option_is(capsys):
    assert main(["augment", "--help"]) == 0
    words = " ".join(capsys.readouterr().out.split())
    assert "Lift rare classes" in words
    assert "What it shall do" not in words


def test_a_dry_run_prints_the_plan_and_writes_nothing(augment, tmp_path, capsys):
    assert augment("--per-class", "box=3", "--per-class", "ball=1", "--objects", "1,2", "--dry-run") == 0
    out = capsys.readouterr().out
    assert "box           6 objects + 3 of 2 cut-outs" in out
    assert "nothing was written" in out
    assert not (tmp_path / "out").exists()


def test_a_yaml_file_holds_options_and_the_command_line_goes_first(augment, tmp_path, capsys):
    (tmp_path / "options.yaml").write_text("total: 5\nseed: 3\nsizes: {ball: {max_size: 30%}}\n")
    assert augment("--config", str(tmp_path / "options.yaml"), "--total", "2") == 0
    plan = json.loads((tmp_path / "out" / "plan.json").read_text())
    assert (plan["config"]["total"], plan["config"]["seed"]) == (2, 3)
    assert plan["config"]["sizes"]["ball"]["max_size"] == "30%"


def test_how_many_is_said_by_the_command_line_alone_if_it_says_so(augment, tmp_path):
    (tmp_path / "options.yaml").write_text("per_class: {ball: 3}\n")
    assert augment("--config", str(tmp_path / "options.yaml"), "--total", "2") == 0
    plan = json.loads((tmp_path / "out" / "plan.json").read_text())
    assert (plan["config"]["total"], plan["config"]["per_class"]) == (2, {})


def test_what_the_gate_rejects_is_counted_and_is_no_error(augment, tmp_path, capsys):
    assert augment("--min-side", "60") == 0
    assert "too_small" in capsys.readouterr().out
    report = json.loads((tmp_path / "out" / "report.json").read_text())["report"]
    assert report["num_new"] == 0
    assert report["rejected"] == {"too_small": 18}
    assert report["num_left_out"] == 6
    assert "too_small" in (tmp_path / "out" / "report.html").read_text()


def test_an_unreadable_picture_is_listed_and_the_exit_code_is_1(augment, tmp_path, capsys):
    data = write_data_set(tmp_path / "data")
    (data / "images" / "03.png").write_bytes(b"nothing")
    assert augment(annotations=data / "instances.json", images=data / "images") == 1
    assert "unusable        1" in capsys.readouterr().out
    (line,) = (tmp_path / "out" / "errors.jsonl").read_text().splitlines()
    assert json.loads(line)["file"] == "03.png"


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--per-class", "cone=3"], "per_class names 'cone'; there are 'ball', 'box'"),
        (["--per-class", "cone"], "is not NAME=NUMBER"),
        (["--kind", "cone"], "kinds names 'cone'"),
        (["--objects", "3,1"], "objects is 3 to 1"),
        (["--objects", "many"], "is no number"),
        (["--total", "2", "--per-image", "1"], "pass one of them"),
        (["--min-size", "large"], "is no size"),
        (["--config", "missing.yaml"], "missing.yaml cannot be read"),
        (["--place", "random", "--keep-clear"], "random places know no"),
        (["--num-workers", "0"], "num_workers is 0"),
        (["--min-visible", "2"], "min_visible"),
        (["--input-format", "yolo"], "names"),  # a COCO file that is said to be something else
        (["--resume", "--overwrite"], "choose one"),
    ],
)
def test_options_that_cannot_be_used_end_with_2_and_nothing_written(augment, options, message, tmp_path, capsys):
    assert augment(*options) == 2
    assert message in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_cutouts_that_cannot_be_used(augment, tmp_path, capsys):
    empty, loose, opaque = tmp_path / "empty", tmp_path / "loose", tmp_path / "opaque"
    for folder in (empty, loose, opaque / "ball"):
        folder.mkdir(parents=True)
    for path in (loose / "a.png", opaque / "ball" / "a.png"):
        Image.new("RGB", (8, 8)).save(path)
    for folder, message in (
        (tmp_path / "nowhere", "is not a folder"),
        (empty, "holds no cut-outs"),
        (loose, "a.png in no folder"),
        (opaque, "none of the 1 pictures"),
        (write_cutouts(tmp_path / "other", {"cone": 1}), "class 'cone', which the data set does not have"),
    ):
        assert augment(objects=folder) == 2
        assert message in capsys.readouterr().err
        assert not (tmp_path / "out").exists()


def test_a_model_that_cannot_be_told_a_place_is_refused(augment, tmp_path, capsys):
    literal = publish_untrained(tmp_path / "literal", "literal")
    assert augment("--model", str(literal)) == 2
    assert "literal" in capsys.readouterr().err
