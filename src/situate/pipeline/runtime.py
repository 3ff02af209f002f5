"""Which model a command means."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

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


def folder_of(model: Path | None) -> Path:
    """Return the model folder that is meant."""
    from situate.pipeline.load import shipped_model

    if model is None or (str(model) == SHIPPED and not model.exists()):
        return shipped_model()
    return model
