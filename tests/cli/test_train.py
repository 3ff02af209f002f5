"""`situate train` makes a model that `situate compose` takes, and refuses what it cannot train."""

import json
import sys

import pytest
from PIL import Image
from tests.pipeline.models import cutout, scene
from tests.synthetic import write_synthetic_set

from situate.cli.app import main
from situate.training.config import read_config


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    return str(write_synthetic_set(tmp_path_factory.mktemp("triples"), 16))


def train(data: str, run, *options: str) -> int:
    device = [] if "--device" in options else ["--device", "cpu"]
    return main(["train", "debug", "--data", data, "--out", str(run), *device, *options])


def test_training_then_composing_then_resuming(data, tmp_path, capsys):
    run = tmp_path / "run"
    assert train(data, run, "--num-steps", "2", "--set", "optim.learning_rate=0.0005", "max_validation=4") == 0
    result = json.loads(capsys.readouterr().out)
    assert result["steps"] == 2
    assert result["converged"] is False
    assert read_config(run / "config.json").optim.learning_rate == 0.0005
    Image.fromarray(scene()).save(tmp_path / "scene.png")
    Image.fromarray(cutout()).save(tmp_path / "cutout.png")
    pictures = [str(tmp_path / "scene.png"), str(tmp_path / "cutout.png")]
    assert main(["compose", *pictures, "-o", str(tmp_path / "OUT.png"), "--model", result["model"]]) == 0
    assert (tmp_path / "OUT.png").is_file()
    again = ["--num-steps", "2", "--set", "optim.learning_rate=0.0005", "max_validation=4", "--resume"]
    assert train(data, run, *again) == 0
    assert train(data, run) == 2
    assert "already holds a run; pass --resume" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--set", "speed=3"], "no field 'speed'"),
        (["--batch-size", "0"], "batch_size"),
        (["--num-workers", "-1"], "num_workers is -1"),
        (["--minutes", "0"], "minutes is 0"),
        (["--device", "abacus"], "abacus"),
        (["--resume"], "no run to resume"),
    ],
)
def test_an_option_that_cannot_be_used_is_named(data, tmp_path, capsys, options, message):
    assert train(data, tmp_path / "run", *options) == 2
    captured = capsys.readouterr()
    assert captured.err.startswith("error: ")
    assert message in captured.err
    assert not list(tmp_path.rglob("model"))


def test_an_unknown_recipe_is_named(data, tmp_path, capsys):
    assert main(["train", "huge", "--data", data, "--out", str(tmp_path / "run")]) == 2
    assert "tiny, literal, debug" in capsys.readouterr().err


def test_a_folder_that_is_no_data_set_is_named(tmp_path, capsys):
    assert train(str(tmp_path), tmp_path / "run") == 2
    assert "is not a data set" in capsys.readouterr().err


@pytest.mark.parametrize("module", ["accelerate", "pytorch_optimizer", "tensorboard"])
def test_without_its_extra_it_says_what_to_install(module, data, tmp_path, monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, module, None)
    assert train(data, tmp_path / "run") == 2
    assert f"{module} is not installed; install it with: pip install 'situate[train]'" in capsys.readouterr().err
    assert not (tmp_path / "run").exists()
