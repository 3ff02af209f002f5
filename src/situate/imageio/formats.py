"""What a file is, told by its first bytes and never by its name."""

from collections.abc import Callable
from io import BytesIO

from PIL import BmpImagePlugin, Image, JpegImagePlugin, PngImagePlugin, TiffImagePlugin, WebPImagePlugin

# Pillow's own classes are opened directly: `Image.open` would warn about large pictures before our limit is asked.
_OPENERS: dict[str, Callable[..., Image.Image]] = {
    "JPEG": JpegImagePlugin.jpeg_factory,
    "PNG": PngImagePlugin.PngImageFile,
    "WebP": WebPImagePlugin.WebPImageFile,
    "BMP": BmpImagePlugin.BmpImageFile,
    "TIFF": TiffImagePlugin.TiffImageFile,
}
READABLE = ", ".join(_OPENERS)
PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_READABLE_STARTS = (
    (b"\xff\xd8\xff", "JPEG"),
    (PNG_SIGNATURE, "PNG"),
    (b"BM", "BMP"),
    (b"II*\0", "TIFF"),
    (b"MM\0*", "TIFF"),
    (b"II+\0", "TIFF"),
    (b"MM\0+", "TIFF"),
)
_OTHER_STARTS = (
    (b"GIF8", "a GIF picture"),
    (b"8BPS", "a Photoshop document"),
    (b"%PDF", "a PDF document"),
    (b"PK\x03\x04", "a ZIP archive"),
    (b"\x1f\x8b", "a gzip archive"),
    (b"\x00\x00\x00\x0cJXL ", "a JPEG XL picture"),
    (b"\xff\x0a", "a JPEG XL picture"),
    (b"\x00\x00\x00\x0cjP  ", "a JPEG 2000 picture"),
    (b"\x76\x2f\x31\x01", "an OpenEXR picture"),
    (b"<svg", "an SVG drawing"),
)
_TEXT_PROBE_BYTES = 512


def readable_format(content: bytes) -> str | None:
    """Return JPEG, PNG, WebP, BMP or TIFF; None if `content` is none of them."""
    if content[:4] == b"RIFF" and content[8:12] == b"WEBP":
        return "WebP"
    return next((name for start, name in _READABLE_STARTS if content.startswith(start)), None)


def describe(content: bytes) -> str:
    """Say in words what `content` looks like, for an error message."""
    if content[4:8] == b"ftyp":
        return f"a {content[8:12].decode('latin-1').strip().upper()} picture or film (HEIC, AVIF, MP4)"
    for start, words in _OTHER_STARTS:
        if content.startswith(start):
            return words
    probe = content[:_TEXT_PROBE_BYTES]
    if not any(byte < 9 or 13 < byte < 32 for byte in probe):
        return "text"
    return f"unknown data that starts with {content[:8].hex(' ')}"


def open_header(content: bytes, name: str) -> Image.Image:
    """Open `content`, a file of the format `name`, as far as its header: size, mode and metadata, no pixels."""
    return _OPENERS[name](BytesIO(content))
