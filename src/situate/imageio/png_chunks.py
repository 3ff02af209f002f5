"""Metadata put into a PNG that OpenCV wrote, which by itself carries none."""

import struct
import zlib

from situate.imageio.stamp import SOFTWARE, CompositeStamp

# The signature and IHDR: 8 + 4 + 4 + 13 + 4 bytes. Metadata goes right behind, before the first IDAT.
_HEADER_BYTES = 33
_EXIF_PREFIX = b"Exif\0\0"


def add_png_metadata(content: bytes, icc_profile: bytes | None, stamp: CompositeStamp | None) -> bytes:
    """Return the PNG `content` with the profile as iCCP and the stamp as tEXt and eXIf chunks."""
    chunks = b""
    if icc_profile:
        chunks += _chunk(b"iCCP", b"ICC profile\0\0" + zlib.compress(icc_profile))
    if stamp:
        chunks += _chunk(b"tEXt", b"Software\0" + SOFTWARE.encode("latin-1"))
        chunks += _chunk(b"tEXt", b"Description\0" + stamp.description.encode("latin-1", "replace"))
        chunks += _chunk(b"eXIf", stamp.to_exif().removeprefix(_EXIF_PREFIX))
    return content[:_HEADER_BYTES] + chunks + content[_HEADER_BYTES:]


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
