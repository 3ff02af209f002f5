"""Whole runs of the debug recipe: resumed, interrupted, broken, refused."""

import json
import math
import shutil
import signal
from dataclasses import replace

import numpy as np
import pytest
import torch
from safetensors.torch import load_file
from tests.synthetic import synthetic_triple, write_synthetic_set

from situate.cli.app import main
from situate.data.loader import TrainingSet
from situate.data.store import TripleStore
from situate.data.writer import TripleWriter
from situate.errors import ConfigError, DataError, ModelFileError, NonFiniteLossError, OutputError
from situate.pipeline.composer import Composer
from situate.pipeline.load import load_pipeline
from situate.recipes import RECIPES, debug, recipe_named
from situate.training import loop, run
from situate.training.folder import check_same_data, data_identity
from situate.training.run import train


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    return write_synthetic_set(tmp_path_factory.mktemp("triples"), 16)


@pytest.fixture(scope="module")
def finished(data, tmp_path_factory):
    """A run of 4 steps in one go."""
    folder = tmp_path_factory.mktemp("runs") / "finished"
    return folder, train(debug(), [data], folder, device="cpu")


def assert_same_state(first, second, step: int) -> None:
    name = f"checkpoints/step-{step:08d}"
    for file in ("model.safetensors", "ema.safetensors"):
        wanted, found = load_file(first / name / file), load_file(second / name / file)
        assert wanted.keys() == found.keys()
        assert [key for key, value in wanted.items() if not torch.equal(value, found[key])] == []
    wanted, found = (
        torch.load(folder / name / "optimizer.pt", weights_only=True)["state"] for folder in (first, second)
    )
    assert wanted.keys() == found.keys()
    for number, moments in wanted.items():
        assert all(torch.equal(value, found[number][key]) for key, value in moments.items())
    wanted, found = (json.loads((folder / name / "state.json").read_text()) for folder in (first, second))
    assert wanted.pop("seconds") > 0
    assert found.pop("seconds") > 0
    assert wanted == found


def before_step(monkeypatch, number: int, action) -> None:
    """Call `action(state, batch)` before step `number`; what it returns is trained on."""
    step = loop.train_step

    def acting_step(state, batch):
        return step(state, action(batch) if state.step == number else batch)

    monkeypatch.setattr(loop, "train_step", acting_step)


def press_ctrl_c(batch):
    signal.raise_signal(signal.SIGINT)
    return batch


def test_a_run_leaves_what_its_folder_promises(finished):
    folder, result = finished
    names = {path.name for path in folder.iterdir()}
    assert {"config.json", "metrics.jsonl", "samples", "checkpoints", "model", "result.json"} <= names
    assert any(name.startswith("events.out.tfevents") for name in names)
    assert not list(folder.rglob("*.partial"))
    record = json.loads((folder / "result.json").read_text())
    assert record["converged"] is result.converged is False
    assert "step budget ended" in record["reason"]
    assert 1 <= record["published_step"] <= record["step"]
    assert result.step == 4
    splits = [json.loads(line)["split"] for line in (folder / "metrics.jsonl").read_text().splitlines()]
    assert splits.count("validation") == 2
    assert load_pipeline(result.model_folder).conditioning == "pasted"
    assert [path.name for path in (folder / "samples").iterdir()] == ["step-00000004.png"]


def test_the_published_model_holds_the_averaged_weights(finished):
    folder, result = finished
    averaged = load_file(folder / "checkpoints/step-00000004/ema.safetensors")
    published = [
        value
        for name in ("placement", "synthesis")
        for value in load_file(result.model_folder / name / "diffusion_pytorch_model.safetensors").values()
    ]
    found = {tuple(value.flatten().tolist()) for value in published if value.numel() < 100}
    wanted = {tuple(value.flatten().tolist()) for value in averaged.values() if value.numel() < 100}
    assert wanted <= found


def test_four_steps_are_two_and_a_resume_of_two_bit_for_bit(finished, data, tmp_path, monkeypatch):
    folder = tmp_path / "run"
    with monkeypatch.context() as patch:
        before_step(patch, 1, press_ctrl_c)
        halfway = train(debug(), [data], folder, device="cpu")
    assert halfway.step == 2
    assert halfway.reason == "interrupted at step 2"
    resumed = train(debug(), [data], folder, resume=True, device="cpu")
    assert resumed.step == 4
    assert resumed.validation == finished[1].validation
    assert_same_state(finished[0], folder, 4)


