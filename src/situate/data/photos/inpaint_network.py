"""Repairing a hole with an inpainting pipeline of the user's, in the layout of diffusers."""

import inspect
from functools import lru_cache
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import torch
from jaxtyping import Bool, UInt8
from PIL import Image

from situate.data.network_folder import (
    network_device,
    one_thread,
    quiet_libraries,
    read_folder_json,
    require_transformers,
)
from situate.errors import ModelFileError

INDEX_NAME = "model_index.json"
ALLOWED_PIPELINES = ("StableDiffusionInpaintPipeline", "StableDiffusionXLInpaintPipeline")
"""Pipelines that take picture, mask and an empty prompt, and were tried."""
ALLOWED_LIBRARIES = ("diffusers", "transformers")
NUM_STEPS = 20

_REMEDY = (
    "pass patchmatch, telea, or the folder of an inpainting pipeline, as save_pretrained of diffusers writes it, of "
    f"{' or '.join(ALLOWED_PIPELINES)}"
)
# Left out: it blackens pictures. Published folders name a library for it that is a folder inside diffusers.
_SAFETY_CHECKER = "safety_checker"
# The window's side: this many times the hole's, or this share of the pipeline's own size if that is more.
_WINDOW_TIMES = 2.0
_WINDOW_SHARE = 0.5
_MULTIPLE_PX = 8


def check_inpaint_folder(folder: Path) -> None:
    """Refuse a folder that is no inpainting pipeline, or would run code of others; nothing is loaded.

    Raises:
        MissingExtraError: If transformers is not installed.
        ModelFileError: If the folder is missing, or its `model_index.json` names another class or library.
    """
    index = read_folder_json(folder, INDEX_NAME, remedy=_REMEDY)
    path = folder / INDEX_NAME
    name = index.get("_class_name")
    if name not in ALLOWED_PIPELINES:
        raise ModelFileError(f"{path} names the class {name!r}; {_REMEDY}")
    foreign = {part: entry for part, entry in index.items() if not _is_allowed(part, entry)}
    if foreign:
        raise ModelFileError(
            f"{path} names parts that are not of {' or '.join(ALLOWED_LIBRARIES)}: {foreign}; {_REMEDY}"
        )
    require_transformers("inpaint")


def network_inpaint(
    picture: UInt8[np.ndarray, "h w 3"], hole: Bool[np.ndarray, "h w"], folder: Path, *, seed: int
) -> UInt8[np.ndarray, "h w 3"]:
    """Let the pipeline of `folder` repair `hole`; every other pixel stays as it is.

    It is loaded once in a process, and runs on the GPU if there is one. It gets an empty prompt and a window round each
    separate hole at about its own size, so that a large picture costs no more than a small one; holes that lie in one
    window are repaired together.

    Args:
        picture: What is repaired.
        hole: Where.
        folder: Of the pipeline.
        seed: Of the noise; the same seed gives the same picture on the same device.

    Raises:
        MissingExtraError: If transformers is not installed.
        ModelFileError: If the folder is no inpainting pipeline, or is damaged.
    """
    pipeline = _loaded(folder.resolve())
    native_px = pipeline.unet.config.sample_size * pipeline.vae_scale_factor
    generator = torch.Generator("cpu").manual_seed(seed)
    repaired, left = picture.copy(), hole.copy()
    while left.any():
        window, now = _next_window(left, native_px)
        # Holes that this window cuts are masked as well: what stands there must not be taken for background.
        with quiet_libraries(), one_thread():
            pixels = _repaired(pipeline, repaired[window], left[window], native_px, generator)
        repaired[window] = np.where(now[window][..., None], pixels, repaired[window])
        left &= ~now
    return repaired


def _is_allowed(part: str, entry: Any) -> bool:
    if part.startswith("_") or part == _SAFETY_CHECKER or not isinstance(entry, list):
        return True
    library, name = entry if len(entry) == 2 else ("", None)
    return library is None or (library in ALLOWED_LIBRARIES and isinstance(name, str))


def _next_window(left: np.ndarray, native_px: int) -> tuple[tuple[slice, slice], np.ndarray]:
    """Return a window round the first hole of `left`, and the pixels of all holes that lie whole in it."""
    _, labels, boxes, _ = cv2.connectedComponentsWithStats(left.view(np.uint8), connectivity=8)
    x, y, width, height, _ = (int(value) for value in boxes[1])
    side = round(max(_WINDOW_TIMES * max(width, height), _WINDOW_SHARE * native_px))
    rows, columns = _span(y, height, side, left.shape[0]), _span(x, width, side, left.shape[1])
    whole = [
        label
        for label, (left_px, top, box_width, box_height, _) in enumerate(boxes)
        if label
        and columns.start <= left_px
        and left_px + box_width <= columns.stop
        and rows.start <= top
        and top + box_height <= rows.stop
    ]
    return (rows, columns), np.isin(labels, whole)


def _span(start: int, length: int, side: int, limit: int) -> slice:
    side = min(side, limit)
    first = min(max(0, start + length // 2 - side // 2), limit - side)
    return slice(first, first + side)


def _repaired(
    pipeline: Any, pixels: np.ndarray, hole: np.ndarray, native_px: int, generator: torch.Generator
) -> np.ndarray:
    height, width = hole.shape
    scale = native_px / max(height, width)
    run_wh = tuple(max(1, round(side * scale / _MULTIPLE_PX)) * _MULTIPLE_PX for side in (width, height))
    scaled = _resize(pixels, run_wh)
    # Grown to whole pixels: what is only touched by the object must be repaired too.
    mask = (_resize(hole.astype(np.float32), run_wh) > 0).astype(np.uint8) * 255
    options = {"guidance_scale": 1.0, "strength": 1.0}
    known = inspect.signature(pipeline.__call__).parameters
    result = pipeline(
        prompt="",
        image=Image.fromarray(scaled),
        mask_image=Image.fromarray(mask),
        width=run_wh[0],
        height=run_wh[1],
        num_inference_steps=NUM_STEPS,
        generator=generator,
        output_type="np",
        **{name: value for name, value in options.items() if name in known},
    ).images[0]
    if not np.isfinite(result).all():
        raise ModelFileError("the inpainting pipeline gives values that are no numbers; copy its folder again")
    return _resize(np.round(np.clip(result, 0, 1) * 255).astype(np.uint8), (width, height))


def _resize(values: np.ndarray, size_wh: tuple[int, ...]) -> np.ndarray:
    is_smaller = size_wh[0] < values.shape[1]
    return cv2.resize(values, size_wh, interpolation=cv2.INTER_AREA if is_smaller else cv2.INTER_LINEAR)


@lru_cache(maxsize=1)
def _loaded(folder: Path) -> Any:
    check_inpaint_folder(folder)
    has_checker = _SAFETY_CHECKER in read_folder_json(folder, INDEX_NAME, remedy=_REMEDY)
    with quiet_libraries():
        from diffusers.pipelines.auto_pipeline import AutoPipelineForInpainting
        from safetensors import SafetensorError

        try:
            pipeline: Any = AutoPipelineForInpainting.from_pretrained(
                folder,
                local_files_only=True,
                use_safetensors=True,
                torch_dtype=torch.float32,
                **({_SAFETY_CHECKER: None} if has_checker else {}),
            )
        except (OSError, ValueError, RuntimeError, TypeError, KeyError, ImportError, SafetensorError) as error:
            raise ModelFileError(f"inpainting pipeline {folder} is damaged: {error}; copy the folder again") from error
    pipeline.set_progress_bar_config(disable=True)
    return pipeline.to(network_device())
