"""What an encoder says of a picture."""

from collections.abc import Sequence
from typing import NamedTuple

from jaxtyping import Float
from torch import Tensor


class Features(NamedTuple):
    """Tokens of a square grid, rows first, and what some encoders have beside them.

    `fine` are features of a finer grid, `light_maps` those from which a pretrained encoder lets the light be read.
    """

    tokens: Float[Tensor, "b n d"]
    fine: Float[Tensor, "b d h w"] | None = None
    light_maps: Sequence[Float[Tensor, "b _ _ _"]] = ()
