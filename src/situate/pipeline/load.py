"""Model folders: published with a card, checked against an allow-list of classes before anything is loaded."""

import json
import logging
import os
import shutil
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any, get_args

import torch
from diffusers.schedulers.scheduling_flow_match_euler_discrete import FlowMatchEulerDiscreteScheduler
from safetensors import SafetensorError
from safetensors.torch import load_file

from situate.errors import InputError, ModelFileError, OutputError
from situate.flow.sampling import SHIFT
from situate.geometry.frames import Conditioning
from situate.imageio.write import write_json
from situate.nn.placement import PlacementNetwork
from situate.nn.score import ScoreMap
from situate.nn.velocity import VelocityNetwork
from situate.pipeline.compose import ComposePipeline
from situate.pipeline.model_files import WEIGHTS_NAME, fingerprint_of, shipped_model
from situate.pipeline.openvino import compiled_networks

ALLOWED_CLASSES = {
    "placement": ["situate.nn.placement", "PlacementNetwork"],
    "synthesis": ["situate.nn.velocity", "VelocityNetwork"],
    "scheduler": ["diffusers", "FlowMatchEulerDiscreteScheduler"],
}
BACKENDS = ("torch", "openvino")
SCHEDULER_NAME = "scheduler_config.json"
CARD_NAME = "README.md"
SCORE_NAME = "score.json"

_logger = logging.getLogger(__name__)


def load_pipeline(
    folder: Path | None = None, *, device: torch.device | None = None, backend: str = "torch"
) -> ComposePipeline:
    """Load a model folder for inference in float32.

    Args:
        folder: Of the model; the shipped one by default.
        device: Where the networks go; the CPU by default.
        backend: Who runs them: `torch`, or `openvino` in a folder that `situate export` made.

    Raises:
        InputError: If the backend is unknown, or cannot use the device.
        MissingExtraError: If the backend is not installed.
        ModelFileError: If the folder is no model, names other classes than ours, or its weights do not fit.
    """
    if backend not in BACKENDS:
        raise InputError(f"backend {backend!r} is unknown; use one of {', '.join(BACKENDS)}")
    folder = shipped_model() if folder is None else folder
    _check_classes(folder)
    try:
        placement = _loaded(PlacementNetwork, folder / "placement")
        synthesis = _loaded(VelocityNetwork, folder / "synthesis")
        score_map = _read_score(folder)
        scheduler: Any = FlowMatchEulerDiscreteScheduler.from_config(_read_json(folder / "scheduler" / SCHEDULER_NAME))
    except (OSError, ValueError, RuntimeError, TypeError, KeyError, ArithmeticError, SafetensorError) as error:
        raise ModelFileError(f"model folder {folder} is damaged: {error}; train or copy it again") from error
    _check_match(placement, synthesis, folder)
    pipeline = ComposePipeline(placement, synthesis, scheduler)
    pipeline.score_map = score_map
    device = device or torch.device("cpu")
    if backend == "openvino":
        pipeline.compiled = compiled_networks(folder, fingerprint_of(folder), device)
    return pipeline.to(device)


def publish(
    placement: PlacementNetwork, synthesis: VelocityNetwork, folder: Path, *, card: str, half_precision: bool = False
) -> None:
    """Write a model folder: networks, scheduler and card; whole or not at all.

    Args:
        placement: Trained placement network.
        synthesis: Trained synthesis network.
        folder: Where to; replaced if it exists.
        card: Text of the model card, Markdown.
        half_precision: Store float16, half the size.

    Raises:
        OutputError: If it cannot be written.
    """
    partial = folder.with_name(folder.name + ".partial")
    shutil.rmtree(partial, ignore_errors=True)
    dtype = torch.float16 if half_precision else torch.float32
    networks = {"placement": placement, "synthesis": synthesis}
    copies = {name: _copied(network, dtype) for name, network in networks.items()}
    pipeline = ComposePipeline(**copies, scheduler=FlowMatchEulerDiscreteScheduler(shift=SHIFT))
    try:
        pipeline.save_pretrained(partial, safe_serialization=True)
        (partial / CARD_NAME).write_text(card)
        for weights in partial.rglob("*.safetensors"):
            weights.chmod(0o644)
        shutil.rmtree(folder, ignore_errors=True)
        os.replace(partial, folder)
    except (OSError, SafetensorError) as error:
        shutil.rmtree(partial, ignore_errors=True)
        raise OutputError(
            f"model folder {folder} cannot be written ({error}); free some space, or choose another place"
        ) from error


def publish_score(score_map: ScoreMap, folder: Path, *, fitted_on: str = "") -> None:
    """Write the fitted scores of a model beside its networks, with the model's fingerprint.

    Args:
        score_map: The scores.
        folder: Of the model.
        fitted_on: Hash of what the scenes were drawn from that they were fitted on.

    Raises:
        OutputError: If it cannot be written.
    """
    content = {**asdict(score_map), "fingerprint": fingerprint_of(folder), "fitted_on": fitted_on}
    write_json(content, folder / SCORE_NAME)


