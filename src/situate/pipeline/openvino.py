"""Both networks as OpenVINO runs them, on processors, called like the originals.

OpenVINO is an extra of situate. It packs weights once, where PyTorch packs them for each call, and joins layers.
"""

import json
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor

from situate.errors import InputError, MissingExtraError, ModelFileError
from situate.nn.distribution import distribution_from
from situate.nn.placement import PlacementPrediction
from situate.pipeline.device import has_fast_bf16
from situate.records.batch import PlacementInput, SynthesisInput

FOLDER_NAME = "openvino"
RECORD_NAME = "export.json"

Run = Callable[[Sequence[Tensor]], list[Tensor]]
"""Runs a network that OpenVINO has compiled."""


class CompiledPlacement:
    """A placement network that OpenVINO runs."""

    def __init__(self, run: Run) -> None:
        """Call the network through `run`."""
        self._run = run

    def __call__(self, inputs: PlacementInput) -> PlacementPrediction:
        """Return what the original does."""
        fused_tokens, parameters, light = self._run(placement_tensors(inputs))
        return PlacementPrediction(fused_tokens, distribution_from(parameters, inputs.content_xyxy), light)


class CompiledSynthesis:
    """A synthesis network that OpenVINO runs."""

    def __init__(self, run: Run) -> None:
        """Call the network through `run`."""
        self._run = run

    def __call__(
        self,
        x_sigma: Float[Tensor, "b 5 h w"],
        sigma: Float[Tensor, " b"],
        inputs: SynthesisInput,
        window_tokens: Float[Tensor, "b d th tw"],
    ) -> Float[Tensor, "b 5 h w"]:
        """Return what the original does."""
        shown = inputs.background, inputs.pasted, inputs.pasted_alpha
        (image,) = self._run((x_sigma, sigma, *shown, window_tokens))
        return image


@dataclass(frozen=True)
class CompiledNetworks:
    """Both networks, and where they were loaded from: to send them to another process is to load them there."""

    placement: CompiledPlacement
    synthesis: CompiledSynthesis
    folder: Path
    fingerprint: str

    def __reduce__(self) -> tuple[Callable[..., Any], tuple[Any, ...]]:
        """On one thread: a process that it is sent to is one of several."""
        return compiled_networks, (self.folder, self.fingerprint, torch.device("cpu"), 1)


def compiled_networks(
    folder: Path, fingerprint: str, device: torch.device, num_threads: int | None = None
) -> CompiledNetworks:
    """Load the networks that `situate export` has put into a model folder, in the precision that is fastest here.

    Args:
        folder: Of the model.
        fingerprint: Of its weights.
        device: Of the rest of the pipeline.
        num_threads: Threads to compute on; as many as PyTorch has by default.

    Raises:
        InputError: If the device is not the CPU.
        MissingExtraError: If OpenVINO is not installed.
        ModelFileError: If there is no export, it is damaged, or one of other weights.
    """
    if device.type != "cpu":
        raise InputError(f"the backend openvino computes on the CPU, not on {device.type}; pass --device cpu")
    source = folder / FOLDER_NAME
    if not (source / RECORD_NAME).is_file():
        raise ModelFileError(
            f"{folder} holds no networks for OpenVINO; make a model folder that does with `situate export OUT`, and "
            "pass --model OUT"
        )
    imported_openvino()
    try:
        exported_from = json.loads((source / RECORD_NAME).read_text())["fingerprint"]
        if exported_from != fingerprint:
            raise ModelFileError(
                f"{source} was exported from the model {exported_from}, but {folder} holds {fingerprint}; export again"
            )
        precision = "bf16" if has_fast_bf16(device) else "f32"
        placement, synthesis = (
            compiled(kept_core().read_model(source / f"{name}.xml"), precision) for name in ("placement", "synthesis")
        )
    except (OSError, ValueError, KeyError, TypeError, RuntimeError) as error:
        finding = " ".join(str(error).split())
        raise ModelFileError(f"{source} is damaged: {finding}; export again") from error
    return CompiledNetworks(CompiledPlacement(placement), CompiledSynthesis(synthesis), folder, fingerprint)


def placement_tensors(inputs: PlacementInput) -> tuple[Tensor, ...]:
    """Return what the exported placement network takes, in its order."""
    return inputs.background, inputs.content_xyxy, inputs.foreground, inputs.alpha, inputs.log_aspect


def imported_openvino() -> Any:
    """Import OpenVINO.

    Raises:
        MissingExtraError: If it is not installed.
    """
    # Its converter reports every use over the network, unless this package of its cannot be imported.
    sys.modules.setdefault("openvino_telemetry", None)  # type: ignore[arg-type]
    try:
        import openvino
    except ImportError as error:
        raise MissingExtraError("openvino", "export") from error
    return openvino


@cache
def kept_core() -> Any:
    """OpenVINO itself, once in a process and until its end.

    Each of its cores takes over the stack that signals are handled on, and gives back its predecessor's when it goes,
    which may be gone by then: of two cores that are dropped in the order of their making, the next Ctrl-C, or the end
    of a child, would be the end of the process (2026.4.1).
    """
    return imported_openvino().Core()


def compiled(graph: Any, precision: str, num_threads: int | None = None) -> Run:
    """Prepare a graph of OpenVINO's, by default for as many threads as PyTorch uses; `precision` is f32 or bf16."""
    options = {
        "INFERENCE_NUM_THREADS": num_threads or torch.get_num_threads(),
        "INFERENCE_PRECISION_HINT": precision,
        "NUM_STREAMS": 1,
        # Left to itself, each of several processes would compute on the same processor.
        "ENABLE_CPU_PINNING": False,
    }
    model = kept_core().compile_model(graph, "CPU", options)

    def run(tensors: Sequence[Tensor]) -> list[Tensor]:
        found = model([tensor.float().contiguous().numpy() for tensor in tensors], share_inputs=True)
        # A copy: the next call writes where this one has.
        return [torch.from_numpy(found[port].copy()) for port in model.outputs]

    return run
