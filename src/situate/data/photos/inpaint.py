"""Repairing a region of a picture from what is around it."""

from importlib.util import find_spec
from types import ModuleType
from typing import Literal

import cv2
import numpy as np
from jaxtyping import Bool, UInt8

from situate.errors import MissingExtraError
from situate.seeds import SEED_BITS

InpainterName = Literal["patchmatch", "telea"]

PATCH_RADIUS_PX = 5
TELEA_RADIUS_PX = 3.0
PATCHMATCH_SEED_BITS = 32


def choose_inpainter(wish: Literal["auto", "patchmatch", "telea"]) -> InpainterName:
    """Return the best inpainter that is installed for "auto", else the wish itself."""
    if wish != "auto":
        return wish
    return "patchmatch" if find_spec("patchmatch") is not None else "telea"


def inpaint(
    picture: UInt8[np.ndarray, "h w 3"],
    hole: Bool[np.ndarray, "h w"],
    avoid: Bool[np.ndarray, "h w"],
    inpainter: InpainterName,
    *,
    seed: int,
) -> UInt8[np.ndarray, "h w 3"]:
    """Repair `hole`; every other pixel is returned as it is.

    Args:
        picture: What is repaired.
        hole: Where.
        avoid: What PatchMatch must not copy from, such as other objects: a second car in place of the first would be
            no background. Telea only continues the rim, and has no use for it.
        inpainter: How.
        seed: Of PatchMatch's search.

    Raises:
        MissingExtraError: If the inpainter is not installed.

    Source:
        Barnes et al., PatchMatch (2009), as in PyPatchMatch; Telea, An Image Inpainting Technique (2004).
    """
    if not hole.any():
        return picture.copy()
    repaired = _patchmatch(picture, hole, avoid & ~hole, seed) if inpainter == "patchmatch" else _telea(picture, hole)
    return np.where(hole[..., None], repaired, picture)


def require_inpainter(inpainter: InpainterName) -> None:
    """Refuse an inpainter that is not installed before any work is done.

    Raises:
        MissingExtraError: Naming the extra.
    """
    if inpainter == "patchmatch":
        _import_patchmatch()


def _patchmatch(picture: np.ndarray, hole: np.ndarray, avoid: np.ndarray, seed: int) -> np.ndarray:
    patchmatch = _import_patchmatch()
    # The library's generator is global to the process; it is set before every picture, so order does not matter.
    patchmatch.set_random_seed(seed >> (SEED_BITS - PATCHMATCH_SEED_BITS))
    return patchmatch.inpaint(np.ascontiguousarray(picture), hole, global_mask=avoid, patch_size=PATCH_RADIUS_PX)


def _import_patchmatch() -> ModuleType:
    try:
        import patchmatch
    except (ImportError, OSError) as error:
        raise MissingExtraError("pypatchmatch", "photos") from error
    return patchmatch


def _telea(picture: np.ndarray, hole: np.ndarray) -> np.ndarray:
    return cv2.inpaint(np.ascontiguousarray(picture), hole.astype(np.uint8), TELEA_RADIUS_PX, cv2.INPAINT_TELEA)