def score_fitted_on(folder: Path) -> str:
    """Hash of what the scenes were drawn from that a model's scores were fitted on; empty if nothing says so."""
    path = folder / SCORE_NAME
    return str(_read_json(path).get("fitted_on", "")) if path.is_file() else ""


def describe_model(folder: Path | None = None) -> dict[str, Any]:
    """Name, fingerprint, size and card of a model folder, the shipped one by default."""
    folder = shipped_model() if folder is None else folder
    return describe_pipeline(load_pipeline(folder), folder)


def describe_pipeline(pipeline: ComposePipeline, folder: Path) -> dict[str, Any]:
    """Say the same of a model that is loaded already; `folder` is its own."""
    counts = {
        name: sum(parameter.numel() for parameter in getattr(pipeline, name).parameters())
        for name in ("placement", "synthesis")
    }
    card = folder / CARD_NAME
    return {
        "name": folder.name,
        "folder": str(folder),
        "fingerprint": fingerprint_of(folder),
        "num_parameters": counts,
        "conditioning": pipeline.conditioning,
        "card": card.read_text() if card.is_file() else "",
    }


def _check_classes(folder: Path) -> None:
    path = folder / "model_index.json"
    if not path.is_file():
        raise ModelFileError(f"{folder} is not a model folder (no model_index.json); pass RUN/model of a training run")
    try:
        index = json.loads(path.read_text())
    except ValueError as error:
        raise ModelFileError(f"{path} is not JSON ({error}); train or copy the model again") from error
    fields = index.items() if isinstance(index, dict) else ()
    named = {name: value for name, value in fields if not name.startswith("_")}
    if named != ALLOWED_CLASSES:
        foreign = {name: value for name, value in named.items() if ALLOWED_CLASSES.get(name) != value}
        missing = sorted(set(ALLOWED_CLASSES) - set(named))
        raise ModelFileError(
            f"{path} names classes that situate does not load: {foreign or 'none'}; missing: {missing or 'none'}; "
            "only models written by situate can be loaded"
        )


def _check_match(placement: PlacementNetwork, synthesis: VelocityNetwork, folder: Path) -> None:
    """Two networks that load one by one need not belong together."""
    width, token_width = placement.config["width"], synthesis.config["token_width"]
    if width != token_width:
        raise ModelFileError(
            f"model folder {folder} joins networks of two models: placement has tokens {width} wide, synthesis takes "
            f"{token_width}; copy both networks of one training run"
        )
    conditioning = synthesis.config["conditioning"]
    known = get_args(Conditioning)
    if conditioning not in known:
        raise ModelFileError(
            f"model folder {folder} has conditioning {conditioning!r}; situate knows {', '.join(known)}; "
            "copy the model again"
        )


def _read_json(path: Path) -> dict[str, Any]:
    return json.loads(path.read_text())


def _read_score(folder: Path) -> ScoreMap | None:
    """The fitted scores of a model; None where none were fitted, or only those of another model."""
    path = folder / SCORE_NAME
    if not path.is_file():
        return None
    content = _read_json(path)
    score_map = ScoreMap(tuple(map(float, content["log_density"])), tuple(map(float, content["chance"])))
    fitted_for, fingerprint = content.get("fingerprint"), fingerprint_of(folder)
    if fitted_for not in (None, fingerprint):
        _logger.warning(
            "%s was fitted for the model %s, not for this one, %s, and is left out; fit it anew with "
            "`situate evaluate %s --suite scenes --data DIR --fit-score`",
            *(path, fitted_for, fingerprint, folder),
        )
        return None
    return score_map


def _is_lightless(network: type, weights: Mapping[str, torch.Tensor]) -> bool:
    return network is PlacementNetwork and not any(name.startswith("background_light.") for name in weights)


def _loaded(network: type, folder: Path) -> Any:
    """Build the network from its own config and load its weights strictly."""
    config = _read_json(folder / "config.json")
    if not isinstance(config, dict):
        raise TypeError(f"{folder / 'config.json'} is not an object")
    model = network(**{name: value for name, value in config.items() if not name.startswith("_")})
    weights = load_file(folder / WEIGHTS_NAME)  # mapped into memory; copied once, into the network
    if _is_lightless(network, weights):
        raise ValueError("an earlier version of situate made it, whose networks did not read the light")
    model.load_state_dict(weights, strict=True)
    broken = [name for name, tensor in weights.items() if not torch.isfinite(tensor).all()]
    if broken:
        raise ValueError(f"weights are not finite: {', '.join(broken[:3])}")
    # Most convolutions are faster in this format, on CPUs and GPUs.
    return model.eval().to(memory_format=torch.channels_last)


def _copied(network: Any, dtype: torch.dtype) -> Any:
    copy = type(network).from_config(network.config)
    copy.load_state_dict(network.state_dict(), strict=True)
    # Module.to of torch: the one of diffusers warns about modules to keep in float32, of which there are none.
    return torch.nn.Module.to(copy, dtype=dtype)
