"""Pictures of any Pillow mode become RGB or RGBA samples together with the profile that is still true for them."""

import logging
from io import BytesIO

import numpy as np
from PIL import Image, ImageCms

from situate.errors import ImageError

_GREY_MODES = {"1", "L", "LA", "La"}
_DEEP_GREY_MODES = {"I", "I;16", "I;16L", "I;16B", "I;16N"}
_PLAIN_MODES = {"P", "PA", "RGB", "RGBA", "RGBa", "RGBX", "YCbCr", "HSV"}
_SIXTEEN_BIT_GREY_MODES = _DEEP_GREY_MODES - {"I"}
# Bytes 16 to 19 of an ICC profile name the colour space of the samples it describes (ICC.1:2022, 7.2.6).
_SPACE = slice(16, 20)
_logger = logging.getLogger(__name__)


def rgb_profile(profile: bytes | None) -> bytes | None:
    """Return `profile` if it describes RGB samples, else None."""
    return profile if profile and profile[_SPACE] == b"RGB " else None


def is_grey(image: Image.Image) -> bool:
    """Whether a picture's mode has no colours; a palette or RGB that happens to show none has them."""
    return image.mode in _GREY_MODES | _DEEP_GREY_MODES


def colour_samples(image: Image.Image, name: str) -> tuple[np.ndarray, bytes | None]:
    """Convert the decoded `image` to RGB, or RGBA where it has transparency.

    Grey and CMYK pictures with a profile of their own kind are converted through it to sRGB; without one, or with a
    damaged one (which is logged), Pillow's plain formulas are used.

    Returns:
        Samples `h w 3` or `h w 4`, uint8 (uint16 for 16-bit grey); the RGB profile they are in, None for sRGB.

    Raises:
        ImageError: If the mode cannot be shown as 8 or 16 bits per sample; the message names `name`.
    """
    profile = image.info.get("icc_profile")
    if image.mode in _SIXTEEN_BIT_GREY_MODES:
        grey = np.asarray(image).astype(np.uint16)
        return np.repeat(grey[..., None], 3, axis=2), None
    if image.mode in _GREY_MODES and profile and profile[_SPACE] == b"GRAY":
        # Through "L": rounding leaves the three channels of a grey a level apart.
        through = _through_profile(_opaque_grey(image), profile, name).convert("L").convert("RGB")
        return _with_alpha(through, image), None
    if image.mode == "CMYK":
        if profile and profile[_SPACE] == b"CMYK":
            return np.array(_through_profile(image, profile, name)), None
        return np.array(image.convert("RGB")), None
    if image.mode not in _GREY_MODES | _PLAIN_MODES:
        raise ImageError(
            f"{name}: samples are {image.mode!r}, situate reads 8 or 16 bits per channel; save it as an RGB PNG"
        )
    kept = None if image.mode in _GREY_MODES else rgb_profile(profile)
    return np.array(image.convert("RGBA" if image.has_transparency_data else "RGB")), kept


def _opaque_grey(image: Image.Image) -> Image.Image:
    return image.convert("RGBA").convert("L") if image.mode == "La" else image.convert("L")


def _with_alpha(rgb: Image.Image, image: Image.Image) -> np.ndarray:
    samples = np.array(rgb)
    if not image.has_transparency_data:
        return samples
    return np.dstack([samples, np.asarray(image.convert("RGBA"))[..., 3]])


def _through_profile(image: Image.Image, profile: bytes, name: str) -> Image.Image:
    try:
        converted = ImageCms.profileToProfile(
            image,
            ImageCms.ImageCmsProfile(BytesIO(profile)),
            ImageCms.createProfile("sRGB"),
            renderingIntent=ImageCms.Intent.RELATIVE_COLORIMETRIC,
            outputMode="RGB",
            flags=ImageCms.Flags.BLACKPOINTCOMPENSATION,
        )
    except (ImageCms.PyCMSError, OSError) as error:
        _logger.warning("%s: colour profile cannot be used (%s); colours are converted without it", name, error)
        return image.convert("RGB")
    assert converted is not None
    return converted
