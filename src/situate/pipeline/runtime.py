"""Which model is meant, where it runs, and what processes share that run one. Imports nothing that takes long."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from situate.pipeline.model_files import shipped_model
from situate.sharding.pool import num_processors

if TYPE_CHECKING:
    from situate.pipeline.composer import Composer

SHIPPED = "shipped"
Backend = Literal["torch", "openvino"]


@dataclass(frozen=True)
class Runtime:
    """Where and by whom the networks are run, as `Composer.from_pretrained` takes it."""

    device: str = "auto"
    backend: Backend = "torch"


def composer_of(model: Path | None, runtime: Runtime) -> "Composer":
    """Load a model folder; the word `shipped`, or nothing, is the weights of the package."""
    from situate.pipeline.composer import Composer

    composer = Composer.from_pretrained(folder_of(model), device=runtime.device, backend=runtime.backend)
    if runtime.backend == "openvino":
        import torch

        # OpenVINO has taken over all threads; those of PyTorch would be in their way while they wait for work.
        torch.set_num_threads(1)
    return composer


@cache
def kept_composer(model: Path | None, runtime: Runtime) -> "Composer":
    """Load a model folder as `composer_of` does, once in a process: the next batch needs it, too."""
    return composer_of(model, runtime)


def folder_of(model: Path | None) -> Path:
    """Return the model folder that is meant."""
    if model is None or (str(model) == SHIPPED and not model.exists()):
        return shipped_model()
    return model


def default_workers(runtime: Runtime) -> int:
    """One for each processor; but a GPU has room for few models."""
    if runtime.device == "cpu" or runtime.backend == "openvino":
        return num_processors()
    from situate.pipeline.device import device_named

    return num_processors() if device_named(runtime.device).type == "cpu" else 1


@contextmanager
def one_thread() -> Iterator[None]:
    """Compute on one thread meanwhile, however many there are: with others, sums differ in their last digits."""
    import cv2
    import torch

    before = torch.get_num_threads(), cv2.getNumThreads()
    torch.set_num_threads(1)
    cv2.setNumThreads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before[0])
        cv2.setNumThreads(before[1])
