"""`situate info` says what there is."""

import json
import platform
import sys
import types
from importlib import metadata

import pytest

from situate.cli.app import main
from situate.cli.info import describe_machine, find_conflicts, installed_versions, render_facts
from situate.errors import ModelFileError
from situate.pipeline.device import device_named, has_fast_bf16


def test_versions_are_those_installed():
    versions = installed_versions()
    assert versions["python"] == platform.python_version()
    assert versions["torch"] == metadata.version("torch")
    assert "missing" not in versions.values()


def test_machine_names_device_and_instruction_set():
    machine = describe_machine()
    assert machine["device"].split()[0] in ("cpu", "cuda", "mps")
    assert machine["instruction_set"]
    assert machine["threads"] >= 1
    assert machine["fast_bf16"] == has_fast_bf16(device_named("auto"))


@pytest.mark.parametrize(
    ("wheels", "num_warnings"),
    [
        ({}, 0),
        ({"opencv-python-headless": "5"}, 0),  # what situate installs
        ({"opencv-python-headless": "5", "opencv-python": "4"}, 1),  # another library brought the other
    ],
)
def test_two_opencv_wheels_are_a_warning_with_a_remedy(wheels, num_warnings):
    warnings = find_conflicts(wheels)
    assert len(warnings) == num_warnings
    assert all("pip uninstall" in warning for warning in warnings)


def fake_model(monkeypatch, describe) -> None:
    """Let `situate info` meet a model described by `describe`, without loading one."""
    module = types.ModuleType("situate.pipeline.load")
    module.describe_model = describe  # pyright: ignore[reportAttributeAccessIssue]
    monkeypatch.setitem(sys.modules, "situate.pipeline.load", module)


def test_json_can_be_read_by_a_program(monkeypatch, capsys):
    fake_model(monkeypatch, lambda folder: {"name": "tiny", "card": "# Card"})
    assert main(["info", "--json"]) == 0
    facts = json.loads(capsys.readouterr().out)
    assert facts["model"]["name"] == "tiny"
    assert set(facts) == {"versions", "machine", "warnings", "model"}


def damaged(folder):
    raise ModelFileError("model folder is damaged; copy it again")


def test_a_damaged_shipped_model_is_a_warning(monkeypatch, capsys):
    fake_model(monkeypatch, damaged)
    assert main(["info"]) == 0
    assert "warning: model folder is damaged" in capsys.readouterr().out


def test_a_damaged_model_that_was_asked_for_is_an_error(monkeypatch, capsys, tmp_path):
    fake_model(monkeypatch, damaged)
    assert main(["info", "--model", str(tmp_path)]) == 2
    assert capsys.readouterr().err == "error: model folder is damaged; copy it again\n"


def test_facts_are_laid_out_with_the_card_last():
    facts = {
        "versions": {"python": "3.11"},
        "machine": {"fast_bf16": True, "bf16_instructions": [], "threads": 2},
        "warnings": ["two wheels"],
        "model": {"name": "tiny", "num_parameters": {"placement": 3_000_000}, "card": "# Card\n\nText"},
    }
    text = render_facts(facts)
    assert text.endswith("# Card\n\nText")
    assert "fast bf16          yes" in text
    assert "placement 3,000,000" in text
    assert "warning: two wheels" in text
    assert facts["model"]["card"], "the facts are not changed by showing them"
