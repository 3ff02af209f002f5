"""The run folder: what refuses it, and what is written into it before the first step."""

import hashlib
import json
import os
import platform
from collections.abc import Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from situate import __version__
from situate.data.store import TripleStore
from situate.errors import ConfigError, OutputError
from situate.imageio.write import write_bytes
from situate.training.config import RunConfig, read_config

DATA_FILE = "data.json"


def check_folder(config: RunConfig, run_folder: Path, *, resume: bool) -> None:
    """Refuse a folder that cannot be used; writes nothing.

    Raises:
        ConfigError: If it holds a run and `resume` is False, no run and it is True, or another configuration.
    """
    path = run_folder / "config.json"
    if path.exists() and not resume:
        raise ConfigError(f"{run_folder} already holds a run; pass --resume to go on with it, or another --out")
    if resume and not path.exists():
        raise ConfigError(f"{run_folder} holds no run to resume (no config.json); leave --resume out")
    if resume and read_config(path) != config:
        raise ConfigError(f"{path} differs from the configuration asked for; resume with the options of the first call")


def check_same_data(stores: Sequence[TripleStore], run_folder: Path) -> None:
    """Refuse to resume on other data than the run began with; folders may have moved.

    Raises:
        ConfigError: If count, order or description of the data sets differ.
    """
    path = run_folder / DATA_FILE
    if not path.is_file():
        return
    try:
        known = [(entry["num_triples"], entry["sha256"]) for entry in json.loads(path.read_text())]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ConfigError(f"{path} cannot be read ({error}); start a new run with another --out") from error
    if known != [(entry["num_triples"], entry["sha256"]) for entry in data_identity(stores)]:
        raise ConfigError(f"the run began with other data (see {path}); resume with the same --data in the same order")


def data_identity(stores: Sequence[TripleStore]) -> list[dict[str, Any]]:
    """Name, count and a digest of the description of each data set."""
    return [
        {
            "folder": store.folder.name,
            "num_triples": len(store),
            "sha256": hashlib.sha256((store.folder / "dataset.json").read_bytes()).hexdigest(),
        }
        for store in stores
    ]


def write_folder(config: RunConfig, stores: Sequence[TripleStore], run_folder: Path) -> None:
    """Make the folder and write down what the run is made from.

    Raises:
        OutputError: If it cannot be written.
    """
    try:
        run_folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(f"{run_folder} cannot be written ({error.strerror}); choose another --out") from error
    records = {DATA_FILE: data_identity(stores), "environment.json": _environment()}
    for name, record in records.items():
        write_bytes((json.dumps(record, indent=2) + "\n").encode(), run_folder / name)
    # Last, since it is what marks the folder as a run.
    write_bytes((config.model_dump_json(indent=2) + "\n").encode(), run_folder / "config.json")


def _environment() -> dict[str, Any]:
    libraries = ("torch", "diffusers", "accelerate", "pytorch-optimizer", "numpy", "opencv-python-headless")
    return {
        "situate": __version__,
        "python": platform.python_version(),
        "libraries": {name: _version_or_none(name) for name in libraries},
        "machine": platform.machine(),
        "cpus": os.cpu_count(),
    }


def _version_or_none(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None
