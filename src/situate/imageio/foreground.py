"""What a picture must fulfil to be used as a foreground or as a background."""

import numpy as np
from jaxtyping import Bool

from situate.errors import AlphaError, ImageError
from situate.records.picture import Picture

# Fainter pixels are dust that would make the cut-out's box too large.
ALPHA_TRIM = 0.05
ALPHA_SHOWN = int(ALPHA_TRIM * 255) + 1
"""The least alpha, of 255, that counts as the object."""
MIN_BACKGROUND_SIDE_PX = 16
_REMEDY = "make a cut-out with: situate cutout IMAGE -o CUTOUT.png"


def prepare_foreground(picture: Picture) -> Picture:
    """Check that `picture` is a cut-out and trim it to alpha > `ALPHA_TRIM`.

    A picture that is opaque everywhere is a rectangle that nobody cut out, and is refused; after trimming, a cut-out
    may well be opaque everywhere, so prepare a picture once.

    Raises:
        AlphaError: If there is no alpha, or it is empty, or opaque everywhere.
    """
    if not picture.has_alpha:
        raise AlphaError(f"{picture.name} has no transparency, a foreground needs it; {_REMEDY}")
    alpha = picture.pixels[..., 3]
    visible = alpha > ALPHA_TRIM * picture.max_value
    if not visible.any():
        percent = 100 * float(alpha.max(initial=0)) / picture.max_value
        raise AlphaError(
            f"alpha covers 0.0 % of {picture.name} (its maximum is {percent:.1f} %, more than "
            f"{100 * ALPHA_TRIM:.0f} % is needed); {_REMEDY}"
        )
    if alpha.min() >= (1 - ALPHA_TRIM) * picture.max_value:
        raise AlphaError(f"alpha covers 100.0 % of {picture.name}: nothing of it was cut away; {_REMEDY}")
    return trim(picture, visible)


def trim(picture: Picture, visible: Bool[np.ndarray, "h w"]) -> Picture:
    """Crop `picture` to the tight box of `visible`, which must hold at least one pixel."""
    rows, columns = np.flatnonzero(visible.any(axis=1)), np.flatnonzero(visible.any(axis=0))
    cropped = picture.pixels[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    return picture.with_pixels(np.ascontiguousarray(cropped))


def check_background(picture: Picture) -> Picture:
    """Return `picture` as a background: it is large enough.

    Its alpha is kept, and not composited: networks see its colours as they are stored.

    Raises:
        ImageError: If a side is shorter than `MIN_BACKGROUND_SIDE_PX`.
    """
    if min(picture.width_px, picture.height_px) < MIN_BACKGROUND_SIDE_PX:
        raise ImageError(
            f"{picture.name} is {picture.width_px} x {picture.height_px} pixels, a background needs at least "
            f"{MIN_BACKGROUND_SIDE_PX} on each side; pass a larger picture"
        )
    return picture
