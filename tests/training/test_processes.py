"""Two processes train as one would with twice the batch, and end together whatever one of them meets."""

import json
import os
import subprocess
import sys
from itertools import islice
from pathlib import Path

import pytest
import torch
from filelock import FileLock
from safetensors.torch import load_file
from tests.synthetic import write_synthetic_set
from tests.training.several import SAMPLES_A_STEP, can_teach, config_of
from tests.training.test_run import assert_same_state

from situate.data.loader import StepSampler, TripleUnion, split_by_group

# Imports torch eight times, which takes long where other work takes the processors.
pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

ROOT = Path(__file__).resolve().parents[2]
UNFELT = ("placement.head.2.bias", "key_value.bias")
"""Softmax does not feel a part of these: their gradient there is rounding, of which AdamW makes whole steps."""


def python(*words: str) -> subprocess.CompletedProcess[str]:
    """Start Python with one thread."""
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "PYTHONPATH": f"{ROOT / 'src'}{os.pathsep}{ROOT}"}
    command = [sys.executable, *words]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=280)


def torchrun(*words: str) -> subprocess.CompletedProcess[str]:
    """Start two processes that find each other on a free port."""
    return python("-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2", *words)


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    return write_synthetic_set(tmp_path_factory.mktemp("triples"), 32)


@pytest.fixture(scope="module")
def runs(data, tmp_path_factory):
    """The folder of the runs of `several.py`, and how each ended by process: `0`, `1` and then `alone`."""
    base = tmp_path_factory.getbasetemp()
    # pytest's own workers share one.
    folder = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "several"
    files = {process: folder / f"outcomes-{process}.json" for process in ("0", "1", "alone")}
    with FileLock(folder.with_suffix(".lock")):
        if not files["alone"].exists():
            folder.mkdir(exist_ok=True)
            words = (str(Path(__file__).with_name("several.py")), str(data), str(folder))
            for done in (torchrun(*words), python(*words)):
                assert done.returncode == 0, done.stderr
    return folder, {process: json.loads(file.read_text()) for process, file in files.items()}


def losses_of(run_folder: Path) -> dict[tuple[str, int], dict[str, float]]:
    lines = [json.loads(line) for line in (run_folder / "metrics.jsonl").read_text().splitlines()]
    return {(line.pop("split"), line["step"]): line for line in lines}


def moments_of(run_folder: Path) -> dict[int, dict[str, torch.Tensor]]:
    return torch.load(run_folder / "checkpoints/step-00000006/optimizer.pt", weights_only=True)["state"]


def assert_as_good_as_same(found_run: Path, wanted_run: Path) -> None:
    found, wanted = losses_of(found_run), losses_of(wanted_run)
    assert found.keys() == wanted.keys() >= {("train", 1), ("train", 6), ("validation", 6)}
    assert [key for key, values in wanted.items() if found[key] != pytest.approx(values, rel=1e-4)] == []
    names = [name for name, _ in config_of(1).model.build().named_parameters()]
    averaged_names = {f"{number:05d}": name for number, name in enumerate(names)}
    for file in ("model.safetensors", "ema.safetensors"):
        found, wanted = (load_file(run / "checkpoints/step-00000006" / file) for run in (found_run, wanted_run))
        differences = {
            averaged_names.get(name, name): (found[name] - value).norm() / value.norm()
            for name, value in wanted.items()
        }
        assert set(names) <= differences.keys()
        assert [name for name, part in differences.items() if part > 1e-4 and not name.endswith(UNFELT)] == []


def test_the_processes_lack_kinds_of_samples_at_times(data):
    """Otherwise the comparison below would not show that each kind is counted over both."""
    training, _ = split_by_group(TripleUnion([data]), config_of(2).validation_fraction)
    plans = [
        islice(StepSampler(training, batch_size=2, seed=0, start_step=0, rank=rank, world_size=2), 6) for rank in (0, 1)
    ]
    steps = [[[can_teach(index) for index, _ in batch] for batch in step] for step in zip(*plans, strict=True)]
    for kind in range(3):
        having = [[any(sample[kind] for sample in batch) for batch in step] for step in steps]
        assert [True, False] in having or [False, True] in having
        assert [False, False] in having


