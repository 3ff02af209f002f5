"""The model that is evaluated."""

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from situate.pipeline.composer import Composer

SHIPPED = "shipped"


def composer_of(model: Path | None, device: str) -> "Composer":
    """Load a model folder; the word `shipped`, or nothing, is the weights of the package."""
    from situate.pipeline.composer import Composer

    is_shipped = model is None or (str(model) == SHIPPED and not model.exists())
    return Composer.from_pretrained(None if is_shipped else model, device=device)