@pytest.mark.filterwarnings("ignore:.*use of fork:DeprecationWarning")  # torch forks; Python 3.12 warns
@pytest.mark.gpu
def test_the_same_code_trains_and_composes_on_a_gpu(data, tmp_path):
    train(debug(), [data], tmp_path / "run", device="cuda")
    composer = Composer.from_pretrained(tmp_path / "run" / "model", device="cuda")
    triple = TripleStore(data)[0]
    (composite,) = composer(triple.background, triple.foreground)
    assert (composite.picture.pixels != triple.background).any()
    assert np.array_equal(composite.picture.pixels[composite.effect == 0], triple.background[composite.effect == 0])


def test_loader_workers_change_nothing(finished, data, tmp_path):
    train(debug(), [data], tmp_path / "run", num_workers=1, device="cpu")
    assert_same_state(finished[0], tmp_path / "run", 4)


def test_ctrl_c_saves_publishes_and_gives_the_signal_back(data, tmp_path, monkeypatch):
    handler = signal.getsignal(signal.SIGINT)
    before_step(monkeypatch, 0, press_ctrl_c)
    result = train(debug(), [data], tmp_path / "run", device="cpu")
    assert signal.getsignal(signal.SIGINT) is handler
    assert (tmp_path / "run/checkpoints/step-00000001/state.json").is_file()
    assert json.loads((tmp_path / "run/result.json").read_text())["reason"] == "interrupted at step 1"
    assert result.model_folder.is_dir()


def test_a_loss_that_is_not_finite_stops_the_run_and_keeps_the_last_checkpoint(data, tmp_path, monkeypatch):
    before_step(monkeypatch, 2, lambda batch: replace(batch, image=batch.image * torch.nan))
    with pytest.raises(NonFiniteLossError, match=r"at step 2 \(run seed 0\)"):
        train(debug(), [data], tmp_path / "run", device="cpu")
    assert [path.name for path in (tmp_path / "run/checkpoints").iterdir()] == ["step-00000002"]
    assert not (tmp_path / "run/model").exists()


def test_a_run_that_converged_stops_and_says_so(data, tmp_path):
    config = debug()
    rule = config.converge.model_copy(update={"min_improvement": 0.9, "patience": 1, "every_steps": 1})
    config = config.model_copy(update={"converge": rule})
    result = train(config, [data], tmp_path / "run", device="cpu")
    assert result.converged
    assert result.step == 2
    assert "did not improve by 90.00%" in result.reason
    again = train(config, [data], tmp_path / "run", resume=True, device="cpu")
    assert (again.step, again.converged) == (2, True)


def test_a_folder_that_holds_a_run_is_not_overwritten(finished, data):
    with pytest.raises(ConfigError, match="already holds a run; pass --resume"):
        train(debug(), [data], finished[0], device="cpu")


def test_a_run_is_not_resumed_with_other_options(finished, data):
    other = debug().model_copy(update={"seed": 2})
    with pytest.raises(ConfigError, match="differs from the configuration asked for"):
        train(other, [data], finished[0], resume=True, device="cpu")


def test_a_run_is_not_resumed_with_another_batch_size(finished, data):
    other = debug().model_copy(update={"batch_size": 2})
    with pytest.raises(ConfigError, match=r"has 4 samples .* would now have 2 .* product is 4"):
        train(other, [data], finished[0], resume=True, device="cpu")


def test_a_run_of_a_version_that_knew_one_process_only_is_resumed(finished, data, tmp_path):
    shutil.copytree(finished[0], tmp_path / "run")
    for path, name in (
        (tmp_path / "run/environment.json", "num_processes"),
        (tmp_path / "run/checkpoints/step-00000004/state.json", "seconds"),
    ):
        record = json.loads(path.read_text())
        assert record.pop(name) > 0
        path.write_text(json.dumps(record))
    assert train(debug(), [data], tmp_path / "run", resume=True, device="cpu").step == 4


def test_samples_and_seconds_count_over_all_calls(finished, data, tmp_path, monkeypatch):
    folder = tmp_path / "run"
    with monkeypatch.context() as patch:
        before_step(patch, 1, press_ctrl_c)
        halfway = train(debug(), [data], folder, device="cpu")
    resumed = train(debug(), [data], folder, resume=True, device="cpu")
    assert (halfway.num_samples, resumed.num_samples) == (8, 16)
    assert 0 < halfway.seconds < resumed.seconds
    record = json.loads((folder / "result.json").read_text())
    assert (record["num_samples"], record["seconds"], record["num_processes"]) == (16, resumed.seconds, 1)


