"""Metadata put into a TIFF that OpenCV wrote: Pillow, which could, does not write 16-bit colour."""

import struct

from situate.imageio.stamp import SOFTWARE, CompositeStamp

_ASCII, _SHORT, _UNDEFINED = 2, 3, 7
_IMAGE_DESCRIPTION, _SOFTWARE, _EXTRA_SAMPLES, _ICC_PROFILE = 270, 305, 338, 34675
_STRAIGHT_ALPHA = 2
_ENTRY = struct.Struct("<HHI4s")


def add_tiff_metadata(
    content: bytes, icc_profile: bytes | None, stamp: CompositeStamp | None, *, has_alpha: bool
) -> bytes:
    """Return the little-endian TIFF `content` with profile, stamp and the kind of its alpha.

    A new directory goes to the end of the file; the strips stay where they are, the old directory is left unused.
    """
    assert content[:4] == b"II*\0", "OpenCV writes classic little-endian TIFF"
    values: dict[int, tuple[int, bytes]] = {}
    if has_alpha:
        values[_EXTRA_SAMPLES] = (_SHORT, struct.pack("<H", _STRAIGHT_ALPHA))
    if icc_profile:
        values[_ICC_PROFILE] = (_UNDEFINED, icc_profile)
    if stamp:
        values[_IMAGE_DESCRIPTION] = (_ASCII, _ascii(stamp.description))
        values[_SOFTWARE] = (_ASCII, _ascii(SOFTWARE))
    entries = {tag: entry for tag, entry in _entries(content).items() if tag not in values}
    extended = content + b"\0" * (len(content) % 2)
    for tag, (kind, value) in values.items():
        count = len(value) // 2 if kind == _SHORT else len(value)
        inline = value.ljust(4, b"\0") if len(value) <= 4 else struct.pack("<I", len(extended))
        entries[tag] = _ENTRY.pack(tag, kind, count, inline)
        if len(value) > 4:
            extended += value + b"\0" * (len(value) % 2)
    directory = struct.pack("<H", len(entries)) + b"".join(entries[tag] for tag in sorted(entries)) + bytes(4)
    return extended[:4] + struct.pack("<I", len(extended)) + extended[8:] + directory


def _entries(content: bytes) -> dict[int, bytes]:
    (start,) = struct.unpack_from("<I", content, 4)
    (count,) = struct.unpack_from("<H", content, start)
    first = start + 2
    raw = [content[first + _ENTRY.size * index : first + _ENTRY.size * (index + 1)] for index in range(count)]
    return {_ENTRY.unpack(entry)[0]: entry for entry in raw}


def _ascii(text: str) -> bytes:
    return text.encode("ascii", "replace") + b"\0"
