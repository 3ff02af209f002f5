"""What an encoder says of a picture."""

from typing import NamedTuple

from jaxtyping import Float
from torch import Tensor


class Features(NamedTuple):
    """Tokens of a square grid, rows first, and features of a finer grid where the encoder has some."""

    tokens: Float[Tensor, "b n d"]
    fine: Float[Tensor, "b d h w"] | None = None
