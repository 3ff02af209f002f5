"""Situate puts an object into a picture where it belongs, in the picture's own light and with its own shadow."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from situate.pipeline.composer import Composer as Composer

__version__ = "0.1.0"
__all__ = ["Composer", "__version__"]


def __getattr__(name: str) -> Any:
    """Load `Composer` when it is first asked for: torch takes seconds to import."""
    if name == "Composer":
        return import_module("situate.pipeline.composer").Composer
    raise AttributeError(f"module 'situate' has no attribute {name!r}")
