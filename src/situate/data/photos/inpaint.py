"""Repairing a region of a picture from what is around it."""

from importlib.util import find_spec
from pathlib import Path
from types import ModuleType

import cv2
import numpy as np
from jaxtyping import Bool, UInt8

from situate.errors import MissingExtraError
from situate.seeds import SEED_BITS

PATCHMATCH, TELEA = "patchmatch", "telea"
"""Inpainters that need no folder."""

PATCH_RADIUS_PX = 5
TELEA_RADIUS_PX = 3.0
PATCHMATCH_SEED_BITS = 32


def choose_inpainter(wish: str) -> str:
    """Return the best inpainter that is installed for "auto", else the wish itself."""
    if wish != "auto":
        return wish
    return PATCHMATCH if find_spec("patchmatch") is not None else TELEA


def inpaint(
    picture: UInt8[np.ndarray, "h w 3"],
    hole: Bool[np.ndarray, "h w"],
    avoid: Bool[np.ndarray, "h w"],
    inpainter: str,
    *,
    seed: int,
) -> UInt8[np.ndarray, "h w 3"]:
    """Repair `hole`; every other pixel is returned as it is.

    Args:
        picture: What is repaired.
        hole: Where.
        avoid: What PatchMatch must not copy from, such as other objects: a second car in place of the first would be
            no background. Telea only continues the rim, and a network invents; they have no use for it.
        inpainter: "patchmatch", "telea", or the folder of an inpainting pipeline in the layout of diffusers.
        seed: Of PatchMatch's search, and of a pipeline's noise.

    Raises:
        MissingExtraError: If the inpainter is not installed.
        ModelFileError: If `inpainter` is another word, or no folder of an inpainting pipeline.

    Source:
        Barnes et al., PatchMatch (2009), as in PyPatchMatch; Telea, An Image Inpainting Technique (2004).
    """
    if not hole.any():
        return picture.copy()
    if inpainter == PATCHMATCH:
        repaired = _patchmatch(picture, hole, avoid & ~hole, seed)
    elif inpainter == TELEA:
        repaired = _telea(picture, hole)
    else:
        from situate.data.photos.inpaint_network import network_inpaint

        repaired = network_inpaint(picture, hole, Path(inpainter), seed=seed)
    return np.where(hole[..., None], repaired, picture)


def require_inpainter(inpainter: str) -> None:
    """Refuse an inpainter that cannot be used before any work is done.

    Raises:
        MissingExtraError: Naming the extra.
        ModelFileError: If it is another word, or no folder of an inpainting pipeline.
    """
    if inpainter == PATCHMATCH:
        _import_patchmatch()
    elif inpainter != TELEA:
        from situate.data.photos.inpaint_network import check_inpaint_folder

        check_inpaint_folder(Path(inpainter))


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
