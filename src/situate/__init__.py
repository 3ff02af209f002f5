"""Situate puts an object into a picture where it belongs, in the picture's own light and with its own shadow."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from situate.augment.augmenter import Augmenter as Augmenter
    from situate.pipeline.composer import Composer as Composer
    from situate.records.constraints import Extent as Extent
    from situate.records.constraints import PlacementConstraints as PlacementConstraints

__version__ = "0.1.0"
__all__ = ["Augmenter", "Composer", "Extent", "PlacementConstraints", "__version__"]
_HOMES = {
    "Augmenter": "situate.augment.augmenter",
    "Composer": "situate.pipeline.composer",
    "Extent": "situate.records.constraints",
    "PlacementConstraints": "situate.records.constraints",
}


def __getattr__(name: str) -> Any:
    """Load a public name when it is first asked for: torch takes seconds to import."""
    if name in _HOMES:
        return getattr(import_module(_HOMES[name]), name)
    raise AttributeError(f"module 'situate' has no attribute {name!r}")