def test_a_folder_without_a_run_is_not_resumed(data, tmp_path):
    with pytest.raises(ConfigError, match="no run to resume"):
        train(debug(), [data], tmp_path / "run", resume=True, device="cpu")


def test_a_run_folder_that_cannot_be_made_is_named(data, tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError, match="cannot be written"):
        train(debug(), [data], tmp_path / "file" / "run", device="cpu")


@pytest.mark.parametrize("name", ["model.safetensors", "ema.safetensors", "optimizer.pt", "state.json"])
def test_a_damaged_checkpoint_is_named(finished, data, tmp_path, name):
    shutil.copytree(finished[0], tmp_path / "run")
    path = tmp_path / "run/checkpoints/step-00000004" / name
    path.write_bytes(path.read_bytes()[:40])
    with pytest.raises(ModelFileError, match="step-00000004 cannot be resumed"):
        train(debug(), [data], tmp_path / "run", resume=True, device="cpu")


def test_a_full_disk_leaves_the_checkpoints_that_were_there(finished, data, tmp_path, monkeypatch):
    from situate.training import checkpoint

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(checkpoint.torch, "save", full)
    with pytest.raises(OutputError, match="No space left"):
        train(debug(), [data], tmp_path / "run", device="cpu")
    assert list((tmp_path / "run/checkpoints").iterdir()) == []


def test_triples_to_validate_on_may_lie_elsewhere(data, tmp_path, monkeypatch):
    other, seen = write_synthetic_set(tmp_path / "other", 6), []
    real = run.StepSampler
    monkeypatch.setattr(run, "StepSampler", lambda indices, **rest: seen.append(list(indices)) or real(indices, **rest))
    result = train(debug(), [data], tmp_path / "run", validation=[other], device="cpu")
    assert seen == [list(range(16))]
    record = json.loads((tmp_path / "run" / "result.json").read_text())
    assert record["num_triples"] == {"training": 16, "validation": 6}
    kept_back = train(debug(), [data], tmp_path / "split", device="cpu")
    assert result.validation != kept_back.validation
    with pytest.raises(ConfigError, match="same --data, weights included, and --validation"):
        train(debug(), [data, other], tmp_path / "run", resume=True, device="cpu")
    assert main(["evaluate", str(result.model_folder), "--data", str(data), "--split", "validation"]) == 2
    with pytest.raises(ConfigError, match="is in --data, too"):
        train(debug(), [data, other], tmp_path / "both", validation=[other], device="cpu")
    assert not (tmp_path / "both").exists()


def test_data_that_is_missing_is_named_and_leaves_no_run_folder(tmp_path):
    with pytest.raises(DataError, match="is not a data set"):
        train(debug(), [tmp_path / "nowhere"], tmp_path / "run", device="cpu")
    assert not (tmp_path / "run").exists()


def test_a_run_is_not_resumed_on_other_data(finished, data, tmp_path):
    shutil.copytree(data, tmp_path / "moved")
    shutil.copytree(finished[0], tmp_path / "run")
    with pytest.raises(ConfigError, match="began with other data"):
        train(debug(), [data, data], tmp_path / "run", resume=True, device="cpu")
    check_same_data(data_identity([TripleStore(tmp_path / "moved")]), tmp_path / "run")
    (tmp_path / "moved/dataset.json").write_text((data / "dataset.json").read_text() + " ")
    with pytest.raises(ConfigError, match="began with other data"):
        check_same_data(data_identity([TripleStore(tmp_path / "moved")]), tmp_path / "run")


@pytest.fixture(scope="module")
def mixed(data, tmp_path_factory):
    """Two folders, and a run of 4 steps that draws three times as often from the smaller one."""
    folder = tmp_path_factory.mktemp("runs") / "mixed"
    folders = [data, write_synthetic_set(tmp_path_factory.mktemp("triples"), 6)]
    return folder, folders, train(debug(), folders, folder, weights=[1.0, 3.0], device="cpu")


def test_a_run_with_weights_is_resumed_bit_for_bit(mixed, tmp_path, monkeypatch):
    whole, folders, result = mixed
    with monkeypatch.context() as patch:
        before_step(patch, 1, press_ctrl_c)
        halfway = train(debug(), folders, tmp_path / "run", weights=[1.0, 3.0], device="cpu")
    assert halfway.step == 2
    resumed = train(debug(), folders, tmp_path / "run", weights=[1.0, 3.0], resume=True, device="cpu")
    assert resumed.step == 4
    assert resumed.validation == result.validation
    assert_same_state(whole, tmp_path / "run", 4)


