"""Alpha from a yes/no mask: with a guided filter, in closed form, or with a network of the user's."""

import io
from contextlib import redirect_stdout
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from jaxtyping import Bool, UInt8

from situate.data.trimap import INSIDE, OUTSIDE, UNKNOWN, border_radius_px, depths_px, trimap_of, window_round
from situate.errors import InputError, MissingExtraError
from situate.geometry.guided_filter import guided_filter
from situate.imageio.foreground import ALPHA_TRIM

GUIDED, CLOSED_FORM = "guided", "closed-form"
"""Mattings that need no folder."""

# Edges of the picture with less contrast than this (standard deviation in [0, 1]) do not hold the border.
_GUIDE_NOISE = 0.03
# What the guided filter leaves of a step is stretched from these to 0 and 1. The first pass lets a loose mask's border
# wander to the edge; more of them fade what has the background's colour. The last one's middle lies above 0.5, which
# pulls the border in a little.
_PASS_RANGES = ((0.25, 0.75), (0.2, 0.88))
# A window with a longer side is reduced for closed form and network: memory and time grow with its area.
_MAX_WINDOW_PX = 1024
# Closed form: noise of the colours (variance in [0, 1]^2), how near the solution must come, and steps until it must.
_CLOSED_FORM_EPSILON = 1e-5
_CLOSED_FORM_TOLERANCE = 1e-6
_CLOSED_FORM_STEPS = 2000
# The preconditioner leaves out what is smaller than this (a value that keeps it small and quick), and its most elements
# a pixel: the library takes 4 GB without a limit.
_SMALLEST_ELEMENT = 1e-2
_ELEMENTS_PER_PIXEL = 128


def alpha_of(
    pixels: UInt8[np.ndarray, "h w 3"], mask: Bool[np.ndarray, "h w"], matting: str | Path
) -> UInt8[np.ndarray, "h w"]:
    """Turn a hard mask into alpha whose border is soft.

    Args:
        pixels: The photograph.
        mask: The object.
        matting: "guided" (fast; `soft_alpha`), "closed-form" (hair and fur; up to 2 seconds, and up to a minute once
            after installation, when its library compiles itself), or the folder of a matting network
            (`situate.data.matting_network`).

    Returns:
        255 deep inside the mask, 0 far outside.

    Raises:
        InputError: If the closed form finds no solution.
        MissingExtraError: If the library that the choice needs is not installed.
        ModelFileError: If `matting` is another word, or no folder of a matting network.

    Source:
        He et al., Guided Image Filtering (2010); Levin et al., A Closed-Form Solution to Natural Image Matting (2008);
        Yao et al., ViTMatte (2024).
    """
    if matting == GUIDED or not mask.any():
        return soft_alpha(pixels, mask)
    radius = border_radius_px(mask)
    window = window_round(mask, 4 * radius)
    near, near_mask = pixels[window], mask[window]
    trimap = trimap_of(near_mask, radius)
    alpha = np.zeros(mask.shape, np.uint8)
    alpha[window] = np.where(trimap == UNKNOWN, _solved(near, near_mask, matting), trimap)
    return alpha


def require_matting(matting: str | Path) -> None:
    """Refuse a matting that cannot be used before any work is done.

    Raises:
        MissingExtraError: Naming the extra.
        ModelFileError: If it is another word, or no folder of a matting network.
    """
    if matting == CLOSED_FORM:
        _import_closed_form()
    elif matting != GUIDED:
        from situate.data.matting_network import check_matting_folder

        check_matting_folder(Path(matting))


def soft_alpha(
    pixels: UInt8[np.ndarray, "h w 3"], mask: Bool[np.ndarray, "h w"], *, radius_px: int | None = None
) -> UInt8[np.ndarray, "h w"]:
    """Turn a hard mask into alpha whose border is soft and follows the edges in `pixels`.

    Args:
        pixels: The photograph.
        mask: The object.
        radius_px: How far the border may move; None takes a share of the object's size.

    Returns:
        255 deeper than two radii inside the mask (the picture's own border is not an edge of the object), 0 farther
        than one radius outside.

    Source:
        He et al., Guided Image Filtering (2010), colour guide.
    """
    alpha = np.zeros(mask.shape, np.uint8)
    if not mask.any():
        return alpha
    radius = border_radius_px(mask) if radius_px is None else radius_px
    window = window_round(mask, 4 * radius)
    near_mask = mask[window]
    inside_px, outside_px = depths_px(near_mask)
    inside, outside = inside_px > 2 * radius, outside_px > radius
    shares = near_mask.astype(np.float32)
    for floor, ceiling in _PASS_RANGES:
        filtered = guided_filter(pixels[window], shares, radius_px=radius, noise=_GUIDE_NOISE)
        shares = np.clip((filtered - floor) / (ceiling - floor), 0, 1)
        shares[inside], shares[outside] = 1, 0
    if not (shares > ALPHA_TRIM).any():
        # Too small for a soft border.
        shares = near_mask.astype(np.float32)
    alpha[window] = np.round(shares * 255).astype(np.uint8)
    return alpha


def _solved(pixels: np.ndarray, mask: np.ndarray, matting: str | Path) -> np.ndarray:
    """Ask closed form or network, on a reduced copy where the window is large."""
    height, width = mask.shape
    scale = min(1.0, _MAX_WINDOW_PX / max(height, width))
    small_wh = (max(1, round(width * scale)), max(1, round(height * scale)))
    small = cv2.resize(pixels, small_wh, interpolation=cv2.INTER_AREA)
    share = cv2.resize(mask.astype(np.float32), small_wh, interpolation=cv2.INTER_AREA)
    small_mask = share > min(0.5, float(share.max()) / 2)
    trimap = trimap_of(small_mask, border_radius_px(small_mask))
    if matting == CLOSED_FORM:
        alpha = _closed_form(small, trimap)
    else:
        from situate.data.matting_network import network_alpha

        alpha = network_alpha(small, trimap, Path(matting))
    full = cv2.resize(alpha.astype(np.float32), (width, height), interpolation=cv2.INTER_LINEAR)
    return np.round(np.clip(full, 0, 1) * 255).astype(np.uint8)


def _closed_form(pixels: np.ndarray, trimap: np.ndarray) -> np.ndarray:
    estimate_alpha, factorize = _import_closed_form()
    if not (trimap == OUTSIDE).any() or not (trimap == INSIDE).any():
        # The mask has no border here.
        return (trimap > OUTSIDE).astype(np.float64)
    try:
        # It prints when the matrix needs a shift, which it then adds itself.
        with redirect_stdout(io.StringIO()):
            return estimate_alpha(
                pixels.astype(np.float64) / 255,
                np.select([trimap == OUTSIDE, trimap == INSIDE], [0.0, 1.0], 0.5),
                preconditioner=lambda matrix: factorize(
                    matrix, discard_threshold=_SMALLEST_ELEMENT, max_nnz=_ELEMENTS_PER_PIXEL * matrix.shape[0]
                ),
                laplacian_kwargs={"epsilon": _CLOSED_FORM_EPSILON},
                cg_kwargs={"rtol": _CLOSED_FORM_TOLERANCE, "maxiter": _CLOSED_FORM_STEPS},
            )
    except ValueError as error:
        height, width = trimap.shape
        raise InputError(
            f"closed-form matting of an object in {width} x {height} pixels found no alpha ({error}); choose guided"
        ) from error


def _import_closed_form() -> tuple[Any, Any]:
    try:
        from pymatting import estimate_alpha_cf, ichol
    except ImportError as error:
        raise MissingExtraError("pymatting", "matting") from error
    return estimate_alpha_cf, ichol
