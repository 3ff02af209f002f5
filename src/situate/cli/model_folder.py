"""Which model a command means."""

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from situate.pipeline.composer import Composer

SHIPPED = "shipped"


def composer_of(model: Path | None, device: str) -> "Composer":
    """Load a model folder; the word `shipped`, or nothing, is the weights of the package."""
    from situate.pipeline.composer import Composer

    return Composer.from_pretrained(folder_of(model), device=device)


def folder_of(model: Path | None) -> Path:
    """Return the model folder that is meant."""
    from situate.pipeline.load import shipped_model

    if model is None or (str(model) == SHIPPED and not model.exists()):
        return shipped_model()
    return model
