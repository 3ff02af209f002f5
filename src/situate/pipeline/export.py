"""`situate export`: a model folder that OpenVINO can run, too."""

import os
import shutil
import warnings
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from situate.errors import ModelFileError, OutputError
from situate.imageio.write import write_json
from situate.nn.joint import WINDOW_TOKEN_GRID
from situate.nn.placement import PlacementNetwork
from situate.nn.velocity import IMAGE_CHANNELS, VelocityNetwork
from situate.pipeline.load import load_pipeline
from situate.pipeline.model_files import fingerprint_of, shipped_model
from situate.pipeline.openvino import FOLDER_NAME, RECORD_NAME, compiled, imported_openvino
from situate.records.batch import PlacementInput, SynthesisInput

TOLERANCE = 1e-3
"""Largest difference from PyTorch, in float32, that an export may have; colours and masks are in [-1, 1]."""


def export_model(model: Path | None, output: Path, *, overwrite: bool = False) -> float:
    """Copy a model folder and add its networks as OpenVINO's files; whole or not at all.

    Args:
        model: The folder; the shipped weights by default.
        output: Where to.
        overwrite: Whether a model folder that is there already is replaced.

    Returns:
        The largest difference between outputs of OpenVINO and of PyTorch on random input, in float32.

    Raises:
        MissingExtraError: If OpenVINO is not installed.
        ModelFileError: If `model` is no model, or OpenVINO does not compute what it does.
        OutputError: If `output` is there already, or cannot be written.
    """
    source = shipped_model() if model is None else model
    _check_output(source, output, overwrite=overwrite)
    openvino, pipeline = imported_openvino(), load_pipeline(source)
    partial = output.with_name(f"{output.name}.partial")
    shutil.rmtree(partial, ignore_errors=True)
    try:
        shutil.copytree(source, partial, ignore=shutil.ignore_patterns(FOLDER_NAME))
        target = partial / FOLDER_NAME
        target.mkdir()
        difference = max(
            _export(openvino, _PlacementGraph(pipeline.placement), target / "placement.xml"),
            _export(openvino, _SynthesisGraph(pipeline.synthesis), target / "synthesis.xml"),
        )
        record = {"fingerprint": fingerprint_of(source), "openvino": openvino.get_version()}
        write_json(record, target / RECORD_NAME)
        _replace(partial, output)
    except OSError as error:
        raise OutputError(f"{output} cannot be written ({error}); free some space or choose another place") from error
    finally:
        shutil.rmtree(partial, ignore_errors=True)
    return difference


def _replace(partial: Path, output: Path) -> None:
    """Put a whole folder where another one may be, which goes only once the new one is there."""
    former = output.with_name(f"{output.name}.former")
    if output.is_dir():
        os.replace(output, former)
    os.replace(partial, output)
    shutil.rmtree(former, ignore_errors=True)


class _PlacementGraph(nn.Module):
    """The network from plain tensors to plain tensors."""

    def __init__(self, network: PlacementNetwork) -> None:
        super().__init__()
        self.network = network

    def forward(
        self, background: Tensor, content_xyxy: Tensor, foreground: Tensor, alpha: Tensor, log_aspect: Tensor
    ) -> tuple[Tensor, ...]:
        return self.network.readings(PlacementInput(background, content_xyxy, foreground, alpha, log_aspect))

    def example(self) -> tuple[Tensor, ...]:
        """Two random pictures: more than one, so that the number of pictures stays open."""
        generator = torch.Generator().manual_seed(0)
        background, foreground = self.network.config["background_size"], self.network.config["foreground_size"]
        return (
            _random(generator, 3, background),
            torch.tensor([[0.0, 0.1, 1.0, 0.9], [0.2, 0.0, 0.8, 1.0]]),
            _random(generator, 3, foreground),
            _random(generator, 1, foreground).abs(),
            torch.tensor([0.3, -0.4]),
        )


class _SynthesisGraph(nn.Module):
    """Likewise; where the window lies is in the resampled tokens already."""

    def __init__(self, network: VelocityNetwork) -> None:
        super().__init__()
        self.network = network

    def forward(
        self,
        x_sigma: Tensor,
        sigma: Tensor,
        background: Tensor,
        pasted: Tensor,
        pasted_alpha: Tensor,
        window_tokens: Tensor,
    ) -> tuple[Tensor, ...]:
        nowhere = sigma[:, None].expand(-1, 4)
        inputs = SynthesisInput(background, pasted, pasted_alpha, nowhere)
        return (self.network(x_sigma, sigma, inputs, window_tokens),)

    def example(self) -> tuple[Tensor, ...]:
        """Two random windows."""
        generator, size = torch.Generator().manual_seed(1), self.network.config["size"]
        return (
            _random(generator, IMAGE_CHANNELS, size),
            torch.tensor([1.0, 0.4]),
            _random(generator, 3, size),
            _random(generator, 3, size),
            _random(generator, 1, size).abs(),
            _random(generator, self.network.config["token_width"], WINDOW_TOKEN_GRID),
        )


def _random(generator: torch.Generator, channels: int, side: int) -> Tensor:
    return torch.rand(2, channels, side, side, generator=generator) * 2 - 1


def _check_output(source: Path, output: Path, *, overwrite: bool) -> None:
    if not output.exists():
        return
    if not overwrite:
        raise OutputError(f"{output} is there already; pass --overwrite, or choose another folder")
    if output.resolve() == source.resolve() or not (output / "model_index.json").is_file():
        raise OutputError(f"{output} is the model itself, or no model folder, and is left alone; choose another folder")


@torch.no_grad()
def _export(openvino: Any, graph: _PlacementGraph | _SynthesisGraph, path: Path) -> float:
    """Write a network and return how much its outputs differ from the original's."""
    example = graph.eval().example()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # the tracer's, of sizes that it takes to be constant, which they are
            converted = openvino.convert_model(graph, example_input=example)
    except RuntimeError as error:
        raise ModelFileError(f"OpenVINO {openvino.get_version()} cannot convert the model: {error}") from error
    for port, tensor in zip(converted.inputs, example, strict=True):
        # How many pictures there are stays open. It also avoids a crash: OpenVINO 2026.4 ends the process when it
        # compiles the synthesis network for float32 and a fixed number.
        port.get_node().set_partial_shape(openvino.PartialShape([-1, *tensor.shape[1:]]))
    converted.validate_nodes_and_infer_types()
    found, wanted = compiled(converted, "f32")(example), graph(*example)
    difference = max(float((one - other).abs().max()) for one, other in zip(found, wanted, strict=True))
    if not difference <= TOLERANCE:
        raise ModelFileError(
            f"OpenVINO {openvino.get_version()} computes something else than PyTorch: outputs differ by "
            f"{difference:.2g}, the limit is {TOLERANCE:g}; compose with the backend torch"
        )
    try:
        openvino.save_model(converted, path, compress_to_fp16=False)
    except RuntimeError as error:
        raise OutputError(f"{path} cannot be written ({error}); free some space or choose another place") from error
    return difference
