"""The noise template (method step C2): white noise of the background's size that never has to be stored.

Each value is a pure function of (seed, level, row, column, channel), so any crop can be made at any time and two crops
of one level agree where they overlap.
"""

from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float, UInt64
from torch import Tensor


@dataclass(frozen=True)
class NoiseTemplate:
    """Unit Gaussian noise for a background of `height_px` x `width_px`, at every power-of-two level.

    Attributes:
        seed: Chooses the noise.
        height_px: Height of the background.
        width_px: Width of the background.
    """

    seed: int
    height_px: int
    width_px: int

    def size_at(self, level: int) -> tuple[int, int]:
        """Rows and columns of the template at a level; level 0 is the background's own size, 1 is half of it."""
        return (max(1, round(self.height_px / 2.0**level)), max(1, round(self.width_px / 2.0**level)))

    def crop(
        self, level: int, row: int, column: int, size_hw: tuple[int, int], channels: int
    ) -> Float[Tensor, "1 {channels} h w"]:
        """Cut `size_hw` values out at (`row`, `column`) of a level; windows may reach over the template's edge."""
        height, width = size_hw
        rows = np.arange(row, row + height, dtype=np.int64).astype(np.uint64)
        columns = np.arange(column, column + width, dtype=np.int64).astype(np.uint64)
        key = _mix(np.uint64(self.seed % 2**64) ^ _mix(np.array([level], np.int64).astype(np.uint64)))
        cells = _mix(_mix(key + rows)[:, None] + columns[None, :])
        streams = np.arange(1, channels + 1, dtype=np.uint64)[:, None, None] * _GOLDEN
        bits = _mix(cells + streams)
        return torch.from_numpy(_gaussian(bits))[None]

    def whole(self, level: int, channels: int) -> Float[Tensor, "1 {channels} h w"]:
        """The whole template at a level."""
        return self.crop(level, 0, 0, self.size_at(level), channels)


_GOLDEN = np.uint64(0x9E3779B97F4A7C15)
_HALF_BITS = np.uint64(32)


def _mix(bits: UInt64[np.ndarray, "*n"]) -> UInt64[np.ndarray, "*n"]:
    """Scramble 64 bits: the SplitMix64 finaliser (Steele et al., Fast Splittable Random Generators, 2014)."""
    with np.errstate(over="ignore"):
        bits = bits + _GOLDEN
        bits = (bits ^ (bits >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        bits = (bits ^ (bits >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        return bits ^ (bits >> np.uint64(31))


def _gaussian(bits: UInt64[np.ndarray, "*n"]) -> Float[np.ndarray, "*n"]:
    """Two 32-bit halves to one unit Gaussian (Box and Muller, 1958)."""
    first = ((bits >> _HALF_BITS).astype(np.float64) + 1) / 2.0**32
    second = (bits & np.uint64(0xFFFFFFFF)).astype(np.float64) / 2.0**32
    return (np.sqrt(-2 * np.log(first)) * np.cos(2 * np.pi * second)).astype(np.float32)
