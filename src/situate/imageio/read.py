"""A picture file becomes a `Picture`: upright, RGB or RGBA, at its own size and depth, with its RGB profile."""

import struct
import zlib
from pathlib import Path

import cv2
from PIL import Image

from situate.errors import ImageError
from situate.imageio.colour import colour_samples, is_grey, rgb_profile
from situate.imageio.formats import READABLE, describe, open_header, readable_format
from situate.imageio.orientation import orientation_of, upright
from situate.imageio.sixteen_bit import decode_sixteen_bit, is_sixteen_bit
from situate.records.picture import Picture

MAX_PIXELS = 100_000_000
# Uncompressed 16-bit RGBA at the pixel limit, and some room for metadata.
MAX_FILE_BYTES = 1_000_000_000
_MEGA = 1_000_000
DAMAGED = (
    OSError,
    SyntaxError,
    ValueError,
    EOFError,
    LookupError,
    TypeError,
    ArithmeticError,
    struct.error,
    zlib.error,
    cv2.error,
    Image.DecompressionBombError,
    Warning,
)
"""All that Pillow raises on damaged files; Warning for those who turn warnings into errors."""


def read_picture(path: Path | str, *, max_pixels: int = MAX_PIXELS) -> Picture:
    """Read a JPEG, PNG, WebP, BMP or TIFF file; of an animated one the first frame.

    The format is told by the content, not by the name. The EXIF orientation is applied. Grey and palette pictures
    become RGB, CMYK and grey ones with a profile are converted through it to sRGB; an RGB profile is kept. 16-bit PNG
    and TIFF stay uint16, but 16-bit CMYK is read with 8 bits.

    Args:
        path: The file.
        max_pixels: Larger pictures are refused before they are decoded.

    Raises:
        ImageError: If the file is missing, not a picture, damaged or too large; names file, finding and remedy.
    """
    path = Path(path)
    return decode_picture(_read_bytes(path), name=str(path), max_pixels=max_pixels)


def decode_picture(content: bytes, *, name: str, max_pixels: int = MAX_PIXELS) -> Picture:
    """Decode the bytes of a picture file, as `read_picture` does; `name` is for messages.

    Raises:
        ImageError: If `content` is not a picture, damaged or too large.
    """
    format_name = readable_format(content)
    if format_name is None:
        raise ImageError(f"{name} is not a picture that situate reads: found {describe(content)}; pass {READABLE}")
    try:
        with open_header(content, format_name) as header:
            check_size(header.size, name, max_pixels)
            return _decode(content, header, name)
    except ImageError:
        raise
    except DAMAGED as error:
        raise ImageError(
            f"{name} is a damaged or truncated {format_name} file of {len(content)} bytes ({error}); "
            "copy or export it again"
        ) from error


def check_size(size_wh: tuple[int, int], name: str, max_pixels: int = MAX_PIXELS) -> None:
    """Refuse a picture of more than `max_pixels` pixels, or of none.

    Raises:
        ImageError: With size, limit and remedy.
    """
    width, height = size_wh
    if width < 1 or height < 1:
        raise ImageError(f"{name} is {width} x {height} pixels, at least 1 x 1 is needed; export it again")
    if width * height > max_pixels:
        raise ImageError(
            f"{name} is {width} x {height} = {width * height / _MEGA:.1f} megapixels, the limit is "
            f"{max_pixels / _MEGA:.1f}; make it smaller first"
        )


def _decode(content: bytes, header: Image.Image, name: str) -> Picture:
    profile = header.info.get("icc_profile")
    wants_sixteen_bit = is_sixteen_bit(content, header)
    grey, has_rgb_mode = is_grey(header), header.mode in ("RGB", "RGBA", "RGBa", "RGBX")
    # Also for 16-bit pictures: Pillow says what is wrong with a truncated one, OpenCV prints it.
    header.load()
    orientation = orientation_of(header)
    if wants_sixteen_bit:
        samples, kept = decode_sixteen_bit(content, header, name), rgb_profile(profile) if has_rgb_mode else None
    else:
        samples, kept = colour_samples(header, name)
    return Picture(upright(samples, orientation), kept, name, grey)


def _read_bytes(path: Path) -> bytes:
    try:
        if path.is_dir():
            raise ImageError(f"{path} is a folder, not a picture; pass one of the files in it")
        if not path.exists():
            raise ImageError(f"{path} does not exist; check the path")
        if not path.is_file():
            raise ImageError(f"{path} is no ordinary file; save the picture to a file first")
        num_bytes = path.stat().st_size
        if num_bytes > MAX_FILE_BYTES:
            raise ImageError(
                f"{path} holds {num_bytes / _MEGA:.0f} MB, the limit is {MAX_FILE_BYTES / _MEGA:.0f} MB; compress it"
            )
        content = path.read_bytes()
    except ImageError:
        raise
    except (OSError, ValueError) as error:
        raise ImageError(f"{path} cannot be read ({error}); check the path and its permissions") from error
    if not content:
        raise ImageError(f"{path} is empty (0 bytes); copy or export it again")
    return content
