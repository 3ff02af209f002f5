"""`situate info`: what is installed, what the machine can do, and which model composes by default."""

import json
import platform
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from cyclopts import Parameter

from situate.errors import ModelFileError

if TYPE_CHECKING:
    import torch

DISTRIBUTIONS = ("situate", "torch", "diffusers", "numpy", "pillow", "opencv-python-headless")
BF16_INSTRUCTIONS = {"avx512_bf16", "amx"}
OPENCV_WHEELS = (
    "opencv-python",
    "opencv-python-headless",
    "opencv-contrib-python",
    "opencv-contrib-python-headless",
)


def info(
    *,
    model: Path | None = None,
    as_json: Annotated[bool, Parameter(name="--json", negative=())] = False,
) -> None:
    """Print versions, device, instruction sets and the model's card.

    Args:
        model: Model folder; without it, the model that ships with situate.
        as_json: Print one JSON object instead of text.
    """
    described, problems = _describe(model)
    facts = {
        "versions": installed_versions(),
        "machine": describe_machine(),
        "warnings": [*find_conflicts(_installed(OPENCV_WHEELS)), *problems],
        "model": described,
    }
    print(json.dumps(facts, indent=2, default=str) if as_json else render_facts(facts))


def installed_versions() -> dict[str, str]:
    """Return the versions of Python and of what pictures depend on; "missing" where a library is not installed."""
    return {"python": platform.python_version(), **_installed(DISTRIBUTIONS, missing="missing")}


def describe_machine() -> dict[str, Any]:
    """Return the device that `auto` chooses, the instruction sets PyTorch uses on this CPU, and its threads."""
    import torch

    from situate.pipeline.device import cpu_flags, device_named, has_fast_bf16

    device = device_named("auto")
    return {
        "platform": platform.platform(),
        "device": _named(device),
        "instruction_set": torch.backends.cpu.get_cpu_capability(),
        "fast_bf16": has_fast_bf16(device),
        "bf16_instructions": sorted(cpu_flags() & BF16_INSTRUCTIONS),
        "threads": torch.get_num_threads(),
    }


def find_conflicts(opencv_wheels: dict[str, str]) -> list[str]:
    """Return a warning if several of the `opencv_wheels` (name to version) share one folder.

    Args:
        opencv_wheels: Distributions of OpenCV that are installed.
    """
    if len(opencv_wheels) < 2:
        return []
    names = " and ".join(sorted(opencv_wheels))
    return [
        f"{names} are both installed and overwrite each other's files; "
        f"repair with: pip uninstall {' '.join(sorted(opencv_wheels))} && pip install opencv-python-headless"
    ]


def render_facts(facts: dict[str, Any]) -> str:
    """Lay the `facts` out for reading, the model's card last."""
    model = dict(facts["model"])
    card = str(model.pop("card", "")).strip()
    sections = [("versions", facts["versions"]), ("machine", facts["machine"]), ("model", model)]
    lines = [line for title, rows in sections if rows for line in _section(title, rows)]
    lines += [f"warning: {warning}" for warning in facts["warnings"]]
    return "\n".join([*lines, "", card] if card else lines)


def _describe(model: Path | None) -> tuple[dict[str, Any], list[str]]:
    """Describe `model`; a fault of the shipped one is a warning, since everything else is still worth knowing."""
    from situate.pipeline.load import describe_model

    try:
        return dict(describe_model(model)), []
    except ModelFileError as error:
        if model is not None:
            raise
        return {}, [str(error)]


def _section(title: str, rows: dict[str, Any]) -> list[str]:
    width = max(map(len, rows))
    return [title, *(f"  {name.replace('_', ' '):<{width}}  {_plain(value)}" for name, value in rows.items())]


def _plain(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, dict):
        return ", ".join(f"{name} {_plain(part)}" for name, part in value.items())
    if isinstance(value, list):
        return ", ".join(map(str, value)) or "none"
    return f"{value:,}" if isinstance(value, int) else str(value)


def _installed(distributions: tuple[str, ...], missing: str | None = None) -> dict[str, str]:
    versions: dict[str, str] = {}
    for name in distributions:
        try:
            versions[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            if missing is not None:
                versions[name] = missing
    return versions


def _named(device: "torch.device") -> str:
    import torch

    return f"cuda ({torch.cuda.get_device_name()})" if device.type == "cuda" else device.type
