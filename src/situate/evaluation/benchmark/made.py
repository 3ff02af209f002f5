"""A composite with what it says of itself: what every method of the benchmark makes."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import UInt8


@dataclass(frozen=True)
class Made:
    """A composite.

    Attributes:
        composite: The picture.
        effect: Where it says that it changed something.
        visible_alpha: Where the object is seen.
    """

    composite: UInt8[np.ndarray, "h w 3"]
    effect: UInt8[np.ndarray, "h w"]
    visible_alpha: UInt8[np.ndarray, "h w"]
