"""Colour profiles made by hand: Pillow makes none for grey or CMYK."""

import struct

import pytest
from PIL import ImageCms


@pytest.fixture(scope="session")
def srgb_profile() -> bytes:
    return ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


@pytest.fixture(scope="session")
def linear_grey_profile() -> bytes:
    """Samples are proportional to light: 128 is as bright as 188 in sRGB."""
    curve = b"curv" + bytes(4) + struct.pack(">I", 0)
    white = b"XYZ " + bytes(4) + struct.pack(">3i", 63190, 65536, 54061)
    return _profile(b"mntr", b"GRAY", b"XYZ ", {b"kTRC": curve, b"wtpt": white})


@pytest.fixture(scope="session")
def red_ink_cmyk_profile() -> bytes:
    """Every ink but black is red, cyan too: nothing Pillow's own formula would say."""
    red, black = bytes([136, 208, 195]), bytes([0, 128, 128])
    grid = b"".join(black if corner & 1 else red for corner in range(16))
    identity = bytes(range(256))
    matrix = struct.pack(">9i", 65536, 0, 0, 0, 65536, 0, 0, 0, 65536)
    table = b"mft1" + bytes(4) + bytes([4, 3, 2, 0]) + matrix + identity * 4 + grid + identity * 3
    return _profile(b"prtr", b"CMYK", b"Lab ", {b"A2B0": table})


def _profile(kind: bytes, space: bytes, connection_space: bytes, tags: dict[bytes, bytes]) -> bytes:
    start = 128 + 4 + 12 * len(tags)
    directory, data = struct.pack(">I", len(tags)), b""
    for name, value in tags.items():
        directory += name + struct.pack(">II", start + len(data), len(value))
        data += value + bytes(-len(value) % 4)
    header = bytearray(128)
    header[4:24] = b"test" + bytes([2, 64, 0, 0]) + kind + space + connection_space
    header[36:40] = b"acsp"
    header[68:80] = struct.pack(">3i", 63190, 65536, 54061)
    content = bytes(header) + directory + data
    return struct.pack(">I", len(content)) + content[4:]