def test_a_run_draws_by_weight_and_writes_the_weights_down(mixed, tmp_path, monkeypatch):
    whole, folders, _ = mixed
    drawn, indexed = [], TrainingSet.__getitem__
    monkeypatch.setattr(TrainingSet, "__getitem__", lambda self, at: drawn.append(at[0]) or indexed(self, at))
    config = debug().model_copy(update={"num_steps": 11})
    validation = [write_synthetic_set(tmp_path / "validation", 4)]
    train(config, folders, tmp_path / "run", validation=validation, weights=[1.0, 3.0], device="cpu")
    assert len(drawn) == 44
    for epoch in (drawn[:22], drawn[22:]):
        # A quarter of 22 draws is 5.5.
        assert sum(index < 16 for index in epoch) in (5, 6)
    for run_folder in (whole, tmp_path / "run"):
        entries = json.loads((run_folder / "data.json").read_text())
        assert [entry.get("weight") for entry in entries] == [1.0, 3.0, *[None] * (len(entries) - 2)]


@pytest.mark.parametrize("weights", [None, [1.0, 2.0], [3.0, 1.0]])
def test_a_run_is_not_resumed_with_other_weights(mixed, weights):
    with pytest.raises(ConfigError, match="other data or weights"):
        train(debug(), mixed[1], mixed[0], weights=weights, resume=True, device="cpu")


def test_a_run_without_weights_is_not_resumed_with_some(finished, data):
    with pytest.raises(ConfigError, match="other data or weights"):
        train(debug(), [data], finished[0], weights=[1.0], resume=True, device="cpu")


def test_a_run_is_not_resumed_with_another_class_balance(finished, data):
    other = debug().model_copy(update={"class_balance": 0.5})
    with pytest.raises(ConfigError, match="differs from the configuration asked for"):
        train(other, [data], finished[0], resume=True, device="cpu")


def test_a_run_of_a_version_without_class_balance_is_resumed(finished, data, tmp_path):
    shutil.copytree(finished[0], tmp_path / "run")
    path = tmp_path / "run/config.json"
    fields = json.loads(path.read_text())
    assert fields.pop("class_balance") == 0
    path.write_text(json.dumps(fields))
    assert train(debug(), [data], tmp_path / "run", resume=True, device="cpu").step == 4


def test_a_run_balances_the_classes_of_a_folder(tmp_path, monkeypatch):
    with TripleWriter(tmp_path / "kinds", triples_per_shard=16) as writer:
        for number in range(16):
            writer.write(replace(synthetic_triple(number), kind="ball" if number % 4 else "box"))
        writer.finish({"source": "scenes", "seed": 1, "num_triples": 16})
    drawn, indexed = [], TrainingSet.__getitem__
    monkeypatch.setattr(TrainingSet, "__getitem__", lambda self, at: drawn.append(at[0]) or indexed(self, at))
    config = debug().model_copy(update={"class_balance": 1.0})
    other = write_synthetic_set(tmp_path / "other", 4)
    train(config, [tmp_path / "kinds"], tmp_path / "run", validation=[other], device="cpu")
    assert sum(index % 4 == 0 for index in drawn) == 8
    assert len(drawn) == 16


def test_the_result_is_validated_with_the_weights_it_publishes(data, tmp_path, monkeypatch):
    before_step(monkeypatch, 2, press_ctrl_c)
    result = train(debug(), [data], tmp_path / "run", device="cpu")
    lines = [json.loads(line) for line in (tmp_path / "run/metrics.jsonl").read_text().splitlines()]
    assert [line["step"] for line in lines if line["split"] == "validation"] == [2]
    assert result.step == 3
    assert result.validation["total"] != pytest.approx(lines[-1]["total"], rel=1e-5)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"minutes": 0.0}, "minutes is 0"),
        ({"num_workers": -1}, "num_workers is -1"),
        ({"weights": [1.0, 2.0]}, "2 weights for 1 folders"),
        ({"weights": [0.0]}, "the weights hold 0; they must be finite and above 0"),
        ({"weights": [math.inf]}, "the weights hold inf"),
        ({"weights": [math.nan]}, "the weights hold nan"),
        ({"weights": [-1.0], "num_workers": -1}, "num_workers is -1.*the weights hold -1"),  # all problems at once
    ],
)
def test_an_option_out_of_range_is_named(data, tmp_path, options, message):
    with pytest.raises(ConfigError, match=message):
        train(debug(), [data], tmp_path / "run", device="cpu", **options)
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize("name", RECIPES)
def test_every_recipe_builds(name):
    config = recipe_named(name)
    assert config.recipe == name
    assert type(config).model_validate_json(config.model_dump_json()) == config