def test_two_processes_train_as_one_with_twice_the_batch(runs):
    folder, _ = runs
    assert_as_good_as_same(folder / "whole", folder / "alone")


def test_two_processes_have_the_averaged_gradient_and_none_where_nothing_is_taught(runs):
    found, wanted = moments_of(runs[0] / "whole"), moments_of(runs[0] / "alone")
    assert found.keys() == wanted.keys()
    difference, length = (
        sum(float(value.square().sum()) for value in values) ** 0.5
        for values in (
            [found[number][key] - value for number, moments in wanted.items() for key, value in moments.items()],
            [value for moments in wanted.values() for value in moments.values()],
        )
    )
    assert difference < 1e-4 * length


def test_a_run_says_how_many_processes_and_samples_it_took(runs):
    for folder, num_processes in ((runs[0] / "whole", 2), (runs[0] / "alone", 1)):
        result = json.loads((folder / "result.json").read_text())
        assert (result["num_processes"], result["num_samples"]) == (num_processes, 6 * SAMPLES_A_STEP)
        assert result["seconds"] > 0
        assert json.loads((folder / "environment.json").read_text())["num_processes"] == num_processes


def test_a_signal_to_one_process_stops_both_and_the_rest_is_the_same_bit_for_bit(runs):
    folder, outcomes = runs
    for outcome in (outcomes["0"], outcomes["1"]):
        assert outcome["interrupted"] == "interrupted at step 2"
        assert outcome["resumed"] == outcome["whole"]
    assert_same_state(folder / "whole", folder / "interrupted", 6)


@pytest.mark.parametrize(
    ("name", "beginning"),
    [
        ("damaged", "DataError: triple "),  # in the second process alone
        ("not_finite", "NonFiniteLossError: the loss is not finite at step 1 (run seed 0)"),  # likewise
        ("full_disk", "OutputError: checkpoint "),  # in the first process alone, which writes
        ("converged", "validation loss "),  # likewise: the other does not validate
        ("minutes", "the time budget of 0.0 minutes ended at step 1"),
        ("again", "ConfigError: "),
        ("larger", "ConfigError: a step of the run in "),
    ],
)
def test_both_processes_end_with_one_message(runs, name, beginning):
    first, second = (runs[1][process][name] for process in ("0", "1"))
    assert first == second
    assert first.startswith(beginning)


def test_nothing_is_published_after_an_error(runs):
    folder, _ = runs
    assert [name for name in ("not_finite", "full_disk") if (folder / name / "model").exists()] == []
    assert [path.name for path in (folder / "converged/checkpoints").iterdir()] == ["step-00000002"]


def test_one_process_goes_on_where_two_stopped_if_a_step_keeps_its_samples(runs):
    folder, outcomes = runs
    assert "has 4 samples (processes 2, batch size 2), but would now have 2 (processes 1" in outcomes["alone"]["fewer"]
    assert outcomes["alone"]["gone_on"] == outcomes["alone"]["alone"]
    assert_as_good_as_same(folder / "damaged", folder / "alone")


def test_the_command_says_everything_once(data, tmp_path):
    words = ["-m", "situate", "train", "debug", "--data", str(data), "--out", str(tmp_path / "run"), "--device", "cpu"]
    done = torchrun(*words, "--num-steps", "2")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["num_samples"] == 2 * 2 * config_of(1).batch_size
    assert "Warning" not in done.stderr
    again = torchrun(*words, "--num-steps", "2")
    assert again.returncode != 0
    assert again.stdout == ""
    assert again.stderr.count("already holds a run; pass --resume") == 1
    assert "exitcode  : 2" in again.stderr
