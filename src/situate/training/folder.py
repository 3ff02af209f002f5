"""The run folder: what refuses it, and what is written into it before the first step."""

import hashlib
import json
import os
import platform
from collections.abc import Mapping, Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from situate import __version__
from situate.data.store import TripleStore
from situate.errors import ConfigError, OutputError
from situate.imageio.write import write_bytes
from situate.training.config import RunConfig, read_config

DATA_FILE = "data.json"
ENVIRONMENT_FILE = "environment.json"


def check_folder(config: RunConfig, run_folder: Path, *, resume: bool, num_processes: int = 1) -> None:
    """Refuse a folder that cannot be used; writes nothing.

    Args:
        config: Of the run to begin or to resume.
        run_folder: Where it is to be, or is.
        resume: Whether it is to be resumed.
        num_processes: Each of which takes `config.batch_size` samples a step. A run may be resumed with another number
            of them if a step keeps its number of samples.

    Raises:
        ConfigError: If it holds a run and `resume` is False, no run and it is True, another configuration, or steps
            with another number of samples.
    """
    path = run_folder / "config.json"
    if path.exists() and not resume:
        raise ConfigError(f"{run_folder} already holds a run; pass --resume to go on with it, or another --out")
    if resume and not path.exists():
        raise ConfigError(f"{run_folder} holds no run to resume (no config.json); leave --resume out")
    if resume:
        _check_same_config(config, num_processes, path)


def _check_same_config(config: RunConfig, num_processes: int, path: Path) -> None:
    begun, begun_processes = read_config(path), _processes_of(path.with_name(ENVIRONMENT_FILE))
    if begun.model_copy(update={"batch_size": config.batch_size}) != config:
        raise ConfigError(f"{path} differs from the configuration asked for; resume with the options of the first call")
    samples, begun_samples = config.batch_size * num_processes, begun.batch_size * begun_processes
    if samples != begun_samples:
        raise ConfigError(
            f"a step of the run in {path.parent} has {begun_samples} samples (processes {begun_processes}, batch size "
            f"{begun.batch_size}), but would now have {samples} (processes {num_processes}, batch size "
            f"{config.batch_size}); resume with processes and --batch-size whose product is {begun_samples}"
        )


def _processes_of(path: Path) -> int:
    """How many processes a run had; 1 if its folder is from before there could be more."""
    try:
        return int(json.loads(path.read_text()).get("num_processes", 1)) if path.is_file() else 1
    except (OSError, ValueError, TypeError, AttributeError) as error:
        raise ConfigError(f"{path} cannot be read ({error}); start a new run with another --out") from error


def check_same_data(identity: Sequence[Mapping[str, Any]], run_folder: Path) -> None:
    """Refuse to resume on other data than the run began with; folders may have moved.

    Args:
        identity: What `data_identity` says of the data at hand.
        run_folder: Of the run to be resumed.

    Raises:
        ConfigError: If count, order, role, weight or description of the data sets differ.
    """
    path = run_folder / DATA_FILE
    if path.is_file() and [_compared(entry) for entry in read_identity(path)] != [_compared(one) for one in identity]:
        raise ConfigError(
            f"the run began with other data or weights (see {path}); "
            "resume with the same --data, weights included, and --validation in their order"
        )


def data_identity(
    training: Sequence[TripleStore],
    validation: Sequence[TripleStore] = (),
    weights: Sequence[float] | None = None,
) -> list[dict[str, Any]]:
    """Role, name, count and a digest of the description of each data set, and its weight where there is one.

    Args:
        training: Data sets to train on.
        validation: Data sets to validate on.
        weights: One for each of `training`.

    Raises:
        ConfigError: If one of them is to be trained on and validated on.
    """
    identity = [
        {
            "role": role,
            "folder": store.folder.name,
            "num_triples": len(store),
            "sha256": hashlib.sha256((store.folder / "dataset.json").read_bytes()).hexdigest(),
        }
        for role, stores in (("training", training), ("validation", validation))
        for store in stores
    ]
    # Those to train on come first, and the others have no weight.
    for entry, weight in zip(identity, weights or (), strict=False):
        entry["weight"] = float(weight)
    trained_on = {entry["sha256"] for entry in identity if entry["role"] == "training"}
    for entry in identity:
        if entry["role"] == "validation" and entry["sha256"] in trained_on:
            raise ConfigError(f"{entry['folder']} is in --data, too; validate on triples that are not trained on")
    return identity


def read_identity(path: Path) -> list[dict[str, Any]]:
    """Read what `data_identity` said when the run began; `path` is its `data.json`.

    Raises:
        ConfigError: If it cannot be read.
    """
    try:
        entries = json.loads(path.read_text())
        for entry in entries:
            _compared(entry)
        return entries
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise ConfigError(f"{path} cannot be read ({error}); start a new run with another --out") from error


def _compared(entry: Mapping[str, Any]) -> tuple[str, int, str, float | None]:
    return entry.get("role", "training"), entry["num_triples"], entry["sha256"], entry.get("weight")


def write_folder(
    config: RunConfig, identity: Sequence[Mapping[str, Any]], run_folder: Path, *, num_processes: int = 1
) -> None:
    """Make the folder and write down what the run is made from, and in how many processes.

    Raises:
        OutputError: If it cannot be written.
    """
    try:
        run_folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(f"{run_folder} cannot be written ({error.strerror}); choose another --out") from error
    records = {DATA_FILE: identity, ENVIRONMENT_FILE: _environment(num_processes)}
    for name, record in records.items():
        write_bytes((json.dumps(record, indent=2) + "\n").encode(), run_folder / name)
    # Last, since it is what marks the folder as a run.
    write_bytes((config.model_dump_json(indent=2) + "\n").encode(), run_folder / "config.json")


def _environment(num_processes: int) -> dict[str, Any]:
    libraries = ("torch", "diffusers", "accelerate", "pytorch-optimizer", "numpy", "opencv-python-headless")
    return {
        "situate": __version__,
        "python": platform.python_version(),
        "libraries": {name: _version_or_none(name) for name in libraries},
        "machine": platform.machine(),
        "cpus": os.cpu_count(),
        "num_processes": num_processes,
    }


def _version_or_none(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None
