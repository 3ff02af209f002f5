"""A decoded picture at its own size and depth."""

from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import UInt8, UInt16


@dataclass(frozen=True)
class Picture:
    """A picture in memory: upright, sRGB-encoded integers, never float.

    Attributes:
        pixels: `h w 3` (RGB) or `h w 4` (RGB and straight, not premultiplied, alpha); uint8 in [0, 255] or uint16 in
            [0, 65535].
        icc_profile: Colour profile bytes as found in the file, kept for writing; None means sRGB.
        name: Where it came from, for error messages.
        is_grey: Whether it came from a picture without colours; its three channels are then equal, and stay so.
    """

    pixels: UInt8[np.ndarray, "h w c"] | UInt16[np.ndarray, "h w c"]
    icc_profile: bytes | None = None
    name: str = "picture in memory"
    is_grey: bool = False

    @property
    def height_px(self) -> int:
        """Rows."""
        return self.pixels.shape[0]

    @property
    def width_px(self) -> int:
        """Columns."""
        return self.pixels.shape[1]

    @property
    def max_value(self) -> int:
        """Value of full brightness: 255 or 65535."""
        return int(np.iinfo(self.pixels.dtype).max)

    @property
    def has_alpha(self) -> bool:
        """Whether a fourth channel says how much of the object, or of the background, shows."""
        return self.pixels.shape[2] == 4

    @property
    def rgb(self) -> UInt8[np.ndarray, "h w 3"] | UInt16[np.ndarray, "h w 3"]:
        """The colour channels, a view."""
        return self.pixels[..., :3]

    @property
    def rgb_u8(self) -> UInt8[np.ndarray, "h w 3"]:
        """The colour channels with 8 bits each, what a network sees."""
        return to_u8(self.rgb)

    def with_pixels(self, pixels: np.ndarray) -> "Picture":
        """Return the same picture (profile, name, grey or not) with other `pixels`."""
        return replace(self, pixels=pixels)


def to_u8(pixels: np.ndarray) -> np.ndarray:
    """Round uint16 samples to uint8; uint8 samples are returned as they are."""
    if pixels.dtype == np.uint8:
        return pixels
    return ((pixels.astype(np.uint32) * 255 + 32767) // 65535).astype(np.uint8)
