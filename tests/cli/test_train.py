"""`situate train` makes a model that `situate compose` takes, and refuses what it cannot train."""

import json
import sys
from pathlib import Path

import pytest
import torch
from PIL import Image
from safetensors.torch import load_file
from tests.pipeline.models import cutout, scene
from tests.synthetic import write_synthetic_set

from situate.cli.app import main
from situate.cli.train import _folders_and_weights
from situate.errors import InputError
from situate.pipeline.model_files import shipped_model
from situate.training.config import read_config


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    return str(write_synthetic_set(tmp_path_factory.mktemp("triples"), 16))


def train(data: str | list[str], run, *options: str) -> int:
    device = [] if "--device" in options else ["--device", "cpu"]
    folders = [data] if isinstance(data, str) else data
    return main(["train", "debug", "--data", *folders, "--out", str(run), *device, *options])


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


def test_a_run_may_begin_with_a_model_and_says_where_another_is_built_differently(data, tmp_path, capsys):
    rate = ("--set", "optim.learning_rate=1e-12")
    assert train(data, tmp_path / "first", "--num-steps", "1") == 0
    model = tmp_path / "first/model"
    assert train(data, tmp_path / "next", "--num-steps", "1", "--init", str(model), "--seed", "5", *rate) == 0
    for network in ("placement", "synthesis"):
        wanted, found = (
            load_file(tmp_path / run / "model" / network / "diffusion_pytorch_model.safetensors")
            for run in ("first", "next")
        )
        assert [name for name, value in wanted.items() if not torch.allclose(found[name], value, atol=1e-6)] == []
    capsys.readouterr()
    wider = ("--set", "model.token_width=64", "model.window_channels=[16,48]")
    assert train(data, tmp_path / "other", "--init", str(model), *wider) == 2
    message = capsys.readouterr().err
    assert "placement.width is 32, the recipe has 64" in message
    assert "synthesis.channels is [16, 32], the recipe has (16, 48)" in message
    assert message.count("the recipe has") == 3, "width and token_width are told, and nothing that is the same"
    assert train(data, tmp_path / "none", "--init", str(tmp_path)) == 2
    assert not (tmp_path / "other").exists()


def test_small_goes_on_from_the_weights_that_ship(data, tmp_path):
    budget = ("--num-steps", "1", "--batch-size", "2")
    still = ("--init", "shipped", "--set", "max_validation=2", "optim.learning_rate=1e-12")
    assert main(["train", "small", "--data", str(data), "--out", str(tmp_path / "run"), *budget, *still]) == 0
    for network in ("placement", "synthesis"):
        before, after = (
            load_file(folder / network / "diffusion_pytorch_model.safetensors")
            for folder in (shipped_model(), tmp_path / "run/model")
        )
        assert [
            name for name, value in before.items() if not torch.allclose(after[name].float(), value.float(), atol=1e-6)
        ] == []


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


def test_folders_may_be_weighed(data, tmp_path, capsys):
    other, run = write_synthetic_set(tmp_path / "a=b", 6), tmp_path / "run"
    weighed = [f"{data}=2", f"{other}=0.5"]
    assert train(weighed, run, "--num-steps", "2", "--set", "class_balance=0.5") == 0
    assert [entry["weight"] for entry in json.loads((run / "data.json").read_text())] == [2.0, 0.5]
    assert read_config(run / "config.json").class_balance == 0.5
    capsys.readouterr()
    again = ("--num-steps", "2", "--resume", "--set")
    assert train(weighed, run, *again, "class_balance=0.5") == 0
    assert train([f"{data}=2", f"{other}=1"], run, *again, "class_balance=0.5") == 2
    assert "other data or weights" in capsys.readouterr().err
    assert train(weighed, run, *again, "class_balance=0.4") == 2
    assert "differs from the configuration" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "folders", "weights"),
    [
        (["x", "y"], ["x", "y"], None),
        (["x=2", "y=0.5"], ["x", "y"], [2.0, 0.5]),
        (["x/=2", "starter=1"], ["x", "starter"], [2.0, 1.0]),
        (["rate=3"], ["rate=3"], None),  # a folder of that very name
        (["rate=3/"], ["rate=3"], None),
        (["rate=3=4"], ["rate=3"], [4.0]),
        (["rate=3/=4"], ["rate=3"], [4.0]),
        (["x=1e3"], ["x"], [1000.0]),
        (["missing=3"], ["missing"], [3.0]),  # is refused when it is opened
    ],
)
def test_a_weight_stands_behind_the_last_equals_sign(words, folders, weights, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "rate=3").mkdir()
    assert _folders_and_weights(words) == ([Path(folder) for folder in folders], weights)


@pytest.mark.parametrize("word", ["x=0", "x=-1", "x=nan", "x=inf", "x=two", "x=", "=2", "a=b"])
def test_a_weight_that_is_none_is_named(word, tmp_path, capsys):
    assert train(word, tmp_path / "run") == 2
    assert f"error: --data {word} is no folder, and no FOLDER=WEIGHT with a finite number" in capsys.readouterr().err
    assert not (tmp_path / "run").exists()


def test_folders_that_lack_a_weight_are_named(data, tmp_path, capsys):
    assert train([f"{data}=2", "starter", "other"], tmp_path / "run") == 2
    message = "--data gives starter, other no weight, but others have one; give each folder one, such as starter=1"
    assert message in capsys.readouterr().err
    with pytest.raises(InputError, match="none of them"):
        _folders_and_weights(["x", "y=1"])


def test_an_unknown_recipe_is_named(data, tmp_path, capsys):
    assert main(["train", "huge", "--data", data, "--out", str(tmp_path / "run")]) == 2
    assert "tiny, small, literal, debug" in capsys.readouterr().err


def test_a_folder_that_is_no_data_set_is_named(tmp_path, capsys):
    assert train(str(tmp_path), tmp_path / "run") == 2
    assert "is not a data set" in capsys.readouterr().err


@pytest.mark.parametrize("module", ["accelerate", "pytorch_optimizer", "tensorboard"])
def test_without_its_extra_it_says_what_to_install(module, data, tmp_path, monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, module, None)
    assert train(data, tmp_path / "run") == 2
    assert f"{module} is not installed; install it with: pip install 'situate[train]'" in capsys.readouterr().err
    assert not (tmp_path / "run").exists()
